"""A file as it is stored, plain or packed: its members and first bytes are read once, whoever asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self, cast

from embedlab.core.errors import NotFoundError
from embedlab.reading import archives
from embedlab.reading.archives import Archive
from embedlab.reading.compression import (
    DAMAGED,
    NESTED_HEAD_BYTES,
    Packing,
    damaged_error,
    decompressed,
    packing_of,
    refuse_nested,
)
from embedlab.reading.encodings import HEAD_BYTES
from embedlab.reading.limits import Limits, empty_error, unpacked_too_large
from embedlab.reading.streams import BUFFER_BYTES, BoundedStream, ResumedStream, Source


@dataclass(frozen=True)
class Member:
    """A file in a zip archive; the size is that of the unpacked file."""

    name: str
    size_bytes: int


@dataclass(frozen=True)
class Contents:
    """What a stored file is, from its first bytes and its table of contents.

    Parameters
    ----------
    packing
        How it is packed; None for a plain file.
    members
        The files of a zip archive in its order; empty for everything else.
    comment
        The comment of a zip archive.
    """

    packing: Packing | None = None
    members: tuple[Member, ...] = ()
    comment: bytes = b""


@dataclass(frozen=True)
class _Start:
    data: bytes
    share_of_file: float
    is_whole: bool


class StoredFile:
    """A file within limits, or one member of it if it is a zip archive.

    The constructor reads nothing. The first stream, or the first question, opens the file; the table of contents and
    the first 256 KiB are remembered, and later streams begin with them. A small file is so read once in all. The file
    must not change meanwhile. Several threads may use one object.

    Parameters
    ----------
    path
        The file as it is stored.
    limits
        Bounds on unpacked size and members.
    member
        Which file of a zip archive; the largest if None. Ignored for files that are not zip archives.
    """

    def __init__(self, path: Path, limits: Limits, member: str | None = None) -> None:
        self.path = path
        self.limits = limits
        self._requested_member = member
        self._contents: Contents | None = None
        self._start: _Start | None = None
        self._other_member: Self | None = None

    @classmethod
    def of(cls, file: Path | StoredFile, limits: Limits, member: str | None = None) -> Self:
        """Return a member of a file that is given as its path or is open already; an open file keeps its own limits."""
        if isinstance(file, cls):
            return file.of_member(member)
        if isinstance(file, StoredFile):
            return cls(file.path, file.limits, member or file._requested_member)
        return cls(file, limits, member)

    def of_member(self, member: str | None) -> Self:
        """Return the same file with another member of the archive; itself for None and for its own member."""
        if member is None or member == self._requested_member:
            return self
        if self._start is not None and (not self.contents.members or member == self.member):
            return self
        if self._other_member is None or self._other_member._requested_member != member:
            other = type(self)(self.path, self.limits, member)
            other._contents = self._contents
            self._other_member = other
        return self._other_member

    @property
    def contents(self) -> Contents:
        """Packing and members.

        Raises
        ------
        TooLargeError
            The archive has more members than the limits allow.
        InputError
            The name of a member points outside the archive, or the archive is damaged.
        NotFoundError
            There is no such file.
        """
        if self._contents is None:
            with self._stored():
                pass
        return cast("Contents", self._contents)

    @property
    def members(self) -> tuple[Member, ...]:
        """The files of a zip archive, largest first; empty for everything else. Raises as `contents`."""
        return tuple(sorted(self.contents.members, key=lambda member: -member.size_bytes))

    @property
    def member(self) -> str | None:
        """The member that is read: the chosen or the largest one; None where there are none."""
        if not self.contents.members:
            return None
        return self._requested_member or self.members[0].name

    @property
    def start(self) -> bytes:
        """The first 256 KiB of unpacked bytes, or fewer where the file ends; raises as `open`."""
        if self._start is None:
            with self.open():
                pass
        return cast("_Start", self._start).data

    @property
    def head(self) -> bytes:
        """As `start`; raises `InputError` for an empty file."""
        if not self.start:
            raise empty_error(self.path)
        return self.start

    @contextmanager
    def open(self) -> Iterator[Source]:
        """Open the unpacked bytes as a stream.

        Raises
        ------
        TooLargeError
            The file unpacks to more than the bound (here, or while reading).
        InputError
            The file is damaged, cut short, protected, nested, or names files outside itself (here, or while reading).
        NotFoundError
            There is no such file or member.
        """
        with ExitStack() as stack:
            first = None if self._start is not None else stack.enter_context(self._first_stream())
            start = cast("_Start", self._start)

            def rest() -> Source:
                if first is not None:
                    return first
                source = stack.enter_context(self._raw_stream())
                _skip(source, len(start.data))
                return source

            raw = ResumedStream(start.data, start.share_of_file, None if start.is_whole else rest)
            yield stack.enter_context(Source(raw, BUFFER_BYTES))

    @contextmanager
    def share_archive(self) -> Iterator[None]:
        """Read the table of contents once for all members that are opened during the block.

        Without it, it would be read and checked again for each of a thousand members. Does nothing for other files.
        """
        with self._stored() as (_, archive):
            if archive is None:
                yield
                return
            with archives.share_archive(self.path, self.limits, archive):
                yield

    @contextmanager
    def _first_stream(self) -> Iterator[Source]:
        """Open the file for the first time: remember its start, and leave the stream behind it."""
        with self._raw_stream() as source:
            data = _read(source, HEAD_BYTES)
            self._start = _Start(data, source.share_read, is_whole=len(data) < HEAD_BYTES)
            yield source

    @contextmanager
    def _raw_stream(self) -> Iterator[Source]:
        with ExitStack() as stack:
            stored, archive = stack.enter_context(self._stored())
            packing = self.contents.packing
            if archive is not None:
                info = archive.member(self._requested_member)
                if info.file_size > self.limits.max_unpacked_bytes:
                    raise unpacked_too_large(self.limits)
                try:
                    stream = stack.enter_context(archive.file.open(info))
                except DAMAGED as error:
                    raise damaged_error("zip", error) from error
                size_bytes = info.file_size
            else:
                stream = stack.enter_context(decompressed(stored, packing))
                size_bytes = self.path.stat().st_size
            raw = BoundedStream(stream, stored, packing, self.limits, size_bytes)
            source = stack.enter_context(Source(raw, BUFFER_BYTES))
            if packing is not None:
                refuse_nested(source.peek(NESTED_HEAD_BYTES))
            yield source

    @contextmanager
    def _stored(self) -> Iterator[tuple[BinaryIO, Archive | None]]:
        """Open the stored bytes, and the archive if they are one; remember what the file is."""
        shared = archives.shared_archive(self.path, self.limits)
        if shared is not None:
            self._remember("zip", shared)
            yield cast("BinaryIO", shared.file.fp), shared
            return
        with open_stored(self.path) as stream:
            packing = packing_of(stream)
            if packing == "zip":
                with archives.open_archive(stream, self.limits) as archive:
                    self._remember(packing, archive)
                    yield stream, archive
            else:
                self._remember(packing, None)
                yield stream, None

    def _remember(self, packing: Packing | None, archive: Archive | None) -> None:
        if self._contents is None:
            infos = () if archive is None else archive.members
            self._contents = Contents(
                packing,
                tuple(Member(info.filename, info.file_size) for info in infos),
                b"" if archive is None else archive.file.comment,
            )


@contextmanager
def open_stored(path: Path) -> Iterator[BinaryIO]:
    """Open a file as it is stored; raises `NotFoundError` if that is not possible."""
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


def _read(source: Source, n_bytes: int) -> bytes:
    pieces, n_missing = [], n_bytes
    while n_missing and (piece := source.read1(n_missing)):
        pieces.append(piece)
        n_missing -= len(piece)
    return b"".join(pieces)


def _skip(source: Source, n_bytes: int) -> None:
    while n_bytes and (piece := source.read1(n_bytes)):
        n_bytes -= len(piece)
