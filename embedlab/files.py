"""Writing so that a result appears whole or not at all: temporary name, `fsync`, rename."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tokenize
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from embedlab.errors import ConflictError, StorageError

PARTIAL_SUFFIX = ".partial"
#: What a saved array may be called; it becomes the name of its file.
ARRAY_NAME = re.compile(r"[A-Za-z0-9_]{1,100}")


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
    """Return the `StorageError` that says what an error while writing `path` means; None for other errors."""
    # NumPy tells of a short write by its message alone: "1000 requested and 10 written".
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
            remedy="Check the rights of the folder named by EMBEDLAB_HOME.",
        )
    return None


def is_storage_error(error: OSError) -> bool:
    """Tell whether an error says that the workspace cannot be written: a full disk, missing rights."""
    return as_storage_error(error, Path()) is not None


def _temporary_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL_SUFFIX}")


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder survive a power cut, where the system can."""
    # Windows cannot open a folder; there the rename alone has to do.
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

    Without `make_folder` a missing folder stays missing: what was deleted meanwhile does not come back.

    Raises
    ------
    FileNotFoundError
        The folder is missing, and is not to be made.
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
    """Move a finished folder to its place, so that it survives a power cut there.

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
    """Return what interrupted writes of `path` have left beside it."""
    return sorted(path.parent.glob(f".{path.name}.*{PARTIAL_SUFFIX}"))


def load_array(path: Path, *, mapped: bool = True) -> npt.NDArray[Any]:
    """Read what `numpy.save` wrote, mapped from the disk unless told otherwise; never a pickle.

    Raises
    ------
    OSError
        It is missing, or cannot be read.
    ValueError
        It is damaged. NumPy has several other errors for that: for an empty file, and for a header that is no literal.
    """
    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (EOFError, SyntaxError, TypeError, OverflowError, RecursionError, tokenize.TokenError) as error:
        raise ValueError("The array's file is damaged.") from error
    return array


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
            remedy="Restore it from a backup, or delete what it belongs to on the Workspace page.",
        ) from error


def folder_size_bytes(folder: Path) -> int:
    """Return the sum of the sizes of all files below `folder`; 0 when it does not exist."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(path) / name).lstat().st_size
    return total
