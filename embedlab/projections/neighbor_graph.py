"""The nearest neighbors of all points, which methods that keep neighborhoods start from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.progress import ReportProgress

# Exact neighbors in blocks were faster than Annoy for up to 30,000 points, and equally fast for 100,000.
MOST_EXACT_NEIGHBORS = 200_000
_QUERIES_PER_BLOCK = 2_000


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
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    rows = np.empty((n_points, n_neighbors), dtype=np.int64)
    distances = np.empty((n_points, n_neighbors))
    with threadpool_limits(n_threads):
        searcher = NearestNeighbors(n_neighbors=n_neighbors + 1, algorithm="brute").fit(points)
        for start in range(0, n_points, _QUERIES_PER_BLOCK):
            block = slice(start, min(start + _QUERIES_PER_BLOCK, n_points))
            block_distances, block_rows = searcher.kneighbors(points[block])
            distances[block], rows[block] = without_self(block_distances, block_rows, start)
            report(block.stop / n_points, stage)
    return rows, distances


def without_self(
    distances: npt.NDArray[np.floating], rows: npt.NDArray[np.int64], start: int
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.int64]]:
    """Remove each point from its own neighbors; if it is missing among many equal points, drop the last one."""
    is_self = rows == np.arange(start, start + len(rows))[:, np.newaxis]
    is_self[~is_self.any(axis=1), -1] = True
    shape = (len(rows), rows.shape[1] - 1)
    return distances[~is_self].reshape(shape), rows[~is_self].reshape(shape)
