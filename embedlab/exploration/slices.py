"""Several embeddings in order, such as years: the path of a key's neighbors from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import TooLargeError
from embedlab.evaluation.intervals import Interval
from embedlab.exploration.neighbor_overlap import TOPN, NeighborOverlap, near_positions, neighbor_overlap

#: More lines and columns are not readable.
MOST_SLICES = 12
MOST_CHANGES = 30


@dataclass(frozen=True)
class KeyPath:
    """The neighbors of one key in every slice.

    Parameters
    ----------
    key, label
        In the first slice.
    to_first, to_previous
        Share of its neighbors in each slice that it also has in the first and in the previous one, 0 to 1; both begin
        with 1.
    neighbors
        Labels of its nearest neighbors in each slice, the nearest first.
    """

    key: str
    label: str
    to_first: tuple[float, ...]
    to_previous: tuple[float, ...]
    neighbors: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Slices:
    """The neighbors of the keys that all slices share.

    Parameters
    ----------
    overlap
        The nearest neighbors in every slice.
    to_first, to_previous
        `(n_slices, n_compared)` float32: share of each key's neighbors that are those of the first, and of the
        previous slice; the first row is 1.
    """

    overlap: NeighborOverlap
    to_first: npt.NDArray[np.float32]
    to_previous: npt.NDArray[np.float32]

    def means(self) -> list[tuple[float, Interval | None]]:
        """Return for every slice the mean overlap with the first slice and its 95 % interval."""
        return [(1.0, None), *(self.overlap.mean(0, at) for at in range(1, len(self.to_first)))]

    def most_changed(self, most: int = MOST_CHANGES) -> list[int]:
        """Return the places of the keys whose neighbors in the last slice are least those of the first.

        Among equal keys, those whose neighbors changed more on the way, and then the more frequent, come first.
        """
        order: list[int] = np.lexsort((self.to_previous.mean(axis=0), self.to_first[-1]))[:most].tolist()
        return order


def compare_slices(embeddings: Sequence[Embedding], topn: int = TOPN, *, seed: int = 0) -> Slices:
    """Compare embeddings in their order: neighbors among the keys that all share, by cosine similarity.

    Parameters
    ----------
    embeddings
        Two to `MOST_SLICES`, such as one for each year.
    topn, seed
        As in `neighbor_overlap`.

    Raises
    ------
    TooLargeError
        There are too many embeddings.
    InputError
        They share too few keys.

    Notes
    -----
    Hamilton, Leskovec and Jurafsky, "Cultural Shift or Linguistic Drift? Comparing Two Computational Measures of
    Semantic Change", 2016: their local neighborhood measure, here as the share of common neighbors.
    """
    if len(embeddings) > MOST_SLICES:
        raise TooLargeError(
            f"At most {MOST_SLICES} embeddings can be compared in order.",
            received=len(embeddings),
            remedy="Name fewer.",
        )
    found = neighbor_overlap(embeddings, topn, seed=seed)
    n_slices = len(embeddings)
    to_first = np.stack([found.shares(0, at) for at in range(n_slices)])
    to_previous = np.stack([found.shares(max(0, at - 1), at) for at in range(n_slices)])
    return Slices(found, to_first, to_previous)


def path_of_key(embeddings: Sequence[Embedding], slices: Slices, row: int) -> KeyPath | None:
    """Return the path of row number `row` of the first slice; None if a slice lacks the key."""
    found = slices.overlap
    places = np.flatnonzero(found.rows[0] == row)
    if not len(places):
        return None
    position = int(places[0])
    near = [near_positions(each, found, side, position) for side, each in enumerate(embeddings)]
    shares = [
        tuple(len(set(near[at]) & set(near[reference])) / found.topn for at, reference in enumerate(references))
        for references in ([0] * len(near), [max(0, at - 1) for at in range(len(near))])
    ]
    labels = tuple(
        tuple(each.labels[found.rows[side, place]] for place in near[side]) for side, each in enumerate(embeddings)
    )
    return KeyPath(embeddings[0].keys[row], embeddings[0].labels[row], shares[0], shares[1], labels)
