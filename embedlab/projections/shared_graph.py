"""The neighbor graph of an embedding: computed once, shared by all of its maps and queries."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.graph_file import GraphRows, StoredGraph
from embedlab.core.progress import ReportProgress
from embedlab.projections.neighbor_graph import MOST_EXACT_NEIGHBORS, nearest_points

#: t-SNE uses 3 times its perplexity, which is 30 by default; UMAP uses 15.
GRAPH_NEIGHBORS = 90
#: Most bytes of a stored graph; more points get fewer neighbors: a million gets 33.
MOST_GRAPH_BYTES = 1 << 27
_BLOCK_NUMBERS = 1 << 22
_SEED = 0
_SEARCH_SHARE = 0.95


def graph_width(n_points: int) -> int:
    """Return the number of neighbors in the graph of `n_points` points.

    Examples
    --------
    >>> [graph_width(n) for n in (1, 10, 5_000, 1_000_000)]
    [0, 9, 90, 33]
    """
    return max(0, min(GRAPH_NEIGHBORS, n_points - 1, MOST_GRAPH_BYTES // (4 * n_points)))


def build_graph(
    points: Vectors, metric: str, digest: str, n_threads: int, report: ReportProgress
) -> StoredGraph | None:
    """Find the nearest neighbors of all points; None for fewer than two.

    Exact up to `MOST_EXACT_NEIGHBORS` points, approximate for more. The same vectors give the same graph.

    Parameters
    ----------
    points
        `(n_points, vector_size)` float32, as `metric_points` returns them for the metric.
    metric
        `cosine` or `euclidean`.
    digest
        Digest of the vectors (`vectors_digest`).
    """
    width = graph_width(len(points))
    if width == 0:
        return None
    rows, _ = nearest_points(points, width, _SEED, n_threads, lambda share, stage: report(_SEARCH_SHARE * share, stage))
    distances = distances_to(points, rows, width)
    # Equal distances in the order of the rows, so that the graph does not depend on the search.
    order = np.lexsort((rows, distances), axis=1)
    ranked = np.take_along_axis(rows, order, axis=1).astype(np.int32)
    report(1.0, "finding neighbors")
    return StoredGraph(metric, len(points) <= MOST_EXACT_NEIGHBORS, digest, ranked)


def neighbors_of(
    graph: StoredGraph, points: Vectors, n_neighbors: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]] | None:
    """Return rows and distances of the nearest neighbors, as `nearest_points` does; None if the graph has too few.

    Parameters
    ----------
    points
        The vectors of the graph, as `metric_points` returns them.
    n_neighbors
        At most `n_points - 1` are returned.
    """
    n_neighbors = min(n_neighbors, len(points) - 1)
    if graph.rows.shape[1] < n_neighbors or len(graph.rows) != len(points):
        return None
    rows = np.asarray(graph.rows[:, :n_neighbors], dtype=np.int64)
    if rows.size and not 0 <= rows.min() <= rows.max() < len(points):
        # A damaged file.
        return None
    return rows, distances_to(points, rows, n_neighbors)


def distances_to(points: Vectors, rows: npt.NDArray[np.int64] | GraphRows, n_neighbors: int) -> npt.NDArray[np.float64]:
    """Return the `(n_points, n_neighbors)` Euclidean distances of points to other points, computed in blocks."""
    distances = np.empty((len(points), n_neighbors))
    step = max(1, _BLOCK_NUMBERS // max(1, n_neighbors * points.shape[1]))
    for start in range(0, len(points), step):
        block = slice(start, start + step)
        steps = points[rows[block, :n_neighbors]].astype(np.float64) - points[block, np.newaxis]
        distances[block] = np.sqrt(np.einsum("nkd,nkd->nk", steps, steps))
    return distances
