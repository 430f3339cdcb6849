"""NumPy files: integers written one by one, so that memory does not grow with them, and the header of any file."""

from __future__ import annotations

from array import array
from pathlib import Path
from tokenize import TokenError
from types import TracebackType
from typing import BinaryIO, Final, Self

import numpy as np

from embedlab.core.errors import InputError

#: Bytes of the header of a NumPy file of format 1.0, which is padded so that the numbers begin at a multiple of 64
#: (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
_HEADER_BYTES: Final = 128
_NUMBERS_AT_ONCE: Final = 1 << 15
_HEADERS: Final = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


class ArrayFile:
    """Writes the `.npy` file of an `(n,)` int64 array whose length is known only at the end.

    Use it as a context manager; the file is complete when the block ends.

    Parameters
    ----------
    path
        The file to write.
    """

    def __init__(self, path: Path) -> None:
        self._stream: BinaryIO = path.open("wb")
        self._stream.write(bytes(_HEADER_BYTES))
        self._pending = array("q")
        self._n = 0

    def append(self, number: int) -> None:
        """Write a number at the end."""
        self._pending.append(number)
        if len(self._pending) >= _NUMBERS_AT_ONCE:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stream:
            if kind is None:
                self._flush()
                self._stream.seek(0)
                self._stream.write(_header(self._n))

    def _flush(self) -> None:
        self._n += len(self._pending)
        self._pending.tofile(self._stream)
        self._pending = array("q")


def _header(n: int) -> bytes:
    size = _HEADER_BYTES - 10
    order = "<" if array("q", [1]).tobytes()[0] == 1 else ">"
    text = f"{{'descr': '{order}i8', 'fortran_order': False, 'shape': ({n},), }}"
    return b"\x93NUMPY\x01\x00" + size.to_bytes(2, "little") + f"{text:<{size - 1}}\n".encode("latin-1")


def read_header(stream: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    """Return shape, order (whether by columns) and type of a `.npy` file; raises `InputError` for damaged ones."""
    try:
        read = _HEADERS[np.lib.format.read_magic(stream)]
        shape, is_by_columns, dtype = read(stream)
    # NumPy takes the header apart with Python's own tokenizer and literals, which have errors of their own.
    except (ValueError, TypeError, KeyError, EOFError, SyntaxError, RecursionError, MemoryError, TokenError) as error:
        raise InputError(
            "The NumPy file is damaged, or of a version that is not read.",
            received=str(error),
            remedy="Save it again with numpy.save(...).",
        ) from error
    return shape, is_by_columns, dtype
