"""The IDX format, in which MNIST is published: a magic number, the dimensions, then the values.

Notes
-----
http://yann.lecun.com/exdb/mnist/: two zero bytes, a byte for the type of the values, a byte for the number of
dimensions, then each dimension as a big-endian 32-bit integer.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np

_TYPES: Final = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_DIMENSIONS: Final = 4


@dataclass(frozen=True)
class IdxHeader:
    """What the start of an IDX file says.

    Parameters
    ----------
    dtype
        Of the values, as NumPy writes it.
    shape
        The dimensions, the number of images or labels first.
    n_bytes
        Length of the header: where the values begin.
    """

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    n_bytes: int

    @property
    def n_file_bytes(self) -> int:
        """Length of the whole file."""
        return self.n_bytes + math.prod(self.shape) * self.dtype.itemsize


def idx_header(start: bytes) -> IdxHeader | None:
    """Return the header of an IDX file; None if the bytes are not the start of one."""
    if len(start) < 8 or start[:2] != b"\0\0" or start[2] not in _TYPES or not 1 <= start[3] <= _MOST_DIMENSIONS:
        return None
    n_bytes = 4 + 4 * start[3]
    if len(start) < n_bytes:
        return None
    shape = struct.unpack(f">{start[3]}I", start[4:n_bytes])
    return IdxHeader(np.dtype(_TYPES[start[2]]), shape, n_bytes) if min(shape) > 0 else None
