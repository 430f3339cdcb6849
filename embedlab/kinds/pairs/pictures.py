"""Pictures of the things of a dataset of pairs: the images, which only some kinds of things are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from embedlab.core.pictures import Pictures
from embedlab.kinds.pairs.dataset import KIND_COLUMN, THINGS, PairsDataset, Things
from embedlab.reading.pictures import fitted


def pictures_of(dataset: PairsDataset, role: str) -> Pictures | None:
    """Return the pictures of an embedding's keys; None for another role, or if no kind of things is an image."""
    has_images = any(kind.pixels is not None for kind in dataset.kinds)
    return ThingPictures(dataset) if role == THINGS and has_images else None


class ThingPictures(Pictures):
    """The images among the things; other things are transparent."""

    def __init__(self, dataset: PairsDataset) -> None:
        self._dataset = dataset
        self._images = [kind for kind in dataset.kinds if kind.pixels is not None]
        self._size = next(
            (kind.pixels.shape[1], kind.pixels.shape[2]) for kind in self._images if kind.pixels is not None
        )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the first kind of images, to which the others are resized."""
        return self._size

    @cached_property
    def digest(self) -> str:
        """Id of the content: the values and pixels of each kind of images."""
        content = hashlib.sha256()
        for kind in self._images:
            content.update("\0".join([kind.name, *kind.values]).encode("utf-8", "surrogatepass"))
            content.update(np.ascontiguousarray(kind.pixels).data)
        return content.hexdigest()[:16]

    @property
    def only(self) -> tuple[str, tuple[str, ...]]:
        """The kinds of things that are images."""
        return KIND_COLUMN, tuple(kind.name for kind in self._images)

    def of(self, keys: Sequence[str]) -> npt.NDArray[np.uint8]:
        """Return `(n, height, width, 4)` pixels."""
        height, width = self.size
        found = np.zeros((len(keys), height, width, 4), np.uint8)
        for place, key in enumerate(keys):
            kind, row = self._dataset.places.get(key, (-1, -1))
            if kind >= 0 and (pixels := _of_row(self._dataset.kinds[kind], row)) is not None:
                found[place, ..., :3] = fitted(pixels, height, width, 3)
                found[place, ..., 3] = 255
        return found


def _of_row(kind: Things, row: int) -> npt.NDArray[np.uint8] | None:
    if kind.pixels is None:
        return None
    pixels = np.asarray(kind.pixels[row])
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels
