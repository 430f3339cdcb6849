"""The ability of a run to place new things of several kinds in their common space."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import Ability

if TYPE_CHECKING:
    from embedlab.kinds.pairs.dataset import PairsDataset

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class KindOfThing:
    """One kind of things that a run knows.

    Parameters
    ----------
    name
        Of the kind: the name of its column.
    form
        `id`, `text`, `tags` or `image`.
    shape
        Height, width and channels of its images; None for other forms.
    """

    name: str
    form: str
    shape: tuple[int, int, int] | None = None


class PlacesThings(Ability["PairsDataset"]):
    """Places new things of several kinds among the `things` of a run."""

    refusal = "This run does not place things of several kinds in one space."
    folder = "encoder"

    @property
    @abstractmethod
    def kinds(self) -> Sequence[KindOfThing]:
        """The kinds of things, the left one first."""

    @abstractmethod
    def vector(self, kind: int, value: str) -> Vectors:
        """Return the `(vector_size,)` unit vector of an id, a text or a cell of tags.

        Unknown ids, tags and words have one common vector.
        """

    @abstractmethod
    def image_vector(self, kind: int, pixels: npt.NDArray[np.uint8]) -> Vectors:
        """Return the `(vector_size,)` unit vector of an image with the shape of its kind."""

    @abstractmethod
    def n_known(self, kind: int, value: str) -> tuple[int, int]:
        """Return how many of the tokens of a value (words, tags, or the id itself) are known, and their number."""

    def check(self, dataset: PairsDataset) -> None:
        """Place one thing of each kind."""
        if [(each.name, each.form) for each in self.kinds] != [(each.name, each.form) for each in dataset.kinds]:
            raise damaged(self.folder)
        for number, kind in enumerate(self.kinds):
            if kind.form == "image":
                pixels = dataset.kinds[number].pixels
                if pixels is None or pixels.shape[1:] != kind.shape:
                    raise damaged(self.folder)
                vector = self.image_vector(number, np.asarray(pixels[0]))
            else:
                vector = self.vector(number, dataset.kinds[number].values[0])
            if vector.ndim != 1 or not np.isfinite(vector).all():
                raise damaged(self.folder)
