"""The file of all pixels, written image after image, so that memory does not grow with their number."""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import numpy as np
import numpy.typing as npt

PIXELS_FILE: Final = "pixels.npy"
#: As in `embedlab.core.array_file`: a header of this length is padded so that the values begin at a multiple of 64.
_HEADER_BYTES: Final = 128


class PixelFile:
    """Writes the `.npy` file of a `(n, height, width)` or `(n, height, width, 3)` uint8 array of unknown length.

    Use it as a context manager; the file is complete when the block ends.
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self.n = 0
        self._shape = shape
        self._stream: BinaryIO = path.open("wb")
        self._stream.write(bytes(_HEADER_BYTES))

    def append(self, images: npt.NDArray[np.uint8]) -> None:
        """Write a block `(m, *shape)` at the end."""
        if images.shape[1:] != self._shape or images.dtype != np.uint8:
            raise ValueError(f"expected images of {self._shape}, got {images.shape[1:]} {images.dtype}")
        self._stream.write(np.ascontiguousarray(images).data)
        self.n += len(images)

    @property
    def n_bytes(self) -> int:
        """Bytes written so far."""
        return self.n * math.prod(self._shape)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stream:
            if kind is None:
                self._stream.seek(0)
                text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {(self.n, *self._shape)}, }}"
                size = _HEADER_BYTES - 10
                self._stream.write(b"\x93NUMPY\x01\x00" + size.to_bytes(2, "little"))
                self._stream.write(f"{text:<{size - 1}}\n".encode("latin-1"))
