"""Atomic writes: temporary name, `fsync`, rename, so that a result appears whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from embedlab.core.errors import ConflictError, InputError, StorageError

PARTIAL_SUFFIX = ".partial"
#: Valid names of saved arrays, which become file names.
ARRAY_NAME = re.compile(r"[A-Za-z0-9_]{1,100}")
#: File systems allow 255 bytes; a temporary name needs the rest.
_LONGEST_OUTPUT_NAME = 237
_LOCK_PATIENCE_S = 10.0


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's errors while writing `path` into `StorageError` with a remedy."""
    try:
        yield
    except OSError as error:
        known = as_storage_error(error, path)
        if known is None:
            raise
        raise known from error


def as_storage_error(error: OSError, path: Path) -> StorageError | None:
    """Return the `StorageError` for an error while writing `path`; None for other errors."""
    # NumPy reports a short write only in its message: "1000 requested and 10 written".
    cut_short = error.errno is None and "requested and" in str(error)
    if cut_short or error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StorageError(
            "The disk is full.",
            received=path.name,
            remedy="Delete datasets or runs on the Workspace page, or free space, and try again.",
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return StorageError(
            "The workspace folder cannot be written.",
            received=path.name,
            remedy="Check the permissions of the folder named by EMBEDLAB_HOME.",
        )
    return None


def is_storage_error(error: OSError) -> bool:
    """Return whether an error means that the workspace cannot be written: a full disk, missing permissions."""
    return as_storage_error(error, Path()) is not None


def _temporary_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL_SUFFIX}")


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder survive a power cut, if the system supports it."""
    # Windows cannot open a folder; there the rename alone must suffice.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sync_files(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb+") as stream:
                os.fsync(stream.fileno())


@contextmanager
def atomic_file(path: Path, mode: str = "wb", *, make_folder: bool = True, **options: Any) -> Iterator[IO[Any]]:
    """Open a temporary file that takes the name `path` when the block ends without an error.

    Without `make_folder` a missing folder is not created, so that a deleted one does not come back.

    Raises
    ------
    FileNotFoundError
        The folder is missing and `make_folder` is false.
    """
    temporary = _temporary_beside(path)
    with storage_errors(path):
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open(mode, **options) as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the name `path` when the block ends without an error.

    On an error nothing is left behind.

    Raises
    ------
    ConflictError
        `path` exists already.
    """
    if path.exists():
        raise ConflictError("A folder of this name exists already.", received=path.name)
    temporary = _temporary_beside(path)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.mkdir()
            yield temporary
            _sync_files(temporary)
            temporary.rename(path)
            sync_folder(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def move_folder(source: Path, target: Path) -> None:
    """Move a finished folder to its target, so that it survives a power cut there.

    Raises
    ------
    ConflictError
        `target` exists already.
    """
    if target.exists():
        raise ConflictError("A folder of this name exists already.", received=target.name)
    with storage_errors(target):
        _sync_files(source)
        shutil.move(source, target)
        sync_folder(target.parent)


def partial_names(path: Path) -> list[Path]:
    """Return the files that interrupted writes of `path` left next to it."""
    return sorted(path.parent.glob(f".{path.name}.*{PARTIAL_SUFFIX}"))


def write_json(path: Path, value: Any, *, make_folder: bool = True) -> None:
    """Write `value` as indented UTF-8 JSON, atomically (see `atomic_file`); NaN and infinity are refused."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    with atomic_file(path, make_folder=make_folder) as stream:
        stream.write(text.encode("utf-8", errors="surrogatepass"))


def read_json(path: Path) -> Any:
    """Read a JSON file written by `write_json`; a damaged one raises `StorageError`."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise StorageError(
            "A file of the workspace is missing or damaged.",
            received=path.name,
            remedy="Restore it from a backup, or delete the item it belongs to on the Workspace page.",
        ) from error


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Let one thread of one process at a time run the block: for files that are read, changed and written as a whole.

    Raises
    ------
    StorageError
        Another process does not finish, or the lock file cannot be written.
    """
    held = FileLock(lock, timeout=_LOCK_PATIENCE_S)
    try:
        with storage_errors(lock):
            held.acquire()
    except Timeout as error:
        raise StorageError("Another process is changing the workspace.", remedy="Try again in a moment.") from error
    try:
        yield
    finally:
        held.release()


def numbered_folders(folder: Path) -> list[Path]:
    """Return what is in `folder` and has a number as its name, in order; nothing if the folder does not exist."""
    # Another process may remove it between a check and the listing.
    try:
        return sorted(path for path in folder.iterdir() if path.name.isdecimal())
    except FileNotFoundError:
        return []


def folder_size_bytes(folder: Path) -> int:
    """Return the total size of all files below `folder`; 0 if it does not exist."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(path) / name).lstat().st_size
    return total


def check_output(path: Path) -> None:
    """Check that a user's path can be written as a file: nothing exists there, or a regular file to replace.

    No link is followed: writing would replace the link itself, or a device such as `/dev/null`.

    Raises
    ------
    InputError
        The path is a folder, a symbolic link, a device, a pipe or a socket; its name is too long; or its parent is a
        file.
    """
    if len(os.fsencode(path.name)) > _LONGEST_OUTPUT_NAME:
        raise InputError(
            f"The file name is longer than {_LONGEST_OUTPUT_NAME} bytes.",
            received=path.name,
            remedy="Choose a shorter name.",
        )
    kind = _kind_of_file(path)
    if kind == "folder" or not path.name:
        raise InputError("The output path is a folder.", received=str(path), remedy="Give the name of a file.")
    if kind not in {None, "regular file"}:
        raise InputError(
            f"The output path is a {kind}, which EmbedLab does not replace.",
            received=str(path),
            remedy="Give the path of a new file, or of a regular file to replace.",
        )
    parent = next((folder for folder in path.absolute().parents if folder.exists()), None)
    if parent is not None and not parent.is_dir():
        raise InputError(
            "The folder of the output path is a file.", received=str(parent), remedy="Choose a path in a folder."
        )


def _kind_of_file(path: Path) -> str | None:
    """Return the type of the file at a path without following links; None if nothing exists there."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise InputError(
            "The output path cannot be used.", received=str(path), remedy="Choose another path."
        ) from error
    kinds = {
        stat.S_IFREG: "regular file",
        stat.S_IFDIR: "folder",
        stat.S_IFLNK: "symbolic link",
        stat.S_IFIFO: "named pipe",
        stat.S_IFSOCK: "socket",
    }
    return kinds.get(stat.S_IFMT(mode), "device")
