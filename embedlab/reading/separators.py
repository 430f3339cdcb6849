"""Separators of several characters, such as the `::` of MovieLens, for parsers that know only one."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: ASCII's own "unit separator"; it replaces a longer separator and is removed from the data.
NARROW_SEPARATOR = "\x1f"
_NARROW = NARROW_SEPARATOR.encode()
_READ_BYTES = 1 << 20
_MAX_LINE_BYTES = 8 << 20


class NarrowedSource(io.RawIOBase):
    """The bytes of a stream with every `separator` replaced by `NARROW_SEPARATOR`."""

    def __init__(self, stream: BinaryIO | io.BufferedReader, separator: str) -> None:
        self._stream = stream
        self._separator = separator.encode()
        self._held = b""
        self._pending = memoryview(b"")
        self._at_end = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer; 0 at the end."""
        while not self._pending and not self._at_end:
            data = self._stream.read(_READ_BYTES)
            self._at_end = not data
            # The last line waits for the next piece: a separator may begin at the end of this one.
            data = self._held + data.replace(_NARROW, b" ")
            cut = len(data) if self._at_end or len(data) > _MAX_LINE_BYTES else data.rfind(b"\n") + 1
            self._held = data[cut:]
            self._pending = memoryview(data[:cut].replace(self._separator, _NARROW))
        view = memoryview(buffer).cast("B")
        n = min(len(view), len(self._pending))
        view[:n] = self._pending[:n]
        self._pending = self._pending[n:]
        return n
