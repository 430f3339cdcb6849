"""The pairs of points that a map distorts most: near by their vectors but far on the map, and the other way round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.projections.trust.neighbor_sample import NeighborSample, Reals, Rows, squared_distances

#: Neighbors of each sampled point that are candidates: a pair is near if one is among the nearest of the other.
_N_NEAREST = 5
#: Pairs of each kind.
MOST_PAIRS = 50
#: A point is in no more pairs of a kind, so that one outlier does not fill the list.
_MOST_PER_POINT = 2
#: Pairs whose exact ranks are counted: enough that some remain if points are in too many.
_N_CANDIDATES = 2 * MOST_PAIRS
#: Points from which ranks are estimated before those of the worst pairs are counted.
_REFERENCES = 1_000
#: Squared distances of points of length about 1 within this tolerance are equal.
_TIE = 1e-13
_BLOCK_NUMBERS = 1 << 20


class Pair(NamedTuple):
    """Two points, and the rank of the second among the neighbors of the first: by vectors and on the map, from 1."""

    row: int
    other: int
    true_rank: int
    map_rank: int


@dataclass(frozen=True)
class DistortedPairs:
    """The most distorted pairs of a map, worst first.

    Parameters
    ----------
    torn
        Pairs whose vectors are near but whose points are far apart.
    false
        Pairs whose points are near but whose vectors are far apart.
    n_sampled
        Number of points whose nearest neighbors were compared.
    """

    torn: tuple[Pair, ...]
    false: tuple[Pair, ...]
    n_sampled: int


def distorted_pairs(vectors: Vectors, coordinates: Vectors, sample: NeighborSample, seed: int = 0) -> DistortedPairs:
    """Find the pairs of a sampled point and one of its nearest whose rank differs most; the ranks are exact.

    Parameters
    ----------
    vectors
        `(n_keys, vector_size)` float32.
    coordinates
        `(n_keys, 2 or 3)` float32 of the same keys.
    sample
        The neighbors of a sample of `vectors`, in whose metric ranks are counted.
    seed
        Seed of the points that the worst pairs are estimated from.

    Raises
    ------
    InputError
        The arrays have different lengths, or the sample belongs to other vectors.
    """
    if not len(vectors) == len(coordinates) == sample.n_points:
        lengths = f"{len(vectors)}, {len(coordinates)} and {sample.n_points}"
        raise InputError("Vectors, coordinates and sample must have the same keys.", received=lengths)
    search = _Search(vectors, np.asarray(coordinates, np.float64), sample, np.random.default_rng(seed))
    n_sampled = len(search.queries)
    if len(search.usable) < 3 or not n_sampled:
        return DistortedPairs((), (), n_sampled)
    near, near_on_map = search.neighbors[:, :_N_NEAREST], search.map_neighbors()
    torn = search.pairs(near, search.estimated_map_ranks(near))
    false = search.pairs(near_on_map, search.estimated_true_ranks(near_on_map))
    return DistortedPairs(
        _listed(sorted(torn, key=lambda pair: (pair.true_rank - pair.map_rank, pair))),
        _listed(sorted(false, key=lambda pair: (pair.map_rank - pair.true_rank, pair))),
        n_sampled,
    )


def _listed(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """Return the first pairs of different ranks, each once, without those of points that are in others already."""
    listed: list[Pair] = []
    counts: Counter[int] = Counter()
    seen: set[frozenset[int]] = set()
    for pair in pairs:
        points = frozenset((pair.row, pair.other))
        is_full = any(counts[row] >= _MOST_PER_POINT for row in points)
        if pair.true_rank == pair.map_rank or is_full or points in seen:
            continue
        seen.add(points)
        counts.update(points)
        listed.append(pair)
    return tuple(listed[:MOST_PAIRS])


class _Search:
    """Candidates among the sampled points, and their ranks."""

    def __init__(self, vectors: Vectors, coordinates: Reals, sample: NeighborSample, rng: np.random.Generator) -> None:
        self.vectors = vectors
        self.coordinates = coordinates
        self.sample = sample
        self.rng = rng
        is_placed: npt.NDArray[np.bool_] = np.all(np.isfinite(coordinates), axis=1)
        is_finite = [np.isfinite(vectors[rows]).all(axis=1) for rows in _blocks(vectors)]
        self.usable = np.flatnonzero(is_placed & np.concatenate(is_finite))
        # A sample has no neighbors that are not finite, but the map may have no place for them.
        is_usable = is_placed[sample.queries] & is_placed[sample.neighbors[:, :_N_NEAREST]].all(axis=1)
        self.queries, self.neighbors = sample.queries[is_usable], sample.neighbors[is_usable]

    def map_neighbors(self) -> Rows:
        """Return the rows of the nearest points of each query on the map."""
        from scipy.spatial import cKDTree

        rows = self.rng.permutation(self.usable)
        n_nearest = min(_N_NEAREST, len(rows) - 1)
        _, positions = cKDTree(self.coordinates[rows]).query(self.coordinates[self.queries], k=n_nearest + 1)
        nearest = rows[positions]
        is_self = nearest == self.queries[:, np.newaxis]
        is_self[~is_self.any(axis=1), -1] = True
        without_self: Rows = nearest[~is_self].reshape(len(nearest), n_nearest)
        return without_self

    def estimated_map_ranks(self, others: Rows) -> Reals:
        """Return how many reference points are nearer to each query on the map than each of its other points."""
        references = self.coordinates[self._references()]
        nearer = np.empty(others.shape)
        for at, query in enumerate(self.queries):
            place = self.coordinates[query]
            distances = np.sort(((references - place) ** 2).sum(axis=1))
            limits = ((self.coordinates[others[at]] - place) ** 2).sum(axis=1)
            nearer[at] = np.searchsorted(distances, limits)
        return nearer

    def estimated_true_ranks(self, others: Rows) -> Reals:
        """Return the same for the vectors."""
        references = self.sample.points(self.vectors, self._references())
        squares = np.einsum("nd,nd->n", references, references)
        limits = squared_distances(self.vectors, self.sample, self.queries, others)
        nearer = np.empty(others.shape)
        for at, query in enumerate(self.queries):
            point = self.sample.points(self.vectors, np.array([query]))[0]
            distances = np.sort(squares - 2 * references @ point + point @ point)
            nearer[at] = np.searchsorted(distances, limits[at] - _TIE)
        return nearer

    def pairs(self, others: Rows, ranks: Reals) -> list[Pair]:
        """Return the pairs of a query and an other point with the highest estimated ranks, with their exact ranks."""
        at, column = np.unravel_index(np.argsort(-ranks, axis=None, kind="stable")[:_N_CANDIDATES], ranks.shape)
        rows, others = self.queries[at], others[at, column]
        true_ranks, map_ranks = self._true_ranks(rows, others), self._map_ranks(rows, others)
        return [Pair(*map(int, each)) for each in zip(rows, others, true_ranks, map_ranks, strict=True)]

    def _true_ranks(self, rows: Rows, others: Rows) -> Rows:
        points = self.sample.points(self.vectors, rows)
        squares = np.einsum("nd,nd->n", points, points)[:, np.newaxis]
        limits = squared_distances(self.vectors, self.sample, rows, others[:, np.newaxis])
        ranks = np.ones(len(rows), np.int64)
        for block in _blocks(self.vectors):
            numbers = np.arange(len(self.vectors))[block]
            numbers = numbers[np.isin(numbers, self.usable, assume_unique=True)]
            near = self.sample.points(self.vectors, numbers)
            distances = squares - 2 * points @ near.T + np.einsum("nd,nd->n", near, near)
            ranks += ((distances < limits - _TIE) & (numbers != rows[:, np.newaxis])).sum(axis=1)
        return ranks

    def _map_ranks(self, rows: Rows, others: Rows) -> Rows:
        places = self.coordinates[self.usable]
        ranks = np.empty(len(rows), np.int64)
        for at, (row, other) in enumerate(zip(rows, others, strict=True)):
            distances = ((places - self.coordinates[row]) ** 2).sum(axis=1)
            distances[np.searchsorted(self.usable, row)] = np.inf
            ranks[at] = 1 + (distances < ((self.coordinates[other] - self.coordinates[row]) ** 2).sum()).sum()
        return ranks

    def _references(self) -> Rows:
        references: Rows = self.rng.permutation(self.usable)[:_REFERENCES]
        return references


def _blocks(vectors: Vectors) -> Iterator[slice]:
    step = max(1, _BLOCK_NUMBERS // vectors.shape[1])
    return (slice(start, start + step) for start in range(0, len(vectors), step))
