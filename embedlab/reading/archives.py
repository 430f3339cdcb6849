"""Zip archives: their table of contents within bounds, checked names, and one opening for many members."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, Final

from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.reading.compression import DAMAGED, damaged_error
from embedlab.reading.limits import Limits

#: Longest name of a file in an archive, in characters; names are stored as options and labels.
LONGEST_MEMBER_NAME: Final = 1000
#: Bytes of the table of contents for each member; a larger table is not read at all.
_DIRECTORY_BYTES_PER_MEMBER: Final = 4096
_LARGEST_DIRECTORY_BYTES: Final = 64 * 1024**2
_LITTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Archive:
    """An open zip archive with the members that hold data, in the order of the archive."""

    file: zipfile.ZipFile
    members: tuple[zipfile.ZipInfo, ...]

    @cached_property
    def _by_name(self) -> dict[str, zipfile.ZipInfo]:
        return {info.filename: info for info in reversed(self.members)}

    def member(self, name: str | None) -> zipfile.ZipInfo:
        """Return a member by name, the largest for None; raises `NotFoundError` if there is no such member."""
        if name is None:
            return max(self.members, key=lambda info: info.file_size)
        info = self._by_name.get(name)
        if info is not None:
            return info
        known = ", ".join(info.filename for info in self.members[:10])
        raise NotFoundError("The archive holds no file of this name.", received=name, remedy=f"It holds: {known}.")


_SHARED: ContextVar[tuple[Path, Limits, Archive] | None] = ContextVar("_SHARED", default=None)


def shared_archive(path: Path, limits: Limits) -> Archive | None:
    """Return the archive that `share_archive` holds open for this file, or None."""
    shared = _SHARED.get()
    return shared[2] if shared is not None and shared[:2] == (path, limits) else None


@contextmanager
def share_archive(path: Path, limits: Limits, archive: Archive) -> Iterator[None]:
    """Use this open archive for every member that is opened during the block."""
    token = _SHARED.set((path, limits, archive))
    try:
        yield
    finally:
        _SHARED.reset(token)


@contextmanager
def open_archive(stream: BinaryIO, limits: Limits) -> Iterator[Archive]:
    """Open a zip archive.

    Raises
    ------
    TooLargeError
        The archive has more members than the limits allow.
    InputError
        The name of a member points outside the archive, the archive is damaged, or it holds no file.
    """
    _check_directory(stream, limits)
    try:
        file = zipfile.ZipFile(stream)
    except DAMAGED as error:
        raise damaged_error("zip", error) from error
    with file:
        yield Archive(file, _checked_members(file.infolist(), limits))


def _check_directory(stream: BinaryIO, limits: Limits) -> None:
    """Refuse a table of contents that is too long for the bound on members before it is read into memory."""
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
        if directory_bytes > min(_LARGEST_DIRECTORY_BYTES, limits.max_members * _DIRECTORY_BYTES_PER_MEMBER):
            raise TooLargeError(
                "The archive's table of contents is too large.",
                received=f"{directory_bytes:,} bytes",
                remedy=limits.remedy("Pack only the files you need", "EMBEDLAB_MAX_ARCHIVE_MEMBERS"),
            )
    stream.seek(0)


def _zip64_directory(stream: BinaryIO, before: bytes) -> tuple[int, int] | None:
    """Return members and bytes of the table of contents of a zip64 archive, or None for a plain zip archive.

    `before` are the bytes before the end of central directory record, which end with the locator of the larger record
    (APPNOTE.TXT 4.3.14 and 4.3.15, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
    """
    locator = before[-20:]
    if len(locator) < 20 or not locator.startswith(b"PK\x06\x07"):
        return None
    stream.seek(min(struct.unpack_from("<Q", locator, 8)[0], stream.seek(0, os.SEEK_END)))
    record = stream.read(56)
    if len(record) < 56 or not record.startswith(b"PK\x06\x06"):
        # zipfile also finds it right before the locator, if other bytes precede the archive.
        record = before[-76:-20]
    if len(record) < 56 or not record.startswith(b"PK\x06\x06"):
        return None
    n_members, directory_bytes = struct.unpack_from("<QQ", record, 32)
    return n_members, directory_bytes


def _too_many_members(n_members: int, limits: Limits) -> TooLargeError:
    return TooLargeError(
        f"The archive holds more than {limits.max_members:,} files.",
        received=f"{n_members:,}",
        remedy=limits.remedy("Pack only the files you need", "EMBEDLAB_MAX_ARCHIVE_MEMBERS"),
    )


def _checked_members(infos: list[zipfile.ZipInfo], limits: Limits) -> tuple[zipfile.ZipInfo, ...]:
    if len(infos) > limits.max_members:
        raise _too_many_members(len(infos), limits)
    for info in infos:
        _check_name(info.filename)
    files = [info for info in infos if not (info.is_dir() or _is_link(info) or _is_litter(info.filename))]
    if not files:
        raise InputError("The archive holds no file.", remedy="Pack the data again, or import the file itself.")
    return tuple(files)


def _is_link(info: zipfile.ZipInfo) -> bool:
    """Return whether a member is a symbolic link: its content is a path, not data."""
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
    """Return whether a desktop added this file on its own."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in _LITTER
