"""Importing images: one size, one number of channels, all pixels in one file; streaming."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from embedlab.core.errors import InputError, TooLargeError
from embedlab.core.kind import Kind
from embedlab.kinds.base import BuildContext, Imported
from embedlab.kinds.images.label_tables import labels_in_order
from embedlab.kinds.images.options import LARGEST_SIDE, ImagesOptions
from embedlab.kinds.images.pixel_file import PIXELS_FILE, PixelFile
from embedlab.kinds.images.sources import SAMPLED, TEST, TRAIN, ImageSource, Record, is_gray, open_source
from embedlab.kinds.reading_report import ReadAs, report_of
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.pictures import Pixels, decode, fitted

IMAGES_FILE: Final = "images.parquet"
KIND: Final = Kind("images")
_BLOCK: Final = 512
_MOST_LABELS_SHOWN: Final = 20
_PREVIEWED: Final = 60


@dataclass(frozen=True)
class Shape:
    """Height, width and number of channels (1 or 3) of all images of a dataset."""

    height: int
    width: int
    n_channels: int

    @property
    def array(self) -> tuple[int, ...]:
        """The shape of one image as an array."""
        return (self.height, self.width) if self.n_channels == 1 else (self.height, self.width, 3)


def shape_of(source: ImageSource, options: ImagesOptions) -> Shape:
    """Return the shape in which images are stored: that of most images, reduced to at most 128 pixels a side.

    Raises
    ------
    InputError
        No image can be read.
    """
    sizes: Counter[tuple[int, int]] = Counter()
    has_color = False
    for pixels in source.sample(SAMPLED):
        sizes[pixels.shape[0], pixels.shape[1]] += 1
        has_color = has_color or not is_gray(pixels)
    if not sizes:
        raise no_images(source)
    (height, width), _ = max(sizes.items(), key=lambda pair: (pair[1], pair[0]))
    reduced = min(1.0, LARGEST_SIDE / max(height, width))
    channels = {"gray": 1, "rgb": 3}.get(options.color, 3 if has_color else 1)
    return Shape(
        options.height or max(1, round(height * reduced)), options.width or max(1, round(width * reduced)), channels
    )


def no_images(source: ImageSource) -> InputError:
    """Return the error for a file without a readable image."""
    return InputError(
        "The file holds no image that can be read.",
        received=source.first_fault or f"{source.n_images:,} images",
        remedy="Images are PNG, JPEG, GIF or BMP files in a zip archive, a NumPy array (n, height, width), or IDX.",
    )


@dataclass(frozen=True)
class FirstImages:
    """The start of a file of images.

    Parameters
    ----------
    shape
        In which all images would be stored.
    images, labels
        The first images in this shape, and their labels.
    counts
        Of the part that was read.
    n_expected
        How many images the file probably holds.
    is_complete
        Whether it is the whole file.
    warnings, reasons
        Plain sentences: problems, and how the file is read.
    """

    shape: Shape
    images: list[Pixels]
    labels: list[str]
    counts: dict[str, int | float]
    n_expected: int
    is_complete: bool
    warnings: list[str]
    reasons: list[str]

    @property
    def label_details(self) -> Mapping[str, Any]:
        """The labels, as an import would store them, as far as they are known."""
        details = _label_details(self.labels)
        if self.is_complete or not details["different"]:
            return details
        # Files are often sorted by label: where the first images share one, others follow.
        return {**details, "different": max(2, details["different"]), "missing": 0}


def first_images(upload: OpenedUpload, options: ImagesOptions, context: BuildContext) -> FirstImages:
    """Read the start of an upload, for the preview."""
    source = open_source(upload, options)
    shape = shape_of(source, options)
    records = list(_fitted(source, source.records(min(options.first or _PREVIEWED, _PREVIEWED), _ignore), shape))
    if not records:
        raise no_images(source)
    is_complete = len(records) < min(options.first or _PREVIEWED, _PREVIEWED)
    labels = [record.label for record in records]
    if "labels" in context.companions:
        upload_of_labels = OpenedUpload(context.companions["labels"], context.limits)
        labels = labels_in_order(upload_of_labels, source.n_images)[: len(records)]
    counts = _counts(shape, labels, [record.part for record in records], is_complete=is_complete)
    return FirstImages(
        shape,
        [record.pixels for record in records],
        labels,
        counts,
        len(records) if is_complete else min(source.n_images, options.first or source.n_images),
        is_complete,
        source.changes.sentences(),
        source.reasons,
    )


def _ignore(share: float) -> None:
    del share


def _fitted(source: ImageSource, records: Iterator[Record], shape: Shape) -> Iterator[Record]:
    for record in records:
        pixels = record.pixels
        if pixels.shape[:2] != (shape.height, shape.width):
            size = f"{record.key}: {pixels.shape[1]} x {pixels.shape[0]}"
            source.changes.convert(f"images resized to {shape.width} x {shape.height} pixels", size)
        if pixels.shape != shape.array:
            if pixels.ndim == 3 and shape.n_channels == 1 and not is_gray(pixels):
                source.changes.convert("images with color, converted to gray", record.key)
            pixels = fitted(pixels, shape.height, shape.width, shape.n_channels)
        yield Record(record.key, pixels, record.label, record.part)


def import_images(upload: OpenedUpload, options: ImagesOptions, folder: Path, context: BuildContext) -> Imported:
    """Write all images into an empty folder.

    Raises
    ------
    InputError
        There is no image, or labels do not fit. Nothing is left in the folder.
    TooLargeError
        All images together are larger than the bound.
    """
    try:
        return _import(upload, options, folder, context)
    except BaseException:
        for name in (PIXELS_FILE, IMAGES_FILE):
            (folder / name).unlink(missing_ok=True)
        raise


def _import(upload: OpenedUpload, options: ImagesOptions, folder: Path, context: BuildContext) -> Imported:
    source = open_source(upload, options)
    test = None
    if "test_images" in context.companions:
        test = open_source(OpenedUpload(context.companions["test_images"], context.limits), options)
        source.scale_with(test)
    shape = shape_of(source, options)
    keys: list[str] = []
    labels: list[str] = []
    parts: list[str] = []
    with PixelFile(folder / PIXELS_FILE, shape.array) as file:

        def write(records: Iterator[Record]) -> None:
            block: list[Pixels] = []
            for record in records:
                block.append(record.pixels)
                keys.append(record.key)
                labels.append(record.label)
                parts.append(record.part)
                if len(block) == _BLOCK:
                    file.append(np.stack(block))
                    block.clear()
                    _check_size(file.n_bytes, context)
            if block:
                file.append(np.stack(block))

        write(_fitted(source, source.records(options.first, lambda share: context.report(share, "reading")), shape))
        if "labels" in context.companions:
            labels[:] = labels_in_order(OpenedUpload(context.companions["labels"], context.limits), len(keys))
        if test is not None:
            n_before = len(keys)
            write(_fitted(test, test.records(None, lambda share: context.report(share, "reading")), shape))
            source.changes.add(test.changes)
            keys[n_before:] = [str(number) for number in range(n_before, len(keys))]
            parts[:] = [TRAIN] * n_before + [TEST] * (len(keys) - n_before)
            if "test_labels" in context.companions:
                test_labels = OpenedUpload(context.companions["test_labels"], context.limits)
                labels[n_before:] = labels_in_order(test_labels, len(keys) - n_before)
    if not keys:
        raise no_images(source)
    pd.DataFrame({"key": keys, "label": labels, "part": parts}).to_parquet(folder / IMAGES_FILE, index=False)
    read = ReadAs(KIND, source.layout, assumptions=source.reasons)
    return Imported(
        KIND,
        _counts(shape, labels, parts, is_complete=True),
        options.model_dump(mode="json"),
        source.changes.sentences(),
        {
            "height": shape.height,
            "width": shape.width,
            "channels": shape.n_channels,
            "labels": _label_details(labels),
            **report_of(read, source.changes),
        },
    )


def _check_size(n_bytes: int, context: BuildContext) -> None:
    if n_bytes > context.limits.max_unpacked_bytes:
        raise TooLargeError(
            "The images together are larger than is allowed.",
            received=f"more than {context.limits.max_unpacked_bytes / 1024**2:,.0f} MB",
            remedy=context.limits.remedy("Choose a smaller height and width", "EMBEDLAB_MAX_UNPACKED_MB"),
        )


def _counts(shape: Shape, labels: list[str], parts: list[str], *, is_complete: bool) -> dict[str, int | float]:
    counts: dict[str, int | float] = {}
    if is_complete:
        counts |= {"images": len(labels), "labels": len(set(labels) - {""})}
        if TEST in parts:
            counts["test_images"] = parts.count(TEST)
    return {**counts, "pixels": shape.height * shape.width, "channels": shape.n_channels}


def _label_details(labels: list[str]) -> Mapping[str, Any]:
    counts = Counter(labels)
    n_missing = counts.pop("", 0)
    return {
        "different": len(counts),
        "missing": n_missing,
        "most_frequent": [
            {"label": label, "images": n}
            for label, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_LABELS_SHOWN]
        ],
    }


def pixels_of_file(content: bytes, shape: Shape) -> Pixels:
    """Return one picture in the shape of a dataset: for a new image. Raises as `decode`."""
    return fitted(decode(content).pixels, shape.height, shape.width, shape.n_channels)
