"""Streams of unpacked bytes: bounded, resumed after their remembered start, and recoded to UTF-8."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

from embedlab.reading.compression import DAMAGED, Packing, damaged_error
from embedlab.reading.encodings import RepairingDecoder
from embedlab.reading.limits import Limits, unpacked_too_large

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: Bytes read at a time.
BUFFER_BYTES: Final = 1 << 20


class Source(io.BufferedReader):
    """The unpacked bytes of a file, as a stream that reports its progress."""

    @property
    def share_read(self) -> float:
        """Share of the stored (packed) file that the reader of this stream has received so far, 0 to 1.

        What only the buffer has read does not count.
        """
        raw = cast("_SharedRaw", self.raw)
        return raw.share_read if self.closed else raw.share_read * self.tell() / max(1, raw.tell())


class CleanSource(Source):
    """A `Source` whose bytes are valid UTF-8 without byte order mark and NUL, whatever the encoding of the file."""

    @property
    def n_repaired(self) -> int:
        """Number of characters so far that were invalid in the encoding of the file and were replaced."""
        return cast("Utf8Stream", self.raw).n_repaired


class _SharedRaw(io.RawIOBase):
    """A raw stream that counts its bytes, so that the buffer above it knows how many of them are used."""

    _n_out = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._n_out

    @property
    def share_read(self) -> float:
        raise NotImplementedError


class BoundedStream(_SharedRaw):
    """Counts unpacked bytes against the bound, and reports damage in plain words.

    Parameters
    ----------
    stream
        The unpacked bytes.
    stored
        The file as it is stored; its position is the progress.
    packing
        How it is packed; None for a plain file.
    limits
        Bounds on the unpacked size.
    size_bytes
        What `share_read` is a share of: unpacked bytes of a member of a zip archive, else stored bytes.
    """

    def __init__(
        self, stream: IO[bytes], stored: BinaryIO, packing: Packing | None, limits: Limits, size_bytes: int
    ) -> None:
        self._stream = stream
        self._stored = stored
        self._packing = packing
        self._limits = limits
        self._size_bytes = max(1, size_bytes)
        self._n_read = 0
        self._position = 0

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read the next bytes."""
        view = memoryview(buffer).cast("B")
        try:
            data = self._stream.read(len(view))
        except DAMAGED as error:
            if self._packing is None:
                raise
            raise damaged_error(self._packing, error) from error
        self._n_read += len(data)
        self._position = self._n_read if self._packing in {None, "zip"} else self._stored.tell()
        if self._packing is not None and self._n_read > self._limits.max_unpacked_bytes:
            raise unpacked_too_large(self._limits)
        view[: len(data)] = data
        self._n_out += len(data)
        return len(data)

    @property
    def share_read(self) -> float:
        """Share of the stored file read so far, 0 to 1."""
        return min(1.0, self._position / self._size_bytes)


class ResumedStream(_SharedRaw):
    """The remembered first bytes of a file, then the rest of the file, which is opened only when it is needed.

    Parameters
    ----------
    start
        The first unpacked bytes.
    share_of_start
        Share of the stored file that they are, 0 to 1.
    open_rest
        Opens the file behind `start`; None if `start` is the whole file.
    """

    def __init__(self, start: bytes, share_of_start: float, open_rest: Callable[[], Source] | None) -> None:
        self._start = memoryview(start)
        self._share_of_start = share_of_start
        self._open_rest = open_rest
        self._n_replayed = 0
        self._rest: Source | None = None

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read the next bytes."""
        view = memoryview(buffer).cast("B")
        if self._n_replayed < len(self._start):
            n = min(len(view), len(self._start) - self._n_replayed)
            view[:n] = self._start[self._n_replayed : self._n_replayed + n]
            self._n_replayed += n
            self._n_out += n
            return n
        if self._rest is None:
            if self._open_rest is None:
                return 0
            self._rest = self._open_rest()
        n = self._rest.readinto1(view)
        self._n_out += n
        return n

    @property
    def share_read(self) -> float:
        """Share of the stored file read so far, 0 to 1."""
        if self._rest is not None:
            return self._rest.share_read
        return self._share_of_start * self._n_replayed / max(1, len(self._start))


class Utf8Stream(_SharedRaw):
    """Recodes a source into clean UTF-8 while it is read; `encoding` is one of `encodings.ENCODINGS`."""

    def __init__(self, source: Source, encoding: str) -> None:
        self._source = source
        self._decoder = RepairingDecoder(encoding)
        self._pending = memoryview(b"")
        self._at_end = False

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read the next bytes."""
        while not self._pending and not self._at_end:
            data = self._source.read1(BUFFER_BYTES)
            self._at_end = not data
            self._pending = memoryview(self._decoder.decode(data, final=self._at_end))
        view = memoryview(buffer).cast("B")
        n = min(len(view), len(self._pending))
        view[:n] = self._pending[:n]
        self._pending = self._pending[n:]
        self._n_out += n
        return n

    @property
    def share_read(self) -> float:
        """Share of the stored file read so far, 0 to 1."""
        return self._source.share_read * self._n_out / max(1, self._n_out + len(self._pending))

    @property
    def n_repaired(self) -> int:
        """Number of characters so far that were invalid and were replaced."""
        return self._decoder.n_repaired
