"""Where images come from: arrays, an archive of pictures, or one picture; each yields records of one image."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import EmbedLabError, InputError, TooLargeError
from embedlab.core.plain import one_line
from embedlab.kinds.images.arrays import LONGEST_LABEL, StoredArray, arrays_in, labels_of, opened_array
from embedlab.kinds.images.label_tables import aliases, labels_by_name
from embedlab.kinds.images.options import ImagesOptions
from embedlab.kinds.reading_report import Changes
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.pictures import MOST_BYTES, Pixels, decode, is_picture, without_color

TRAIN: Final = "train"
TEST: Final = "test"
_PART_FOLDERS: Final = {"train": TRAIN, "training": TRAIN, "test": TEST, "testing": TEST}
#: Images that are decoded to find the size and whether there is color.
SAMPLED: Final = 200
_BLOCK_BYTES: Final = 1 << 24
_LONGEST_KEY: Final = 200
_SMALL_RANGE: Final = 31

Report = Callable[[float], None]


@dataclass(frozen=True)
class Record:
    """One image.

    Parameters
    ----------
    key
        File name in an archive, number in an array.
    pixels
        `(height, width)` or `(height, width, 3)` uint8.
    label, part
        Empty where it has none; the part is `train` or `test`.
    """

    key: str
    pixels: Pixels
    label: str = ""
    part: str = ""


class ImageSource(ABC):
    """The images of a file.

    Parameters
    ----------
    changes
        Counts what is left out and converted.
    """

    #: How they are stored, in words.
    layout: str
    #: Why, as plain sentences.
    reasons: list[str]
    changes: Changes
    #: What is wrong with the first file of a sample that cannot be read; empty: nothing.
    first_fault: str = ""

    def scale_with(self, other: ImageSource) -> None:
        """Scale the values of another source as those of this one; pictures have one scale already."""
        del other

    @property
    @abstractmethod
    def n_images(self) -> int:
        """Number of images; of an archive, of its files, which may not all be pictures."""

    @abstractmethod
    def sample(self, n: int) -> Iterator[Pixels]:
        """Yield about `n` images from all over the file, without counting any change."""

    @abstractmethod
    def records(self, first: int | None, report: Report) -> Iterator[Record]:
        """Yield the images in the order of the file; `report` is called with the share read."""


def open_source(upload: OpenedUpload, options: ImagesOptions) -> ImageSource:
    """Return the images of an upload.

    Raises
    ------
    InputError
        It holds arrays alone, and none of them has the shape of images.
    """
    arrays = arrays_in(upload)
    if any(array.holds_images for array in arrays):
        return ArraySource(upload, arrays, options)
    if arrays and len(arrays) == max(1, len(upload.contents.members)):
        raise InputError(
            "The array does not have the shape of images." if len(arrays) == 1 else "No array has the shape of images.",
            received=arrays[0].description,
            remedy="Save numbers of the shape (n, height, width), or with 1, 3 or 4 channels. Rows of pixels become "
            "images by x.reshape(n, height, width), Python objects become numbers by numpy.stack(x).",
        )
    return ArchiveSource(upload, options)


class ArraySource(ImageSource):
    """Images in one or several arrays, with their labels beside."""

    def __init__(self, upload: OpenedUpload, arrays: Sequence[StoredArray], options: ImagesOptions) -> None:
        self._upload = upload
        self._uses_parts = options.part_by == "auto"
        self._images = sorted((each for each in arrays if each.holds_images), key=lambda each: each.is_test)
        self._labels = _pairs(self._images, [each for each in arrays if each.holds_labels])
        self._left_out = [each for each in arrays if each not in self._images and each not in self._labels]
        self._scaled: list[ArraySource] = [self]
        self._scales: dict[np.dtype[Any], _Scale] = {}
        self.changes = Changes()
        self.layout = "idx" if self._images[0].is_idx else "npy"
        shapes = {each.image_shape for each in self._images}
        n = sum(each.shape[0] for each in self._images)
        self.reasons = [
            f"The file holds an array of {n:,} images with {' x '.join(map(str, self._images[0].shape[1:]))} values."
        ]
        if len(shapes) > 1:
            self.reasons.append("It holds images of several sizes.")

    @property
    def n_images(self) -> int:
        """Number of images in all arrays."""
        return sum(array.shape[0] for array in self._images)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the largest array's images."""
        return max(self._images, key=lambda each: each.shape[0]).image_shape[:2]

    def scale_with(self, other: ImageSource) -> None:
        """Use one range for the values of both, such as those of images for training and of images for the test."""
        if isinstance(other, ArraySource):
            self._scaled.append(other)
            other._scaled, other._scales = self._scaled, self._scales

    def _scale(self, array: StoredArray, report: Report) -> _Scale:
        """Return how the values of an array are scaled: by the range of all arrays with values of its type."""
        if array.dtype not in self._scales:
            alike = ((source, each) for source in self._scaled for each in source._images if each.dtype == array.dtype)
            self._scales[array.dtype] = _Scale.of(_blocks(alike, report), array.dtype)
        return self._scales[array.dtype]

    def sample(self, n: int) -> Iterator[Pixels]:
        """Yield images at equal distances."""
        for array in self._images:
            scale = self._scale(array, _ignore)
            with opened_array(self._upload, array) as values:
                for row in _spread(array.shape[0], max(1, n * array.shape[0] // self.n_images)).tolist():
                    yield _as_pixels(scale.apply(values[row : row + 1]), array)[0]

    def records(self, first: int | None, report: Report) -> Iterator[Record]:
        """Yield the images block by block; values are scaled to 0 to 255 by the range of all of them."""
        for array in self._left_out:
            self.changes.leave_out("arrays that are neither images nor one label per image", array.description)
        number, n_all = 0, self.n_images if first is None else min(first, self.n_images)
        has_parts = self._uses_parts and len({array.is_test for array in self._images}) > 1
        for array, labels_array in zip(self._images, self._labels, strict=True):
            labels = None
            if labels_array is not None:
                with opened_array(self._upload, labels_array) as stored:
                    labels = labels_of(stored)
            part = "" if not has_parts else TEST if array.is_test else TRAIN
            scale = self._scale(array, report)
            if scale.sentence and scale.sentence not in self.reasons:
                self.reasons.append(scale.sentence)
            with opened_array(self._upload, array) as values:
                step = _images_per_block(array)
                for start in range(0, array.shape[0], step):
                    block = _as_pixels(scale.apply(values[start : start + step]), array)
                    for offset, pixels in enumerate(block):
                        if number >= n_all:
                            return
                        label = labels[start + offset] if labels is not None else ""
                        yield Record(str(number), pixels, label, part)
                        number += 1
                    report(number / n_all)


def _ignore(share: float) -> None:
    del share


def _images_per_block(array: StoredArray) -> int:
    return max(1, _BLOCK_BYTES // max(1, int(np.prod(array.shape[1:]) * array.dtype.itemsize)))


def _blocks(arrays: Iterable[tuple[ArraySource, StoredArray]], report: Report) -> Iterator[npt.NDArray[Any]]:
    """Yield the values of arrays, a few megabytes at a time."""
    for source, array in arrays:
        step = _images_per_block(array)
        with opened_array(source._upload, array) as values:
            for start in range(0, array.shape[0], step):
                yield values[start : start + step]
                report(0.0)


def _pairs(images: Sequence[StoredArray], labels: Sequence[StoredArray]) -> list[StoredArray | None]:
    """Return the labels of each array of images: one value per image, and of the same part if names say so."""
    remaining, found = list(labels), []
    for array in images:
        fitting = [each for each in remaining if each.shape[0] == array.shape[0]]
        chosen = next((each for each in fitting if each.is_test == array.is_test), next(iter(fitting), None))
        if chosen is not None:
            remaining.remove(chosen)
        found.append(chosen)
    return found


@dataclass(frozen=True)
class _Scale:
    """Maps the values of arrays to 0 to 255: `(value - low) * 255 / (high - low)`."""

    low: float
    high: float
    is_identity: bool
    sentence: str = ""

    @classmethod
    def of(cls, blocks: Iterable[npt.NDArray[Any]], dtype: np.dtype[Any]) -> _Scale:
        """Find the range of all values, block by block.

        Bytes stay as they are unless all are small, as in scikit-learn's digits (0 to 16) or binary images.
        """
        low, high = np.inf, -np.inf
        for block in blocks:
            # Unlike `min` of Python, these keep a NaN of an earlier block.
            low, high = float(np.minimum(low, block.min())), float(np.maximum(high, block.max()))
            if dtype == np.uint8 and high > _SMALL_RANGE:
                return cls(0.0, 255.0, is_identity=True)
        if not np.isfinite([low, high]).all():
            raise InputError(
                "The images contain values that are not numbers.",
                received="NaN or infinity",
                remedy="Replace them, such as by 0.",
            )
        constant = f"All values are {low:g}." if low == high else ""
        low = min(low, 0.0)
        known = next(
            (top for top in (1.0, 255.0, 65535.0) if _SMALL_RANGE * (top > 1) < high <= top and low == 0), high
        )
        if known <= low:
            # All values are the same, and become black.
            known = 0.0 if low < 0 else 1.0
        is_identity = low == 0 and known == 255.0
        scaled = "" if is_identity else f"Values from {low:g} to {known:g} are scaled to 0 to 255."
        return cls(low, known, is_identity, constant or scaled)

    def apply(self, values: npt.NDArray[Any]) -> Pixels:
        if self.is_identity and values.dtype == np.uint8:
            return np.asarray(values)
        # Halves: the difference of the largest numbers would overflow.
        low, high = self.low / 2, self.high / 2
        scaled = (np.asarray(values, np.float64) / 2 - low) * (255 / (high - low))
        return np.rint(scaled).astype(np.uint8)


def _as_pixels(values: Pixels, array: StoredArray) -> Pixels:
    if array.channels_first:
        values = np.moveaxis(values, 1, -1)
    if values.ndim == 4:
        values = values[..., 0] if values.shape[3] == 1 else values[..., :3]
    return np.ascontiguousarray(values)


class ArchiveSource(ImageSource):
    """Pictures in an archive or in several files, or one picture alone."""

    layout = "pictures"

    def __init__(self, upload: OpenedUpload, options: ImagesOptions) -> None:
        self._upload = upload
        self.changes = Changes()
        self._names = [each.name for each in upload.contents.members] or [""]
        self._sizes = [each.size_bytes for each in upload.contents.members] or [upload.path.stat().st_size]
        self._uses_parts = options.part_by == "auto"
        parts = {part for name in self._names if (part := _part_of(name)) and not _is_table_name(name)}
        self._has_parts = self._uses_parts and parts == {TRAIN, TEST}
        self._table = self._labels_in_table() if options.label_by in ("auto", "table") else None
        if options.label_by == "table" and self._table is None:
            raise InputError(
                "The archive has no table with the names of its images and their labels.",
                remedy="Add a CSV file with a column of file names and a column of labels, or label by folder.",
            )
        folders = {_folder_of(name) for name in self._names if not _is_table_name(name)}
        self._by_folder = options.label_by == "folder" or (
            options.label_by == "auto" and self._table is None and len(folders - {""}) > 1
        )
        self.reasons = [
            f"The file holds {self.n_images:,} pictures." if len(self._names) > 1 else "The file is a picture."
        ]
        if self._table is not None:
            self.reasons.append("A table in the archive has the labels.")
        elif self._by_folder:
            self.reasons.append("The folder of an image is its label.")

    @property
    def n_images(self) -> int:
        """Number of files that may be pictures."""
        return sum(not _is_table_name(name) for name in self._names)

    def _labels_in_table(self) -> dict[str, str] | None:
        tables = [name for name in self._names if _is_table_name(name)][:3]
        for name in tables:
            try:
                found = labels_by_name(self._upload.of_member(name), [each for each in self._names if each != name])
            except EmbedLabError:
                continue
            if found is not None:
                return dict(found)
        return None

    def sample(self, n: int) -> Iterator[Pixels]:
        """Yield pictures at equal distances in the archive; those that cannot be read are skipped."""
        with self._upload.share_archive():
            for place in _spread(len(self._names), n).tolist():
                try:
                    yield decode(self._content(place)).pixels
                except EmbedLabError as error:
                    name = one_line(self._names[place], _LONGEST_KEY) or "the file"
                    self.first_fault = self.first_fault or f"{name}: {error.what} {error.received or ''}".strip()

    def records(self, first: int | None, report: Report) -> Iterator[Record]:
        """Yield the pictures; those that cannot be read are counted and left out."""
        n, keys = 0, set[str]()
        with self._upload.share_archive():
            for place, name in enumerate(self._names):
                if place % 50 == 0:
                    report(place / len(self._names))
                if _is_table_name(name):
                    continue
                shown = one_line(name, _LONGEST_KEY) or "image"
                try:
                    picture = decode(self._content(place))
                except TooLargeError as error:
                    self.changes.leave_out("pictures that are too large", f"{shown}: {error.received}")
                    continue
                except EmbedLabError as error:
                    what = "files that are not pictures" if "not a picture" in error.what else "damaged pictures"
                    self.changes.leave_out(what, shown)
                    continue
                for note in picture.notes:
                    self.changes.convert(note, shown)
                yield Record(_unique(shown, keys), picture.pixels, self._label(name), self._part(name))
                n += 1
                if first is not None and n >= first:
                    return

    def _content(self, place: int) -> bytes:
        if self._sizes[place] > MOST_BYTES:
            raise TooLargeError("The picture's file is too large.", received=f"{self._sizes[place]:,} bytes")
        file = self._upload.of_member(self._names[place]) if self._names[place] else self._upload
        with file.open() as source:
            return source.read(MOST_BYTES + 1)

    def _label(self, name: str) -> str:
        if self._table is not None:
            return next((self._table[alias] for alias in aliases(name) if alias in self._table), "")
        return _folder_of(name) if self._by_folder else ""

    def _part(self, name: str) -> str:
        return (_part_of(name) or TRAIN) if self._has_parts else ""


def _is_table_name(name: str) -> bool:
    # Only decides which members are tried as a table of labels; whether they are is decided by their content.
    return name.lower().endswith((".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".md"))


def _folder_of(name: str) -> str:
    """Return the innermost folder of a member that is not a part (`train`, `test`); empty if there is none."""
    folders = [folder for folder in PurePosixPath(name).parts[:-1] if folder.lower() not in _PART_FOLDERS]
    return one_line(folders[-1], LONGEST_LABEL) if folders else ""


def _part_of(name: str) -> str:
    parts = (_PART_FOLDERS.get(folder.lower(), "") for folder in PurePosixPath(name).parts[:-1])
    return next(filter(None, parts), "")


def _unique(key: str, keys: set[str]) -> str:
    unique, number = key, 2
    while unique in keys:
        unique = f"{key} ({number})"
        number += 1
    keys.add(unique)
    return unique


def _spread(n: int, most: int) -> npt.NDArray[np.int64]:
    """Return at most `most` of `n` positions at equal distances."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))


def is_gray(pixels: Pixels) -> bool:
    """Return whether an image has no color."""
    return without_color(pixels).ndim == 2


def starts_like_pictures(upload: OpenedUpload, n: int = 9) -> bool:
    """Return whether at least half of the members of an archive (or the file itself) begin like a picture."""
    largest = is_picture(upload.start)
    names = [member.name for member in upload.contents.members]
    if not names:
        return largest
    if not largest and sum(map(_is_table_name, names)) > len(names) / 2:
        # Texts: nothing else is opened.
        return False
    tried = [names[place] for place in _spread(len(names), n).tolist()]
    with upload.share_archive():
        found = 0
        for name in tried:
            try:
                found += is_picture(upload.of_member(name).start)
            except EmbedLabError:
                continue
    return found >= max(1, len(tried) / 2)
