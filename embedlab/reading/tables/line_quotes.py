"""Quotes that are not closed on their line, in tables whose rows are lines: they are text and must not join rows."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_READ_BYTES: Final = 1 << 20
_MAX_LINE_BYTES: Final = 8 << 20
_QUOTE: Final = b'"'


def without_unclosed(line: str) -> str:
    """Return a line without its quotes if one of them is not closed."""
    return line.replace('"', "") if line.count('"') % 2 else line


class UnclosedQuotes(io.RawIOBase):
    """The bytes of a stream in which lines with an odd number of double quotes lose them.

    Attributes
    ----------
    n_unclosed
        How many such lines there were so far.
    """

    def __init__(self, stream: BinaryIO | io.BufferedReader) -> None:
        self._stream = stream
        self._held = b""
        self._pending = memoryview(b"")
        self._at_end = False
        self.n_unclosed = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer; 0 at the end."""
        while not self._pending and not self._at_end:
            data = self._stream.read(_READ_BYTES)
            self._at_end = not data
            data = self._held + data
            cut = len(data) if self._at_end or len(data) > _MAX_LINE_BYTES else data.rfind(b"\n") + 1
            self._held = data[cut:]
            self._pending = memoryview(self._repaired(data[:cut]))
        view = memoryview(buffer).cast("B")
        n = min(len(view), len(self._pending))
        view[:n] = self._pending[:n]
        self._pending = self._pending[n:]
        return n

    def _repaired(self, data: bytes) -> bytes:
        if _QUOTE not in data:
            return data
        lines = data.split(b"\n")
        for place, line in enumerate(lines):
            if line.count(_QUOTE) % 2:
                lines[place] = line.replace(_QUOTE, b"")
                self.n_unclosed += 1
        return b"\n".join(lines)
