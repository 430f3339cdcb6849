"""Exact nearest neighbors of all points, in blocks of inner products with a heap for each point.

Twice as fast as scikit-learn's brute-force search, whose inner products are in double precision; here, a few more
candidates than needed are found in single precision, and compared again by their differences.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from embedlab.core.compiled import compiled
from embedlab.core.embedding import Vectors

_QUERIES_PER_BLOCK = 512
_POINTS_PER_BLOCK = 4_096
# Candidates beyond the neighbors: rounding of an inner product may change the order of nearly equal distances.
_MORE_CANDIDATES = 8

Neighbors = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


def exact_neighbors(points: Vectors, n_neighbors: int, n_threads: int) -> Iterator[tuple[slice, Neighbors]]:
    """Yield the rows and distances of the nearest other points, nearest first, block by block.

    The result does not depend on the number of threads; equal distances are in the order of the rows.

    Parameters
    ----------
    points
        `(n_points, vector_size)` float32, finite.
    n_neighbors
        At most `n_points - 1`.

    Yields
    ------
    The block of points, and the rows and Euclidean distances of their neighbors, both `(n_block, n_neighbors)`.
    """
    n_points = len(points)
    # Distances are the same around any center, and the closer it is, the less is lost to rounding.
    centered = np.ascontiguousarray(points - points.mean(axis=0, dtype=np.float64).astype(np.float32))
    half_norms = (np.einsum("ij,ij->i", centered, centered, dtype=np.float64) / 2).astype(np.float32)
    n_candidates = min(n_neighbors + _MORE_CANDIDATES, n_points - 1)
    blocks = [
        slice(start, min(start + _QUERIES_PER_BLOCK, n_points)) for start in range(0, n_points, _QUERIES_PER_BLOCK)
    ]

    def search(block: slice) -> tuple[slice, Neighbors]:
        candidates = _candidates(centered, half_norms, block, n_candidates)
        return block, _nearest(centered, block, candidates, n_neighbors)

    # One thread of BLAS for each block: its sums do not depend on the number of threads then.
    with threadpool_limits(1, "blas"):
        pool = ThreadPoolExecutor(n_threads)
        try:
            yield from pool.map(search, blocks)
        finally:
            pool.shutdown(cancel_futures=True)


def _candidates(
    points: Vectors, half_norms: npt.NDArray[np.float32], block: slice, n_candidates: int
) -> npt.NDArray[np.int64]:
    queries = points[block]
    nearness = np.full((len(queries), n_candidates), -np.inf, np.float32)
    rows = np.zeros((len(queries), n_candidates), np.int64)
    for first in range(0, len(points), _POINTS_PER_BLOCK):
        part = points[first : first + _POINTS_PER_BLOCK]
        offered = queries @ part.T
        offered -= half_norms[first : first + len(part)]
        own = np.arange(max(block.start, first), min(block.stop, first + len(part)))
        offered[own - block.start, own - first] = -np.inf
        _keep_largest(offered, first, nearness, rows)
    return rows


@compiled
def _keep_largest(
    offered: npt.NDArray[np.float32], first: int, values: npt.NDArray[np.float32], rows: npt.NDArray[np.int64]
) -> None:
    """Replace the smallest of the kept values of each line, a heap with the smallest at the root, by larger ones."""
    n_kept = values.shape[1]
    for line in range(len(offered)):
        heap, places = values[line], rows[line]
        smallest = heap[0]
        for column in range(offered.shape[1]):
            value = offered[line, column]
            if value <= smallest:
                continue
            node = 0
            while True:
                child = 2 * node + 1
                if child >= n_kept:
                    break
                if child + 1 < n_kept and heap[child + 1] < heap[child]:
                    child += 1
                if heap[child] >= value:
                    break
                heap[node], places[node] = heap[child], places[child]
                node = child
            heap[node], places[node] = value, first + column
            smallest = heap[0]


def _nearest(points: Vectors, block: slice, candidates: npt.NDArray[np.int64], n_neighbors: int) -> Neighbors:
    differences = points[candidates] - points[block, np.newaxis]
    distances = np.sqrt(np.einsum("bkd,bkd->bk", differences, differences).astype(np.float64))
    order = np.lexsort((candidates, distances), axis=1)[:, :n_neighbors]
    return np.take_along_axis(candidates, order, axis=1), np.take_along_axis(distances, order, axis=1)
