"""Arrays that hold images or labels: NumPy files (`.npy`, `.npz`) and IDX files, plain, compressed or in an archive."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.core.array_file import read_header
from embedlab.core.errors import InputError, TooLargeError
from embedlab.core.plain import one_line
from embedlab.kinds.images.idx import idx_header
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import unpacked_file

_NPY_MAGIC: Final = b"\x93NUMPY"
_LARGEST_SIDE: Final = 4096
#: Members of an archive whose headers are read.
_MOST_ARRAYS: Final = 64
#: Longest label, in characters.
LONGEST_LABEL: Final = 100


@dataclass(frozen=True)
class StoredArray:
    """An array in a file, known by its header.

    Parameters
    ----------
    name
        Of the member in an archive; empty for a file on its own.
    dtype, shape
        Of the values.
    is_idx
        Whether it is stored as IDX, else as a NumPy file.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_idx: bool

    @property
    def holds_images(self) -> bool:
        """Whether the shape is that of images: `(n, height, width)`, or with 1, 3 or 4 channels first or last."""
        if self.dtype.kind not in "biuf" or len(self.shape) not in (3, 4) or min(self.shape) < 1:
            return False
        return max(self.image_shape[:2]) <= _LARGEST_SIDE and self.image_shape[2] in (1, 3, 4)

    @property
    def holds_labels(self) -> bool:
        """Whether it has one value for each image: numbers or text."""
        one = len(self.shape) == 1 or (len(self.shape) == 2 and self.shape[1] == 1)
        return one and self.dtype.kind in "biufSU" and self.shape[0] > 0

    @property
    def channels_first(self) -> bool:
        """Whether the channels are the second dimension, as in PyTorch."""
        return len(self.shape) == 4 and self.shape[3] not in (1, 3, 4) and self.shape[1] in (1, 3, 4)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        if len(self.shape) == 3:
            return self.shape[1], self.shape[2], 1
        if self.channels_first:
            return self.shape[2], self.shape[3], self.shape[1]
        return self.shape[1], self.shape[2], self.shape[3]

    @property
    def description(self) -> str:
        """Its name, shape and type in a few words, such as `y.npy: 20 x 3 float64`."""
        shape = " x ".join(map(str, self.shape)) or "a single value"
        what = "Python objects, which are never opened" if self.dtype.hasobject else str(self.dtype)
        return f"{one_line(self.name)}: {shape} {what}" if self.name else f"an array of {shape} {what}"

    @property
    def is_test(self) -> bool:
        """Whether its name says that it is the published test part, as `t10k-images` of MNIST and `x_test` of Keras."""
        stem = PurePosixPath(self.name.lower()).name
        return "test" in stem or "t10k" in stem


def array_of(start: bytes, name: str = "") -> StoredArray | None:
    """Return the array that a file begins with; None if it is not one."""
    found = idx_header(start)
    if found is not None:
        return StoredArray(name, found.dtype, found.shape, is_idx=True)
    if not start.startswith(_NPY_MAGIC):
        return None
    try:
        with io.BytesIO(start) as stream:
            shape, _, dtype = read_header(stream)
    except InputError:
        return None
    return StoredArray(name, dtype, tuple(shape), is_idx=False)


def arrays_in(upload: OpenedUpload) -> list[StoredArray]:
    """Return the arrays of a file, or of the members of an archive in its order."""
    # The first stream also reads the table of contents, so that the file is opened once.
    largest = array_of(upload.start)
    if not upload.contents.members or largest is None:
        found = [] if upload.contents.members else [largest]
    else:
        members = upload.contents.members[: _MOST_ARRAYS + 1]
        if len(members) > _MOST_ARRAYS:
            return []
        with upload.share_archive():
            found = [array_of(upload.of_member(each.name).start, each.name) for each in members]
    return [each for each in found if each is not None]


@contextmanager
def opened_array(upload: OpenedUpload, array: StoredArray) -> Iterator[npt.NDArray[Any]]:
    """Open an array, memory-mapped; its length is checked against the file.

    Raises
    ------
    InputError
        The file is shorter than its header says.
    TooLargeError
        The file is larger than the bound.
    """
    if math.prod(array.shape) * array.dtype.itemsize > upload.limits.max_unpacked_bytes:
        raise TooLargeError(
            "The array is larger than is allowed.",
            received=f"{array.shape} {array.dtype}",
            remedy=upload.limits.remedy("Import a part of it", "EMBEDLAB_MAX_UNPACKED_MB"),
        )
    with unpacked_file(upload, upload.limits, array.name or None) as path:
        try:
            if array.is_idx:
                offset = 4 + 4 * len(array.shape)
                values: npt.NDArray[Any] = np.memmap(path, array.dtype, "r", offset, array.shape)
            else:
                values = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError, OSError, OverflowError) as error:
            raise InputError(
                "The array is cut short or damaged.",
                received=f"{array.name} {array.shape}".strip(),
                remedy="Download or write it again, and compare its size with the original.",
            ) from error
        yield values


def labels_of(values: npt.NDArray[Any]) -> list[str]:
    """Return an array of labels as text: whole numbers without decimals, NaN as empty."""
    flat = np.asarray(values).reshape(-1)
    if flat.dtype.kind == "S":
        return [one_line(each.decode("utf-8", "replace"), LONGEST_LABEL) for each in flat.tolist()]
    if flat.dtype.kind == "f":
        return ["" if number != number else f"{number:g}" for number in flat.tolist()]
    if flat.dtype.kind == "b":
        return [str(int(each)) for each in flat.tolist()]
    return [one_line(str(each), LONGEST_LABEL) for each in flat.tolist()]
