"""The true neighbors of a key beside its neighbors on a map: in both, missing on the map, or false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.similarity import NO_ANSWER, Answer, best_rows, checked_topn, cosines, unit_vector
from embedlab.projections.points import Coordinates

#: Cosines that differ by less are equal, as the float32 products of equal vectors are.
_TIE = 3e-7


class MapNeighbor(NamedTuple):
    """A neighbor of a key, by its vectors or on the map.

    `score` is the cosine similarity; the ranks count from 1. `map_rank` is None if the map has no place for it.
    """

    row: int
    label: str
    score: float
    true_rank: int
    map_rank: int | None

    def answer(self, embedding: Embedding) -> Answer:
        """Return it as an answer to a query."""
        return Answer(embedding.keys[self.row], self.label, self.score)


@dataclass(frozen=True)
class ComparedNeighbors:
    """The neighbors of a key, by its vectors and on a map.

    Parameters
    ----------
    both, missing
        The nearest keys by cosine similarity, the most similar first: those that are also among the nearest on the map,
        and the others.
    false
        The other nearest keys on the map, the nearest first.
    n_candidates
        Number of keys that ranks are counted among, without the key itself.
    """

    both: tuple[MapNeighbor, ...]
    missing: tuple[MapNeighbor, ...]
    false: tuple[MapNeighbor, ...]
    n_candidates: int

    @property
    def true(self) -> list[MapNeighbor]:
        """The nearest keys by cosine similarity, the most similar first."""
        return sorted((*self.both, *self.missing), key=lambda each: each.true_rank)


def compare_neighbors(
    embedding: Embedding, coordinates: Coordinates, row: int, topn: int = 10, min_count: int = 0
) -> ComparedNeighbors:
    """Compare the nearest keys by cosine similarity with the nearest on a map.

    Parameters
    ----------
    coordinates
        `(n_keys, 2 or 3)` float32; distances are Euclidean.
    row
        The key.
    topn, min_count
        As `neighbors`: the keys that are left out are left out on both sides, and of all ranks.

    Raises
    ------
    InputError
        The key's vector contains NaN or infinite numbers, or the coordinates have other keys. Or `min_count` is
        positive, but the embedding has no counts.
    ParameterError
        `topn` is out of bounds.
    """
    checked_topn(topn)
    if len(coordinates) != embedding.n_keys:
        raise InputError(
            "The map must have the keys of the embedding.", received=f"{len(coordinates)} and {embedding.n_keys} keys"
        )
    scores = cosines(embedding, unit_vector(embedding, row), min_count)
    scores[row] = NO_ANSWER
    is_candidate = scores > NO_ANSWER
    steps = np.asarray(coordinates, np.float64) - np.asarray(coordinates[row], np.float64)
    nearness = -np.einsum("nd,nd->n", steps, steps)
    # A key without a place is no neighbor on the map, and has none there.
    nearness[~is_candidate | ~np.isfinite(nearness)] = -np.inf
    # Of many equal keys, those that are near on both sides come first: which of them is a neighbor means nothing.
    true = _nearest(scores, topn, NO_ANSWER, _TIE)
    on_map = _nearest(nearness, topn, -np.inf, 0.0, true)
    true = _nearest(scores, topn, NO_ANSWER, _TIE, on_map)

    def neighbor(at: int) -> MapNeighbor:
        true_rank = 1 + int((scores > scores[at] + _TIE).sum())
        map_rank = 1 + int((nearness > nearness[at]).sum()) if nearness[at] > -np.inf else None
        return MapNeighbor(at, embedding.labels[at], float(scores[at]), true_rank, map_rank)

    return ComparedNeighbors(
        tuple(neighbor(at) for at in true if at in on_map),
        tuple(neighbor(at) for at in true if at not in on_map),
        tuple(neighbor(at) for at in on_map if at not in true),
        int(is_candidate.sum()),
    )


def _nearest(
    nearness: npt.NDArray[np.floating], topn: int, nothing: float, tie: float, first: Sequence[int] = ()
) -> list[int]:
    """Return the rows of the highest values above `nothing`; of those equal to the last one, `first` come first."""
    rows = [at for at in best_rows(nearness, topn) if nearness[at] > nothing]
    if not rows or not first:
        return rows
    last = nearness[rows[-1]]
    chosen = [at for at in rows if nearness[at] > last + tie]
    tied = [*(at for at in first if abs(nearness[at] - last) <= tie), *rows[len(chosen) :]]
    return [*chosen, *list(dict.fromkeys(tied))[: len(rows) - len(chosen)]]
