"""The nearest neighbors of all points, which methods that keep neighborhoods start from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.progress import ReportProgress

# For 100,000 points, exact neighbors in blocks take half the time of Annoy.
MOST_EXACT_NEIGHBORS = 200_000
# Measured with two threads, for points of 50 numbers: a pair of points, and a point of an approximate search.
_PAIR_S = 2.4e-9
_APPROXIMATE_S = 9.4e-4


def metric_points(vectors: Vectors, metric: str) -> Vectors:
    """Return the vectors as points whose Euclidean distances order them as the metric does.

    Parameters
    ----------
    vectors
        `(n_points, vector_size)`, finite.
    metric
        `cosine`: unit vectors; `euclidean`: scaled by one factor.
    """
    points = np.array(vectors, dtype=np.float32)
    # Squares of very large numbers overflow, and those of very small ones underflow; the map does not depend on scale.
    largest = np.abs(points).max(axis=1 if metric == "cosine" else None, keepdims=True)
    points /= np.where(largest > 0, largest, 1)
    if metric == "cosine":
        # For unit vectors the squared Euclidean distance is twice the cosine distance, so one code path is enough.
        norms = np.linalg.norm(points, axis=1, keepdims=True)
        points /= np.where(norms > 0, norms, 1)
    return points


def nearest_points(
    points: Vectors, n_neighbors: int, seed: int, n_threads: int, report: ReportProgress
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the rows and distances of the nearest other points, both `(n_points, n_neighbors)`.

    Exact up to `MOST_EXACT_NEIGHBORS` points, approximate for more. The same seed gives the same neighbors.

    Parameters
    ----------
    points
        `(n_points, vector_size)` float32, as `metric_points` returns them.
    n_neighbors
        At most `n_points - 1` are found.
    report
        Called with the share done; raise `CancelledError` in it to stop.
    """
    n_points = len(points)
    n_neighbors = min(n_neighbors, n_points - 1)
    stage = "finding neighbors"
    report(0.0, stage)
    if n_points > MOST_EXACT_NEIGHBORS:
        from openTSNE.nearest_neighbors import Annoy

        return Annoy(points, n_neighbors, "euclidean", n_jobs=n_threads, random_state=seed).build()  # type: ignore[no-any-return]
    from embedlab.projections.exact_neighbors import exact_neighbors

    rows = np.empty((n_points, n_neighbors), dtype=np.int64)
    distances = np.empty((n_points, n_neighbors))
    for block, found in exact_neighbors(points, n_neighbors, n_threads):
        rows[block], distances[block] = found
        report(block.stop / n_points, stage)
    return rows, distances


def neighbor_seconds(n_points: int, vector_size: int) -> float:
    """Return the approximate duration of `nearest_points` in seconds, on two ordinary cores."""
    is_exact = n_points <= MOST_EXACT_NEIGHBORS
    return n_points * (_PAIR_S * n_points if is_exact else _APPROXIMATE_S) * (0.5 + vector_size / 100)
