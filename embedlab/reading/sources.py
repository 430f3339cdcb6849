"""Opening what a user brings: packed or plain, in any common encoding, streaming, and within stated bounds.

Everything above this file reads clean UTF-8 from a stream; what is packed, cut short, lying about its size or not
text at all is told apart here, by content and never by name.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, TYPE_CHECKING, BinaryIO, TextIO, TypeAlias, cast

from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.core.files import storage_errors
from embedlab.core.settings import Settings
from embedlab.reading import encodings

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER_BYTES = 1 << 20
_PACKED = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
#: What the unpackers raise for damaged files. Besides their own errors these are the errors of taking numbers and names
#: from bytes that hold none (`ValueError` includes those of decoding).
_DAMAGED = (
    EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, struct.error, ValueError, TypeError, LookupError,
    OverflowError, RuntimeError, NotImplementedError,
)  # fmt: skip
#: Longest name of a file in an archive, in characters; options and labels are made of them.
LONGEST_MEMBER_NAME = 1000
#: Room in a zip's table of contents for each member; a table beyond it is not even read.
_DIRECTORY_BYTES_PER_MEMBER = 4096


_Archive: TypeAlias = tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]


@dataclass(frozen=True)
class Limits:
    """Bounds on what is opened.

    Parameters
    ----------
    max_unpacked_bytes
        Most bytes an archive may unpack to.
    max_members
        Most members a zip archive may have.
    are_settings
        Whether these bounds are those of the settings, so that errors name the setting that raises them.
    """

    max_unpacked_bytes: int = 2 * 1024**3
    max_members: int = 1000
    are_settings: bool = True

    def remedy(self, advice: str, setting: str) -> str:
        """Return advice for a file above a bound, and how to raise the bound where that can be done."""
        return f"{advice}, or raise {setting}." if self.are_settings else f"{advice}."

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the bounds the settings state."""
        return cls(settings.max_unpacked_mb * 1024**2, settings.max_archive_members)


_KEPT_OPEN: ContextVar[tuple[Path, Limits, _Archive] | None] = ContextVar("_KEPT_OPEN", default=None)


class Source(io.BufferedReader):
    """The unpacked bytes of a file, as a stream that knows how far it is.

    `share_read` is the share of the stored (packed) file that has been read, 0 to 1.
    """

    @property
    def share_read(self) -> float:
        """Share of the stored file read so far, 0 to 1."""
        return cast("_Bounded", self.raw).share_read


class CleanSource(Source):
    """A `Source` whose bytes are valid UTF-8 without byte order mark and NUL, whatever the file's encoding is."""

    @property
    def share_read(self) -> float:
        """Share of the stored file read so far, 0 to 1."""
        return cast("_Utf8", self.raw).share_read

    @property
    def n_repaired(self) -> int:
        """How many characters could not be read in the file's encoding and were replaced so far."""
        return cast("_Utf8", self.raw).n_repaired


class _Bounded(io.RawIOBase):
    """Counts unpacked bytes against the bound, and speaks of damage in plain words."""

    def __init__(self, stream: IO[bytes], stored: BinaryIO, packing: str | None, limits: Limits, size: int) -> None:
        self._stream = stream
        self._stored = stored
        self._packing = packing
        self._limits = limits
        self._size = max(1, size)
        self._n_read = 0
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._stream.read(len(view))
        except _DAMAGED as error:
            if self._packing is None:
                raise
            raise _damaged(self._packing, error) from error
        self._n_read += len(data)
        self._position = self._n_read if self._packing in {None, "zip"} else self._stored.tell()
        if self._packing is not None and self._n_read > self._limits.max_unpacked_bytes:
            raise _too_large(self._limits)
        view[: len(data)] = data
        return len(data)

    @property
    def share_read(self) -> float:
        return min(1.0, self._position / self._size)


class _Utf8(io.RawIOBase):
    """Recodes a source into clean UTF-8 while it is read."""

    def __init__(self, source: Source, encoding: str) -> None:
        self._source = source
        self._decoder = encodings.RepairingDecoder(encoding)
        self._pending = memoryview(b"")
        self._at_end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._pending and not self._at_end:
            data = self._source.read1(_BUFFER_BYTES)
            self._at_end = not data
            self._pending = memoryview(self._decoder.decode(data, final=self._at_end))
        view = memoryview(buffer).cast("B")
        n = min(len(view), len(self._pending))
        view[:n] = self._pending[:n]
        self._pending = self._pending[n:]
        return n

    @property
    def share_read(self) -> float:
        return self._source.share_read

    @property
    def n_repaired(self) -> int:
        return self._decoder.n_repaired


def _damaged(packing: str, error: Exception) -> InputError:
    if "password" in str(error) or "encrypted" in str(error):
        what, remedy = "The archive is protected by a password.", "Unpack it yourself and bring the file inside."
    elif isinstance(error, NotImplementedError):
        what, remedy = "The archive is packed in a way that cannot be opened here.", "Pack it with plain zip or gzip."
    else:
        what = f"The {packing} file is cut short or damaged."
        remedy = "Download or pack it again, and compare its size with the original."
    return InputError(what, received=str(error) or type(error).__name__, remedy=remedy)


def _too_large(limits: Limits) -> TooLargeError:
    return TooLargeError(
        "The archive unpacks to more than is allowed.",
        received=f"more than {limits.max_unpacked_bytes / 1024**2:,.0f} MB",
        remedy=limits.remedy("Bring a smaller part of it", "EMBEDLAB_MAX_UNPACKED_MB"),
    )


def empty_error(path: Path) -> InputError:
    """Say that there is nothing in a file, by its size: an upload's own name would tell its owner nothing."""
    size_bytes = path.stat().st_size
    received = f"{size_bytes:,} bytes without any text" if size_bytes else "0 bytes"
    return InputError("The file is empty.", received=received, remedy="Bring a file with content.")


def packing(path: Path) -> str | None:
    """Return `gzip`, `bzip2`, `xz`, `zip`, or None for a plain file, from its first bytes."""
    with _opened(path) as stream:
        start = stream.read(8)
    return next((name for magic, name in _PACKED if start.startswith(magic)), None)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        stream = path.open("rb")
    except (OSError, ValueError) as error:
        raise NotFoundError(
            "The file cannot be opened.",
            received=path.name,
            remedy="Check that it exists, is a file, and may be read.",
        ) from error
    with stream:
        yield stream


@contextmanager
def kept_open(path: Path, limits: Limits) -> Iterator[None]:
    """Read a zip's table of contents once for all members that are opened while the block lasts.

    For each of a thousand members it would be read and checked again; other files are left alone.
    """
    if packing(path) != "zip":
        yield
        return
    with _zip(path, limits) as opened:
        token = _KEPT_OPEN.set((path, limits, opened))
        try:
            yield
        finally:
            _KEPT_OPEN.reset(token)


@contextmanager
def _zip(path: Path, limits: Limits) -> Iterator[_Archive]:
    kept = _KEPT_OPEN.get()
    if kept is not None and kept[:2] == (path, limits):
        yield kept[2]
        return
    with _opened(path) as stream:
        _check_directory(stream, limits)
        try:
            archive = zipfile.ZipFile(stream)
        except _DAMAGED as error:
            raise _damaged("zip", error) from error
        with archive:
            yield archive, _checked_members(archive.infolist(), limits)


def _check_directory(stream: BinaryIO, limits: Limits) -> None:
    """Refuse a table of contents too long for the bound on members before it is read into memory."""
    size = stream.seek(0, os.SEEK_END)
    start = max(0, size - 66_000)
    stream.seek(start)
    tail = stream.read()
    position = tail.rfind(b"PK\x05\x06")
    if position >= 0 and len(tail) >= position + 22:
        n_members, directory_bytes = struct.unpack_from("<HI", tail, position + 10)
        in_zip64 = _zip64_directory(stream, tail[:position])
        if in_zip64 is not None:
            n_members, directory_bytes = in_zip64
        if n_members > limits.max_members:
            raise _too_many_members(n_members, limits)
        if directory_bytes > limits.max_members * _DIRECTORY_BYTES_PER_MEMBER:
            raise TooLargeError(
                "The archive's table of contents is too large.",
                received=f"{directory_bytes:,} bytes",
                remedy=limits.remedy("Pack only the files that are needed", "EMBEDLAB_MAX_ARCHIVE_MEMBERS"),
            )
    stream.seek(0)


def _zip64_directory(stream: BinaryIO, before: bytes) -> tuple[int, int] | None:
    """Return members and bytes of the table of contents of a zip64 archive, or None where it is none.

    `before` are the bytes before the end of central directory record, which end with the locator of the larger record
    (APPNOTE.TXT 4.3.14 and 4.3.15, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
    """
    locator = before[-20:]
    if len(locator) < 20 or not locator.startswith(b"PK\x06\x07"):
        return None
    stream.seek(min(struct.unpack_from("<Q", locator, 8)[0], stream.seek(0, os.SEEK_END)))
    record = stream.read(56)
    if len(record) < 56 or not record.startswith(b"PK\x06\x06"):
        # zipfile also finds it right before the locator, where something stands before the archive.
        record = before[-76:-20]
    if len(record) < 56 or not record.startswith(b"PK\x06\x06"):
        return None
    n_members, directory_bytes = struct.unpack_from("<QQ", record, 32)
    return n_members, directory_bytes


def _too_many_members(n_members: int, limits: Limits) -> TooLargeError:
    return TooLargeError(
        f"The archive holds more than {limits.max_members:,} files.",
        received=f"{n_members:,}",
        remedy=limits.remedy("Pack only the files that are needed", "EMBEDLAB_MAX_ARCHIVE_MEMBERS"),
    )


def _checked_members(infos: list[zipfile.ZipInfo], limits: Limits) -> list[zipfile.ZipInfo]:
    if len(infos) > limits.max_members:
        raise _too_many_members(len(infos), limits)
    for info in infos:
        _check_name(info.filename)
    files = [info for info in infos if not (info.is_dir() or _is_link(info) or _is_litter(info.filename))]
    if sum(info.file_size for info in files) > limits.max_unpacked_bytes:
        raise _too_large(limits)
    if not files:
        raise InputError("The archive holds no file.", remedy="Pack the data again, or bring the file itself.")
    return files


def _is_link(info: zipfile.ZipInfo) -> bool:
    """Tell whether a member is a symbolic link: its content is a path and no data."""
    return stat.S_ISLNK(info.external_attr >> 16)


def _check_name(name: str) -> None:
    if not 0 < len(name) <= LONGEST_MEMBER_NAME:
        raise InputError(
            "The archive holds a file without a name."
            if not name
            else f"The archive holds a file whose name is longer than {LONGEST_MEMBER_NAME:,} characters.",
            received=name,
            remedy="Rename the file and pack the data again.",
        )
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.is_absolute() or windows.drive or ".." in posix.parts or ".." in windows.parts:
        raise InputError(
            "The archive holds a file whose name points outside the archive.",
            received=name,
            remedy="Do not trust this archive; pack the data again yourself.",
        )


def _is_litter(name: str) -> bool:
    """Tell whether a desktop added this file by itself."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in {".DS_Store", "Thumbs.db", "desktop.ini"}


def _chosen(infos: list[zipfile.ZipInfo], member: str | None) -> zipfile.ZipInfo:
    if member is None:
        return max(infos, key=lambda info: info.file_size)
    for info in infos:
        if info.filename == member:
            return info
    known = ", ".join(info.filename for info in infos[:10])
    raise NotFoundError("The archive holds no file of this name.", received=member, remedy=f"It holds: {known}.")


def members(path: Path, limits: Limits) -> list[str]:
    """Return the names of the files in a zip archive, largest first; empty for everything else.

    Raises
    ------
    TooLargeError
        More members, or more unpacked bytes by the archive's own account, than the limits allow.
    InputError
        A member's name points outside the archive, or the archive is damaged.
    """
    return [name for name, _ in sorted(member_sizes(path, limits), key=lambda member: -member[1])]


def member_sizes(path: Path, limits: Limits) -> list[tuple[str, int]]:
    """Return names and unpacked sizes in bytes of the files in a zip archive, in its order; raises as `members`."""
    if packing(path) != "zip":
        return []
    with _zip(path, limits) as (_, infos):
        return [(info.filename, info.file_size) for info in infos]


@contextmanager
def open_source(path: Path, limits: Limits, member: str | None = None) -> Iterator[Source]:
    """Open the unpacked bytes of a plain, gzip, bzip2, xz or zip file, told apart by content, as a stream.

    Parameters
    ----------
    path
        The file as it was brought.
    limits
        Bounds on unpacked size and members; reading on beyond the bound raises.
    member
        Which file of a zip archive; the largest when left out. Ignored where there are no members.

    Raises
    ------
    TooLargeError
        The archive unpacks to more than the bound (here, or while reading).
    InputError
        The archive is damaged, cut short, protected, nested, or names files outside itself (here, or while reading).
    NotFoundError
        No such file or member.
    """
    how = packing(path)
    with ExitStack() as stack:
        if how == "zip":
            archive, infos = stack.enter_context(_zip(path, limits))
            info = _chosen(infos, member)
            try:
                stream: IO[bytes] = stack.enter_context(archive.open(info))
            except _DAMAGED as error:
                raise _damaged("zip", error) from error
            raw = _Bounded(stream, cast("BinaryIO", archive.fp), how, limits, info.file_size)
        else:
            stored = stack.enter_context(_opened(path))
            stream = stack.enter_context(_unpacked(stored, how))
            raw = _Bounded(stream, stored, how, limits, path.stat().st_size)
        source = stack.enter_context(Source(raw, _BUFFER_BYTES))
        if how is not None:
            _refuse_nested(source)
        yield source


def _unpacked(stored: BinaryIO, how: str | None) -> IO[bytes]:
    if how == "gzip":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stored, mode="rb"))
    if how == "bzip2":
        return bz2.BZ2File(stored)
    if how == "xz":
        return lzma.LZMAFile(stored)
    return stored


def _refuse_nested(source: Source) -> None:
    start = source.peek(512)
    is_tar = start[257:262] == b"ustar"
    if is_tar or any(start.startswith(magic) for magic, _ in _PACKED):
        raise InputError(
            "The archive holds another archive.",
            remedy="Unpack the outer one and bring the files inside.",
        )


@contextmanager
def open_clean(path: Path, encoding: str, limits: Limits, member: str | None = None) -> Iterator[CleanSource]:
    """Open a text file as bytes of clean UTF-8, whatever its encoding: for parsers that want bytes.

    Bytes that are not valid in `encoding` (the head of a file does not always tell) are read as cp1252 where the
    encoding is UTF-8, else replaced, and counted in `n_repaired`.

    Raises
    ------
    InputError
        NUL characters (a binary file, or the wrong encoding), an unknown encoding, or what `open_source` raises.
    """
    checked = encodings.check_encoding(encoding)
    with open_source(path, limits, member) as source, CleanSource(_Utf8(source, checked), _BUFFER_BYTES) as clean:
        yield clean


@contextmanager
def open_text(
    path: Path, encoding: str, limits: Limits, member: str | None = None, *, newline: str | None = None
) -> Iterator[TextIO]:
    """Open a text file as a stream of characters; see `open_clean` for what is raised and repaired.

    `newline` is that of `open`: None makes every line end a line feed, `""` leaves them alone (for `csv`).
    """
    with (
        open_clean(path, encoding, limits, member) as clean,
        io.TextIOWrapper(clean, encoding="utf-8", newline=newline) as text,
    ):
        yield text


def read_head(path: Path, limits: Limits, member: str | None = None, n_bytes: int = encodings.HEAD_BYTES) -> bytes:
    """Return at most the first `n_bytes` unpacked bytes; raises `InputError` when there are none."""
    with open_source(path, limits, member) as source:
        head = source.read(n_bytes)
    if not head:
        raise empty_error(path)
    return head


def detect_encoding(path: Path, limits: Limits, member: str | None = None) -> str:
    """Return the name of the file's encoding from its first 256 KiB, such as `utf-8`, `utf-16` or `cp1252`.

    Raises
    ------
    InputError
        The file is empty, or holds binary data.
    """
    return encodings.encoding_of(read_head(path, limits, member))


@contextmanager
def unpacked_file(path: Path, limits: Limits, member: str | None = None) -> Iterator[Path]:
    """Give a file that can be read at any position (Parquet needs that): the file itself, or an unpacked copy.

    The copy is deleted when the block ends.
    """
    if packing(path) is None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="embedlab-") as folder:
        copy = Path(folder) / "unpacked"
        with open_source(path, limits, member) as source, storage_errors(copy), copy.open("wb") as stream:
            shutil.copyfileobj(source, stream, _BUFFER_BYTES)
        yield copy


def digest(path: Path) -> str:
    """Return the SHA-256 of the file as it is stored, as 64 hexadecimal digits."""
    with _opened(path) as stream:
        return hashlib.file_digest(cast("io.BufferedReader", stream), "sha256").hexdigest()
