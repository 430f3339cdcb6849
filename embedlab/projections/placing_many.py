"""Placement of many points by their nearest neighbors among points that have a place.

Neighbors are searched in cells: k-means divides the placed points into cells, and each other point searches the few
cells nearest to its own. That is approximate, and linear in the number of points.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.projections.neighbor_graph import metric_points
from embedlab.projections.placing import N_NEIGHBORS
from embedlab.projections.points import Coordinates, blocks_of

_POINTS_PER_CELL = 300
_CELLS_SEARCHED = 8
_MOST_FITTED_PER_CELL = 50
_LARGEST_BLOCK = 1 << 23
_N_STEPS = 30
_CLOSEST = 1e-3
_LEAST_DISTANCE = 1e-6
#: Measured on two ordinary cores: a distance of a point to another, and the placement of a point.
_DISTANCE_S = 5e-9
_PLACE_S = 1.2e-5

Rows = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


def placing_seconds(n_others: int, n_placed: int, vector_size: int) -> float:
    """Return the approximate duration of `place_rest`, on two ordinary cores."""
    n_candidates = min(n_placed, _POINTS_PER_CELL * _CELLS_SEARCHED)
    return n_others * (_PLACE_S + n_candidates * _DISTANCE_S * (0.5 + vector_size / 100)) + n_placed * 2e-5


def place_rest(
    vectors: Vectors,
    rows: Rows,
    sample: Vectors,
    coordinates: Coordinates,
    metric: str,
    *,
    report: Callable[[float], None],
    seed: int = 0,
) -> Coordinates:
    """Place all points: those of the sample where they are, each other at the median of its neighbors in the sample.

    As for a single new point (`embedlab.projections.placing`), it is the geometric median of the 10 nearest, weighted
    by the inverse squared distance.

    Parameters
    ----------
    vectors
        `(n_points, vector_size)` float32, finite, possibly memory-mapped; read once, in blocks.
    rows, sample, coordinates
        `(n_sampled,)` rows of the points that have a place, ascending, their vectors and their
        `(n_sampled, n_components)` coordinates.
    metric
        `cosine` or `euclidean`.

    Returns
    -------
    `(n_points, n_components)` float32.
    """
    from threadpoolctl import threadpool_limits

    placed = np.empty((len(vectors), coordinates.shape[1]), np.float32)
    placed[rows] = coordinates
    is_placed = np.zeros(len(vectors), bool)
    is_placed[rows] = True
    # With several threads, products differ in their last digit.
    with threadpool_limits(1):
        cells = _Cells(sample, metric, seed)
        for block, content in blocks_of(vectors):
            others = np.flatnonzero(~is_placed[block])
            if len(others):
                near, distances = cells.nearest(content[others])
                weights = 1 / np.maximum(distances**2 / 2, _LEAST_DISTANCE)
                at = geometric_medians(coordinates[near].astype(np.float64), weights)
                placed[block.start + others] = at
            report(block.stop / len(vectors))
    return placed


class _Cells:
    """Points in cells of similar ones."""

    def __init__(self, sample: Vectors, metric: str, seed: int) -> None:
        from sklearn.cluster import MiniBatchKMeans

        self._metric = metric
        largest = float(np.abs(sample).max())
        # Vectors outside the sample may be longer, so all are scaled by the same factor.
        self._scale = largest if metric == "euclidean" and largest > 0 else 1.0
        self.points = self._scaled(sample)
        n_cells = max(1, len(sample) // _POINTS_PER_CELL)
        rng = np.random.default_rng(seed)
        fitted = rng.permutation(len(sample))[: n_cells * _MOST_FITTED_PER_CELL]
        k_means = MiniBatchKMeans(
            n_cells, random_state=seed % 2**32, n_init=1, batch_size=4096, max_iter=20, reassignment_ratio=0
        )
        self._centers = np.asarray(k_means.fit(self.points[np.sort(fitted)]).cluster_centers_, np.float32)
        own = self._cell_of(self.points)
        order = np.argsort(own, kind="stable")
        self._rows = order
        self._starts = np.searchsorted(own[order], np.arange(n_cells + 1))
        n_near = min(_CELLS_SEARCHED, n_cells)
        between = _squares(self._centers, self._centers)
        self._near = np.argpartition(between, n_near - 1, axis=1)[:, :n_near]

    def _scaled(self, vectors: Vectors) -> Vectors:
        if self._metric == "cosine":
            return metric_points(vectors, "cosine")
        return np.asarray(vectors, np.float32) / np.float32(self._scale)

    def _cell_of(self, points: Vectors) -> Rows:
        step = max(1, _LARGEST_BLOCK // len(self._centers))
        parts = [
            _squares(points[start : start + step], self._centers).argmin(axis=1)
            for start in range(0, len(points), step)
        ]
        return np.concatenate(parts)

    def nearest(self, vectors: Vectors) -> tuple[Rows, Reals]:
        """Return rows of the sample and distances, `(n, k)`, nearest first."""
        points = self._scaled(vectors)
        k = min(N_NEIGHBORS, len(self.points))
        rows = np.empty((len(points), k), np.int64)
        distances = np.empty((len(points), k))
        own = self._cell_of(points)
        order = np.argsort(own, kind="stable")
        starts = np.searchsorted(own[order], np.arange(len(self._centers) + 1))
        for cell in np.unique(own).tolist():
            members = order[starts[cell] : starts[cell + 1]]
            candidates = self._candidates(cell, k)
            step = max(1, _LARGEST_BLOCK // len(candidates))
            for first in range(0, len(members), step):
                some = members[first : first + step]
                squares = _squares(points[some], self.points[candidates])
                best = np.argpartition(squares, k - 1, axis=1)[:, :k]
                found = np.take_along_axis(squares, best, axis=1)
                ranked = np.lexsort((candidates[best], found), axis=1)
                rows[some] = candidates[np.take_along_axis(best, ranked, axis=1)]
                distances[some] = np.sqrt(np.maximum(np.take_along_axis(found, ranked, axis=1), 0))
        return rows, distances

    def _candidates(self, cell: int, k: int) -> Rows:
        near = self._near[cell]
        parts = [self._rows[self._starts[each] : self._starts[each + 1]] for each in near.tolist()]
        candidates = np.concatenate(parts)
        # Thousands of equal points share one cell, and leave others empty.
        return candidates if len(candidates) >= k else np.arange(len(self.points))


def _squares(a: Vectors, b: Vectors) -> npt.NDArray[np.float32]:
    squares: npt.NDArray[np.float32] = a @ (-2 * b.T)
    squares += np.einsum("nd,nd->n", a, a)[:, np.newaxis]
    squares += np.einsum("nd,nd->n", b, b)
    return squares


def geometric_medians(points: Reals, weights: Reals) -> Reals:
    """Return the weighted geometric median of each group of points, as `embedlab.projections.placing` does for one.

    Parameters
    ----------
    points, weights
        `(n, k, n_components)` and `(n, k)`.
    """
    shares = weights / weights.sum(axis=1, keepdims=True)
    middles: Reals = np.einsum("nk,nkd->nd", shares, points)
    extents = np.linalg.norm(points - middles[:, np.newaxis], axis=2).max(axis=1, keepdims=True)
    for _ in range(_N_STEPS):
        steps = np.sqrt(((points - middles[:, np.newaxis]) ** 2).sum(axis=2))
        pulls = shares / np.maximum(np.maximum(steps, _CLOSEST * extents), np.finfo(np.float64).tiny)
        pulls /= pulls.sum(axis=1, keepdims=True)
        middles = np.einsum("nk,nkd->nd", pulls, points)
    return middles
