"""The nearest neighbors that keys have in several embeddings: among the shared keys, in the original space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError, ParameterError
from embedlab.evaluation.intervals import Interval, percentile_interval
from embedlab.evaluation.resampling import resampled_sums
from embedlab.evaluation.stability import shared_neighbors
from embedlab.exploration.comparison import counterpart

Rows = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float32]

TOPN = 10
#: More neighbors are no longer near.
MOST_NEIGHBORS = 100
#: Neighbors are searched among this many shared keys, the most frequent of the first embedding.
MOST_KEYS = 50_000
#: Maximum number of cosines for all embeddings together: two embeddings are compared on every key up to 20,000 shared
#: keys, and on a random sample of at least 8,000 keys beyond.
MOST_COSINES = 800_000_000
#: Queries among the coordinates of two maps, which are searched with a tree.
MOST_PICTURE_QUERIES = 20_000
FEWEST_KEYS = 3
_BLOCK_NUMBERS = 1 << 24


@dataclass(frozen=True, eq=False)
class NeighborOverlap:
    """The nearest neighbors of the shared keys of several embeddings.

    Parameters
    ----------
    rows
        `(n_embeddings, n_shared)` rows of the keys that all embeddings have, in the order of the first.
    n_candidates
        Neighbors are searched among this many of the shared keys, the first of them.
    queries
        `(n_compared,)` positions of the compared keys in `rows`, ascending.
    near
        `(n_embeddings, n_compared, topn)` positions in `rows` of the nearest neighbors, the nearest first.
    """

    rows: Rows
    n_candidates: int
    queries: Rows
    near: Rows

    @property
    def n_shared(self) -> int:
        """Number of keys that all embeddings have."""
        return int(self.rows.shape[1])

    @property
    def n_compared(self) -> int:
        """Number of keys whose neighbors were compared."""
        return len(self.queries)

    @property
    def topn(self) -> int:
        """Neighbors compared per key."""
        return int(self.near.shape[2])

    @property
    def chance(self) -> float:
        """The overlap expected of unrelated embeddings: `topn / (n_candidates - 1)`."""
        return self.topn / (self.n_candidates - 1)

    def shares(self, one: int = 0, other: int = 1) -> Shares:
        """Return `(n_compared,)` shares of the neighbors that a key has in both of two embeddings, 0 to 1."""
        if one == other:
            return np.ones(self.n_compared, np.float32)
        shared = shared_neighbors(self.near[[one, other]])[0]
        return (shared / self.topn).astype(np.float32)

    def jaccard(self, one: int = 0, other: int = 1) -> Shares:
        """Return `(n_compared,)` Jaccard indices of the neighbors: shared ones divided by all different ones."""
        shares = self.shares(one, other)
        return shares / (2 - shares)

    def mean(self, one: int = 0, other: int = 1) -> tuple[float, Interval | None]:
        """Return the mean share and its 95 % bootstrap interval over keys; None if all keys agree equally."""
        shares = self.shares(one, other).astype(np.float64)
        sums = resampled_sums(np.column_stack([shares, np.ones(len(shares))]))
        return float(shares.mean()), percentile_interval(sums[:, 0] / sums[:, 1], len(shares))

    def of_all_keys(self, values: Shares, side: int, n_keys: int) -> Shares:
        """Return one value for each of the `n_keys` keys of embedding number `side`; NaN for keys not compared."""
        column = np.full(n_keys, np.nan, np.float32)
        column[self.rows[side, self.queries]] = values
        return column

    def counterparts(self, n_keys: int, one: int = 0, other: int = 1) -> npt.NDArray[np.int32]:
        """Return for each of the `n_keys` rows of embedding `one` the row of `other`; -1 for keys that it lacks."""
        result = np.full(n_keys, -1, np.int32)
        result[self.rows[one]] = self.rows[other]
        return result


def neighbor_overlap(embeddings: Sequence[Embedding], topn: int = TOPN, *, seed: int = 0) -> NeighborOverlap:
    """Find the nearest neighbors of the keys that all embeddings share.

    Parameters
    ----------
    embeddings
        At least two; they may have different dimensions. A rotation, a reflection or another scale changes nothing,
        since neighbors depend on cosines only.
    topn
        Neighbors per key, by cosine similarity among the shared keys; fewer if there are not enough keys.
    seed
        Of the sample of keys, if there are too many to compare them all (`MOST_COSINES`).

    Raises
    ------
    InputError
        Fewer than `FEWEST_KEYS` keys are shared.
    ParameterError
        `topn` is below 1 or above `MOST_NEIGHBORS`.

    Notes
    -----
    Wendlandt, Kummerfeld and Mihalcea, "Factors Influencing the Surprising Instability of Word Embeddings", 2018.
    """
    if not 1 <= topn <= MOST_NEIGHBORS:
        raise ParameterError(f"Between 1 and {MOST_NEIGHBORS} neighbors can be compared.", received=topn)
    rows = shared_by_all(embeddings)
    n_candidates = min(rows.shape[1], MOST_KEYS)
    topn = min(topn, n_candidates - 1)
    n_queries = max(1, MOST_COSINES // (n_candidates * len(embeddings)))
    queries = _sample(n_candidates, n_queries, seed)
    near = np.stack(
        [_nearest(unit_rows(each, rows[side, :n_candidates]), queries, topn) for side, each in enumerate(embeddings)]
    )
    return NeighborOverlap(rows, n_candidates, queries, near)


def picture_overlap(first: Vectors, second: Vectors, topn: int = TOPN, *, seed: int = 0) -> NeighborOverlap:
    """Find the nearest points on two maps of one embedding.

    Parameters
    ----------
    first, second
        `(n_keys, 2 or 3)` coordinates of the same keys; nearest by Euclidean distance.
    topn
        Neighbors per key.
    seed
        Of the sample of keys, if there are more than `MOST_PICTURE_QUERIES`.

    Raises
    ------
    InputError
        Fewer than `FEWEST_KEYS` points have finite coordinates on both maps.
    """
    from scipy.spatial import cKDTree

    usable = np.flatnonzero(np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1))
    _check_enough(len(usable))
    topn = min(topn, len(usable) - 1)
    queries = _sample(len(usable), MOST_PICTURE_QUERIES, seed)
    near = []
    for coordinates in (first, second):
        points = np.asarray(coordinates[usable], np.float64)
        found = cKDTree(points).query(points[queries], topn + 1)[1].astype(np.int64)
        # Equal points may hide the query itself among its neighbors; then the last one is dropped.
        is_self = found == queries[:, np.newaxis]
        is_self[~is_self.any(axis=1), -1] = True
        near.append(found[~is_self].reshape(len(queries), topn))
    return NeighborOverlap(np.stack([usable, usable]), len(usable), queries, np.stack(near))


def shared_by_all(embeddings: Sequence[Embedding]) -> Rows:
    """Return `(n_embeddings, n_shared)` rows of the keys that all embeddings have, in the order of the first.

    Raises
    ------
    InputError
        There are fewer than two embeddings, or fewer than `FEWEST_KEYS` such keys.
    """
    if len(embeddings) < 2:
        raise InputError("A comparison needs at least two embeddings.", received=len(embeddings))
    rows = np.stack(shared_rows(embeddings[0], embeddings[1]))
    for other in embeddings[2:]:
        of_first, of_other = shared_rows(embeddings[0], other)
        _, kept, found = np.intersect1d(rows[0], of_first, assume_unique=True, return_indices=True)
        rows = np.concatenate([rows[:, kept], of_other[np.newaxis, found]])
    _check_enough(rows.shape[1])
    return rows


def shared_rows(first: Embedding, second: Embedding, most: int | None = None) -> tuple[Rows, Rows]:
    """Return the rows of the keys that two embeddings share, in the order of the first.

    Keys match as in `comparison.counterpart`; keys whose vectors are zero or not finite in one of them are left out.

    Parameters
    ----------
    most
        Maximum number of rows; None: all.

    Returns
    -------
    `(n_shared,)` int64 rows of the first, and of the second.
    """
    usable_first, usable_second = _usable(first), _usable(second)
    if _same_keys(first, second):
        same = np.flatnonzero(usable_first & usable_second)[:most]
        return same, same
    rows: list[tuple[int, int]] = []
    used: set[int] = set()
    for row, key in enumerate(first.keys):
        if most is not None and len(rows) >= most:
            break
        other = counterpart(first, key, second)
        at = None if other is None else second.key_to_index[other]
        if at is not None and at not in used and usable_first[row] and usable_second[at]:
            used.add(at)
            rows.append((row, at))
    pairs = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def unit_rows(embedding: Embedding, rows: Rows) -> Vectors:
    """Return `(n, vector_size)` float32 vectors of length 1 of some rows."""
    units: Vectors = np.asarray(embedding.vectors[rows]) / np.asarray(embedding.norms)[rows, np.newaxis]
    return units.astype(np.float32, copy=False)


def _same_keys(first: Embedding, second: Embedding) -> bool:
    """Return whether all keys and labels are equal: then a million keys need no look-up."""
    return (
        first.n_keys == second.n_keys
        and list(first.keys) == list(second.keys)
        and list(first.labels) == list(second.labels)
    )


def _usable(embedding: Embedding) -> npt.NDArray[np.bool_]:
    # The norm of a zero vector is stored as 1, and that of an infinite one is finite, so norms do not tell.
    highest, lowest = embedding.vectors.max(axis=1), embedding.vectors.min(axis=1)
    usable: npt.NDArray[np.bool_] = np.isfinite(highest) & np.isfinite(lowest) & ((highest != 0) | (lowest != 0))
    return usable


def _check_enough(n_shared: int) -> None:
    if n_shared < FEWEST_KEYS:
        raise InputError(
            "The embeddings have too few keys in common to compare.",
            received=f"{n_shared} shared keys",
            remedy="Compare embeddings of the same words or items.",
        )


def _sample(n: int, most: int, seed: int) -> Rows:
    """Return all positions, or a random sample of `most` of them, ascending."""
    order = np.random.default_rng(seed).permutation(n)[:most]
    return np.sort(order).astype(np.int64)


def near_positions(embedding: Embedding, found: NeighborOverlap, side: int, position: int) -> list[int]:
    """Return the positions nearest to a shared key in embedding number `side`, the nearest first.

    They are computed now for a key that is not in the sample.
    """
    place = int(np.searchsorted(found.queries, position))
    near: list[int]
    if place < found.n_compared and found.queries[place] == position:
        near = found.near[side, place].tolist()
        return near
    units = unit_rows(embedding, found.rows[side, : found.n_candidates])
    cosines = units @ unit_rows(embedding, found.rows[side, [position]])[0]
    if position < found.n_candidates:
        cosines[position] = -np.inf
    near = np.argsort(-cosines, kind="stable")[: found.topn].tolist()
    return near


def _nearest(units: Vectors, queries: Rows, topn: int) -> Rows:
    """Return the `(n_queries, topn)` rows nearest to each query, itself excluded, the nearest first."""
    nearest = np.empty((len(queries), topn), np.int64)
    step = max(1, _BLOCK_NUMBERS // len(units))
    for start in range(0, len(queries), step):
        block = queries[start : start + step]
        cosines = units[block] @ units.T
        lines = np.arange(len(block))
        cosines[lines, block] = -np.inf
        # Stable: the more frequent key comes first in a tie.
        best = np.sort(np.argpartition(cosines, len(units) - topn, axis=1)[:, -topn:], axis=1)
        order = np.argsort(-np.take_along_axis(cosines, best, axis=1), axis=1, kind="stable")
        nearest[start : start + step] = np.take_along_axis(best, order, axis=1)
    return nearest
