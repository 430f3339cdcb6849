"""A new image in the shape of a dataset: strokes are made like those of the dataset in ground, size and place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embedlab.kinds.images.dataset import ImagesDataset
from embedlab.reading.pictures import Pixels, decode, fitted

#: The border is dark, or light, if its mean is beyond these values (0 to 255).
_DARK, _LIGHT = 60, 195
#: Pixels above this share of the brightest belong to the strokes.
_STROKE = 0.25
_SAMPLED = 300


@dataclass(frozen=True)
class NewImage:
    """An image as the model sees it.

    Parameters
    ----------
    pixels
        In the shape of the dataset.
    changes
        What was done to it, as plain sentences.
    """

    pixels: Pixels
    changes: tuple[str, ...]


def new_image(content: bytes, dataset: ImagesDataset) -> NewImage:
    """Decode a picture and make it like the images of a dataset.

    Where the dataset holds light strokes on a dark ground, as MNIST does, dark strokes on a light ground are inverted,
    and the strokes get the usual size and place.

    Raises
    ------
    InputError, TooLargeError
        It is not a picture, is damaged, or too large.
    """
    picture = decode(content)
    shape = dataset.shape
    changes = []
    pixels = picture.pixels
    if shape.n_channels == 1 and _border(dataset_sample(dataset)) < _DARK:
        gray = fitted(pixels, *picture.size, 1)
        if _border(gray[np.newaxis]) > _LIGHT:
            gray = 255 - gray
            changes.append("Inverted: the images of the dataset are light on a dark ground.")
        framed = _framed(gray, dataset)
        if framed is not None:
            changes.append("Cropped and centered as the strokes of the dataset are.")
            return NewImage(framed, tuple(changes))
        pixels = gray
    if picture.size != (shape.height, shape.width):
        changes.append(f"Resized to {shape.width} x {shape.height} pixels.")
    return NewImage(fitted(pixels, shape.height, shape.width, shape.n_channels), tuple(changes))


def dataset_sample(dataset: ImagesDataset) -> Pixels:
    """Return images at equal distances."""
    return np.asarray(dataset.pixels[dataset.spread(_SAMPLED)])


def _border(images: Pixels) -> float:
    """Return the mean of the outermost pixels of images `(n, height, width)`; 128 for images with color."""
    if images.ndim != 3:
        return 128.0
    edges = [images[:, [0, -1], :].reshape(-1), images[:, :, [0, -1]].reshape(-1)]
    return float(np.concatenate(edges).mean())


def _box(image: Pixels) -> tuple[int, int, int, int] | None:
    """Return top, bottom, left and right of the strokes; None if there are none."""
    most = int(image.max())
    rows, columns = np.nonzero(image > max(20, _STROKE * most))
    if most < 40 or not len(rows):
        return None
    return int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1


def _framed(gray: Pixels, dataset: ImagesDataset) -> Pixels | None:
    """Return the strokes with the mean extent and center of those of the dataset; None if there are none."""
    boxes = [box for image in dataset_sample(dataset) if (box := _box(image)) is not None]
    own = _box(gray)
    if own is None or not boxes:
        return None
    table = np.array(boxes, np.float64)
    height, width = dataset.shape.height, dataset.shape.width
    extent = float(np.maximum(table[:, 1] - table[:, 0], table[:, 3] - table[:, 2]).mean())
    center = (float((table[:, 0] + table[:, 1]).mean() / 2), float((table[:, 2] + table[:, 3]).mean() / 2))
    crop = np.ascontiguousarray(gray[own[0] : own[1], own[2] : own[3]])
    factor = extent / max(crop.shape)
    size = [max(1, round(side * factor)) for side in crop.shape]
    size = [min(side, most) for side, most in zip(size, (height, width), strict=True)]
    small = fitted(crop, size[0], size[1], 1)
    # Thin strokes fade when they are reduced.
    small = np.clip(small.astype(np.float64) * (255 / max(1, int(small.max()))), 0, 255).astype(np.uint8)
    top = int(np.clip(round(center[0] - size[0] / 2), 0, height - size[0]))
    left = int(np.clip(round(center[1] - size[1] / 2), 0, width - size[1]))
    framed = np.zeros((height, width), np.uint8)
    framed[top : top + size[0], left : left + size[1]] = small
    return framed
