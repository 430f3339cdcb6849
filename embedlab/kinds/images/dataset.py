"""An imported dataset of images, memory-mapped.

In its folder: `pixels.npy`, `(n, height, width)` or `(n, height, width, 3)` uint8, and `images.parquet` with a row for
each image: `key`, `label` (empty: none) and `part` (`train` or `test` if there is a published split).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import StorageError
from embedlab.core.stored import damaged, read_array, read_table
from embedlab.kinds.base import Imported
from embedlab.kinds.images.building import IMAGES_FILE, KIND, Shape
from embedlab.kinds.images.pixel_file import PIXELS_FILE
from embedlab.reading.pictures import Pixels

_COLUMNS = {"key": "text", "label": "text", "part": "text"}


@dataclass(frozen=True, eq=False)
class ImagesDataset:
    """Images with keys and labels.

    Attributes
    ----------
    folder
        Its folder.
    imported
        Its description.
    """

    folder: Path
    imported: Imported

    @classmethod
    def open(cls, folder: Path) -> ImagesDataset:
        """Open what `import_images` wrote; raises `StorageError` when it is missing or damaged."""
        imported = Imported.load(folder)
        if imported.kind != KIND:
            raise StorageError("The folder does not hold a dataset of images.", received=folder.name)
        dataset = cls(folder, imported)
        if len(dataset.table) != len(dataset.pixels):
            raise damaged(IMAGES_FILE)
        return dataset

    @cached_property
    def pixels(self) -> Pixels:
        """`(n, height, width)` or `(n, height, width, 3)` uint8."""
        pixels: npt.NDArray[Any] = read_array(self.folder / PIXELS_FILE, "u")
        if (
            pixels.dtype != np.uint8
            or pixels.ndim not in (3, 4)
            or 0 in pixels.shape
            or pixels.shape[3:] not in ((), (3,))
        ):
            raise damaged(PIXELS_FILE)
        return pixels

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per image: `key`, `label`, `part`."""
        table = read_table(self.folder / IMAGES_FILE, _COLUMNS)
        if not table["key"].is_unique:
            raise damaged(IMAGES_FILE)
        return table

    @property
    def n_images(self) -> int:
        """Number of images."""
        return len(self.pixels)

    @property
    def shape(self) -> Shape:
        """Shape of each image."""
        height, width = self.pixels.shape[1:3]
        return Shape(height, width, 3 if self.pixels.ndim == 4 else 1)

    @cached_property
    def keys(self) -> list[str]:
        """Key of each image."""
        keys: list[str] = self.table["key"].tolist()
        return keys

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each key."""
        return {key: row for row, key in enumerate(self.keys)}

    @cached_property
    def labels(self) -> list[str]:
        """Label of each image; empty where it has none."""
        labels: list[str] = self.table["label"].tolist()
        return labels

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The different labels: in the order of their numbers if all are whole numbers, else most frequent first."""
        counts = self.table["label"].value_counts()
        labels = [
            str(label) for label in counts.sort_index().sort_values(ascending=False, kind="stable").index if label
        ]
        if all(label.isdecimal() and label.isascii() and len(label) < 10 for label in labels):
            return tuple(sorted(labels, key=int))
        return tuple(labels)

    @cached_property
    def codes(self) -> npt.NDArray[np.int64]:
        """`(n,)` int64 places of the labels in `classes`; -1 for none."""
        codes = {label: code for code, label in enumerate(self.classes)}
        return np.array([codes.get(label, -1) for label in self.labels], np.int64)

    def spread(self, most: int) -> npt.NDArray[np.int64]:
        """Return at most `most` rows at equal distances, so that sorted images of every class are among them."""
        n = self.n_images
        return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))

    def names(self) -> list[str]:
        """Return a readable name of each image: its label and its key."""
        return [
            f"{label} · {_short(key)}" if label else _short(key)
            for label, key in zip(self.labels, self.keys, strict=True)
        ]


def _short(key: str) -> str:
    return f"#{key}" if key.isdecimal() else key.rsplit("/", 1)[-1]
