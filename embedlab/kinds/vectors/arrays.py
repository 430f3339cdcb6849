"""Vectors in NumPy's own file format: numbers without names, never unpickled."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from embedlab.core.array_file import read_header
from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.kinds.vectors.formats import check_amount, check_vector_size
from embedlab.kinds.vectors.rows import Tick

_BYTES_AT_ONCE = 1 << 22


def read_npy(stream: BinaryIO, first: int | None, tick: Tick) -> tuple[Vectors, int]:
    """Read a `.npy` file of two dimensions as float32, a block at a time; return it with its number of rows.

    Parameters
    ----------
    stream
        The unpacked file from its first byte.
    first
        Read only so many rows.
    tick
        Called after each block.

    Raises
    ------
    InputError
        The array has no two dimensions, holds no real numbers, or the file is cut short.
    TooLargeError
        It is above the bounds for vectors.

    Notes
    -----
    The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. Only its header (a literal) and
    the raw numbers are read; arrays of objects, which are pickles, are refused before.
    """
    (n_rows, vector_size), is_by_columns, dtype = _read_header(stream)
    check_vector_size(vector_size)
    n_wanted = n_rows if first is None else min(first, n_rows)
    check_amount(n_wanted, vector_size)
    vectors: Vectors = np.empty((n_wanted, vector_size), np.float32)
    if is_by_columns:
        for column in range(vector_size):
            vectors[:, column] = _as_float32(_numbers(stream, n_rows, dtype, f"column {column + 1:,}"))[:n_wanted]
            tick()
    else:
        n_at_once = max(1, _BYTES_AT_ONCE // (vector_size * dtype.itemsize))
        for start in range(0, n_wanted, n_at_once):
            stop = min(n_wanted, start + n_at_once)
            numbers = _numbers(stream, (stop - start) * vector_size, dtype, f"rows {start + 1:,} to {stop:,}")
            vectors[start:stop] = _as_float32(numbers).reshape(-1, vector_size)
            tick()
    if n_wanted == n_rows and stream.read(1):
        raise InputError(
            "The NumPy file holds more than its header says.",
            received=f"{n_rows:,} x {vector_size:,} and more",
            remedy="Save one array in one file with numpy.save(...).",
        )
    return vectors, n_rows


def _read_header(stream: BinaryIO) -> tuple[tuple[int, int], bool, np.dtype[np.generic]]:
    shape, is_by_columns, dtype = read_header(stream)
    if dtype.hasobject or dtype.kind not in "fiu":
        raise InputError(
            "The NumPy file does not hold real numbers.",
            received=str(dtype),
            remedy="Save vectors.astype(numpy.float32).",
        )
    if len(shape) != 2 or shape[0] < 1:
        raise InputError(
            "The NumPy file holds no table of vectors.",
            received=f"shape {shape}",
            remedy="Save an array with a row for each key and a column for each dimension.",
        )
    return (int(shape[0]), int(shape[1])), is_by_columns, dtype


def _numbers(stream: BinaryIO, n: int, dtype: np.dtype[np.generic], place: str) -> npt.NDArray[np.generic]:
    return np.frombuffer(read_bytes(stream, n * dtype.itemsize, place), dtype)


def read_bytes(stream: BinaryIO, n: int, place: str) -> bytes:
    """Return the next `n` bytes; raises `InputError` that names the `place` where the file ends before."""
    # In pieces: the header may promise far more than the file holds, which reading at once would make room for.
    pieces, n_left = [], n
    while n_left:
        pieces.append(stream.read(min(n_left, _BYTES_AT_ONCE)))
        if not pieces[-1]:
            raise InputError(
                "The file of vectors is cut short or damaged.", received=place, remedy="Download or export it again."
            )
        n_left -= len(pieces[-1])
    return b"".join(pieces)


def _as_float32(numbers: npt.NDArray[np.generic]) -> Vectors:
    # What is beyond float32 becomes infinite, and is named with its key when the embedding is checked.
    with np.errstate(over="ignore", invalid="ignore"):
        return numbers.astype(np.float32)
