"""Pictures of the keys of embeddings: the images themselves, the mean of each class, and where each pixel is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from embedlab.core.pictures import Pictures
from embedlab.kinds.images.dataset import ImagesDataset
from embedlab.reading.pictures import Pixels

#: A mean is computed of at most this many images.
_MOST_AVERAGED = 20_000
_MARK = (255, 120, 0)


def pictures_of(dataset: ImagesDataset, role: str) -> Pictures | None:
    """Return the pictures of an embedding's keys; None for a role without pictures."""
    if role == "images":
        return _Images(dataset)
    if role == "classes":
        return _ClassMeans(dataset)
    return _PixelPlaces(dataset) if role == "pixels" else None


def pixel_key(row: int, column: int, channel: int | None = None) -> str:
    """Return the key of a pixel in the `pixels` embedding."""
    return f"r{row}c{column}" + ("" if channel is None else "rgb"[channel])


class _OfDataset(Pictures):
    def __init__(self, dataset: ImagesDataset) -> None:
        self._dataset = dataset

    @property
    def size(self) -> tuple[int, int]:
        return self._dataset.shape.height, self._dataset.shape.width

    @cached_property
    def digest(self) -> str:
        # The folder of a dataset is named by its id, and its content never changes.
        about = f"{type(self).__name__}:{self._dataset.folder.name}:{self._dataset.pixels.shape}:2"
        return hashlib.sha256(about.encode()).hexdigest()[:16]

    def _mean(self, rows: npt.NDArray[np.int64]) -> Pixels:
        pixels = self._dataset.pixels
        if len(rows) > _MOST_AVERAGED:
            rows = rows[np.linspace(0, len(rows) - 1, _MOST_AVERAGED).astype(np.int64)]
        total = np.zeros(pixels.shape[1:], np.float64)
        for start in range(0, len(rows), 2000):
            total += pixels[rows[start : start + 2000]].sum(axis=0, dtype=np.float64)
        return np.rint(total / max(1, len(rows))).astype(np.uint8)


class _Images(_OfDataset):
    def of(self, keys: Sequence[str]) -> Pixels:
        rows = np.array([self._dataset.row_of.get(key, -1) for key in keys], np.int64)
        found: Pixels = np.asarray(self._dataset.pixels[np.maximum(rows, 0)])
        if (rows < 0).any():
            found = found.copy()
            found[rows < 0] = 0
        return found


class _ClassMeans(_OfDataset):
    def of(self, keys: Sequence[str]) -> Pixels:
        places = {name: place for place, name in enumerate(self._dataset.classes)}
        means = [self._mean(np.flatnonzero(self._dataset.codes == places.get(key, -2))) for key in keys]
        return np.stack(means)


class _PixelPlaces(_OfDataset):
    @cached_property
    def _background(self) -> Pixels:
        mean = self._mean(np.arange(self._dataset.n_images))
        return mean if mean.ndim == 3 else np.repeat(mean[..., np.newaxis], 3, axis=2)

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        height, width = self.size
        channels = [None] if self._dataset.shape.n_channels == 1 else [0, 1, 2]
        return {
            pixel_key(row, column, channel): (row, column)
            for row in range(height)
            for column in range(width)
            for channel in channels
        }

    def of(self, keys: Sequence[str]) -> Pixels:
        found = np.repeat(self._background[np.newaxis], len(keys), axis=0)
        for place, key in enumerate(keys):
            if key in self._places:
                found[(place, *self._places[key])] = _MARK
        return found
