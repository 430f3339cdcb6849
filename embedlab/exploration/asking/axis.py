"""The axis between two keys: all keys by how far they are from the one towards the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embedlab.core.counts import rare_rows
from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.similarity import unit_vectors
from embedlab.exploration.asking.spelling import find_key

#: Two keys whose directions differ by less have no axis.
_LEAST_DISTANCE = 1e-4


class OnAxis(NamedTuple):
    """A key on an axis: row, key, label, and position (0 at the first end, 1 at the second)."""

    row: int
    key: str
    label: str
    position: float


@dataclass(frozen=True)
class Axis:
    """Keys by their position between two keys.

    Parameters
    ----------
    start, end
        The keys at 0 and 1.
    keys
        Those of at least the minimum count and both ends, lowest position first.
    cosine
        Cosine similarity of the two ends.
    """

    start: str
    end: str
    keys: tuple[OnAxis, ...]
    cosine: float

    def first(self, n: int) -> list[OnAxis]:
        """Return the `n` keys with the lowest positions, lowest first."""
        return list(self.keys[:n])

    def last(self, n: int) -> list[OnAxis]:
        """Return the `n` keys with the highest positions, highest first."""
        return list(self.keys[::-1][:n])


def axis_between(embedding: Embedding, start: str, end: str, min_count: int = 0) -> Axis:
    """Order keys by their projection on the difference of two keys.

    Parameters
    ----------
    start, end
        Keys or labels.
    min_count
        Leave out keys with a lower or unknown count, but never the two ends.

    Returns
    -------
    The position of a key is ``1/2 + (cos(x, end) - cos(x, start)) / (2 (1 - cos(start, end)))``: the projection of its
    unit vector on the line through the unit vectors of the two ends, 0 at the start and 1 at the end. Others may be
    below 0 or above 1.

    Raises
    ------
    NotFoundError
        A key is not in the vocabulary; the remedy suggests the closest spellings.
    InputError
        The two keys have the same direction, or a vector is not finite.

    Notes
    -----
    Bolukbasi et al., "Man is to Computer Programmer as Woman is to Homemaker?", 2016 (projections on a difference).
    """
    ends = [embedding.index(find_key(embedding, key)) for key in (start, end)]
    first, last = unit_vectors(embedding, ends).astype(np.float64)
    cosine = float(np.clip(first @ last, -1, 1))
    if 1 - cosine < _LEAST_DISTANCE:
        raise InputError(
            "There is no axis between two keys with the same direction.",
            received=f"{embedding.labels[ends[0]]} and {embedding.labels[ends[1]]}",
            remedy="Choose two different keys.",
        )
    with np.errstate(invalid="ignore", over="ignore"):
        projected = embedding.unit_vectors @ (last - first).astype(np.float32)
    positions = 0.5 + projected.astype(np.float64) / (2 * (1 - cosine))
    positions[ends] = 0.0, 1.0
    shown = np.isfinite(positions) & ~rare_rows(embedding, min_count)
    shown[ends] = True
    return Axis(embedding.keys[ends[0]], embedding.keys[ends[1]], _sorted(embedding, positions, shown), cosine)


def _sorted(
    embedding: Embedding, positions: npt.NDArray[np.float64], shown: npt.NDArray[np.bool_]
) -> tuple[OnAxis, ...]:
    rows = np.flatnonzero(shown)
    rows = rows[np.argsort(positions[rows], kind="stable")]
    return tuple(
        OnAxis(row, embedding.keys[row], embedding.labels[row], position)
        for row, position in zip(rows.tolist(), positions[rows].tolist(), strict=True)
    )
