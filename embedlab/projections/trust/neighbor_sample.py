"""The exact nearest neighbors of a sample of points: computed once per embedding, shared by all of its maps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.core.files import atomic_file
from embedlab.core.graph_file import StoredGraph
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.core.stored import read_arrays

Rows = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Metric = Literal["cosine", "euclidean"]

#: Number of neighbors per query that the measures use.
N_NEIGHBORS = 50
_STAGE = "finding neighbors of a sample"
#: 2,000 points keep the standard error of a share below 0.011.
_MOST_QUERIES = 2_000
_FEWEST_QUERIES = 500
#: Maximum number of multiplications in the search; more points and longer vectors get fewer queries.
_MOST_PRODUCTS = 1.2e11
#: Bound of a stored file, which may be damaged.
_LARGEST_BYTES = _MOST_QUERIES * (N_NEIGHBORS + 1) * 8 + 100_000
#: float32 products cannot rank almost equally near neighbors: more candidates are selected and ranked in float64.
_N_CANDIDATES = N_NEIGHBORS + 20
#: Numbers in memory at a time: distances (32 MB of float32), and vectors that are checked or normalized.
_BLOCK_DISTANCES = 1 << 23
_BLOCK_NUMBERS = 1 << 20
#: Share of the progress bar for reading and checking all vectors; the rest is for the search.
_READING_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class NeighborSample:
    """Exact neighbors of a random sample of an embedding's points.

    Parameters
    ----------
    digest
        Digest of the vectors (see `vectors_digest`), which identifies the embedding of a stored sample.
    n_points, n_finite
        Number of rows, and of rows without NaN or infinite numbers: only these are used.
    metric
        The distance. For unit vectors, the squared Euclidean distance is twice the cosine distance.
    scale
        Divisor of Euclidean vectors (the largest absolute number), so that no square overflows.
    queries
        `(n_queries,)` sampled rows, ascending.
    neighbors
        `(n_queries, at most N_NEIGHBORS)` rows of the nearest other points, nearest first.
    """

    digest: str
    n_points: int
    n_finite: int
    metric: Metric
    scale: float
    queries: Rows
    neighbors: Rows

    def save(self, path: Path) -> None:
        """Write the sample atomically to an `.npz` file (at most 1 MB)."""
        with atomic_file(path) as stream:
            np.savez(
                stream,
                digest=np.array(self.digest),
                n_points=np.array(self.n_points),
                n_finite=np.array(self.n_finite),
                metric=np.array(self.metric),
                scale=np.array(self.scale),
                queries=self.queries,
                neighbors=self.neighbors,
            )

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Load a saved sample; None if the file is missing or damaged, so that the sample is computed again."""
        stored = read_arrays(path, _LARGEST_BYTES)
        if stored is None:
            return None
        try:
            sample = cls(
                str(stored["digest"]),
                int(stored["n_points"]),
                int(stored["n_finite"]),
                str(stored["metric"]),  # type: ignore[arg-type]
                float(stored["scale"]),
                stored["queries"],
                stored["neighbors"],
            )
        except (ValueError, LookupError, TypeError, ArithmeticError):
            return None
        return sample if sample._is_plausible() else None

    def _is_plausible(self) -> bool:
        return (
            self.metric in get_args(Metric)
            and np.isfinite(self.scale)
            and self.scale > 0
            and 0 <= self.n_finite <= self.n_points
            and self.queries.ndim == 1
            and self.neighbors.ndim == 2
            and len(self.queries) == len(self.neighbors)
            and self.neighbors.shape[1] == max(0, min(N_NEIGHBORS, self.n_finite - 1))
            and all(
                rows.dtype == np.int64 and (rows.size == 0 or (rows.min() >= 0 and rows.max() < self.n_points))
                for rows in (self.queries, self.neighbors)
            )
        )

    def points(self, vectors: Vectors, rows: npt.NDArray[np.integer]) -> Reals:
        """Return `vectors[rows]` as float64 points whose Euclidean distances rank like the metric."""
        return _points(np.asarray(vectors[rows]), self.metric, self.scale)


def vectors_digest(vectors: Vectors, report: ReportProgress = ignore_progress) -> str:
    """Return a digest of shape and content, computed in blocks."""
    return _read(vectors, report)[0]


def finite_rows(vectors: Vectors) -> npt.NDArray[np.bool_]:
    """Return `(n_points,)` whether each vector is finite, computed in blocks."""
    return _read(vectors, ignore_progress)[1]


def sample_neighbors(
    vectors: Vectors,
    metric: Metric = "cosine",
    seed: int = 0,
    report: ReportProgress = ignore_progress,
    graph: StoredGraph | None = None,
) -> NeighborSample:
    """Find the exact nearest neighbors of a random sample of points among all points.

    Memory is bounded for any number of points: about 100 MB beyond the vectors, which are read twice.

    Parameters
    ----------
    vectors
        `(n_points, vector_size)` float32, possibly memory-mapped. Rows with NaN or infinite numbers are skipped.
    metric
        Queries use cosine; a zero vector has the same distance to all others.
    seed
        Seed of the sample of at most 2,000 points; fewer (at least 500) if the search would be slow.
    report
        Called with the share done; raise `CancelledError` in it to stop.
    graph
        The neighbor graph of the vectors, if there is one: if it is exact, nothing is searched.

    Raises
    ------
    InputError
        The vectors are not a matrix, or empty.
    """
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise InputError("Neighbors need at least one vector.", received=vectors.shape)
    digest, finite, largest = _read(vectors, lambda share, stage: report(_READING_SHARE * share, stage))
    scale = largest if metric == "euclidean" and largest > 0 else 1.0
    usable = np.flatnonzero(finite)
    n_queries = int(np.clip(_MOST_PRODUCTS / vectors.size, _FEWEST_QUERIES, _MOST_QUERIES))
    queries = np.sort(np.random.default_rng(seed).permutation(usable)[:n_queries])
    sample = NeighborSample(
        digest, len(vectors), len(usable), metric, scale, queries, np.empty((len(queries), 0), np.int64)
    )
    n_neighbors = min(N_NEIGHBORS, len(usable) - 1)
    if n_neighbors < 1:
        return sample
    candidates = None if graph is None else _from_graph(graph, sample)
    if candidates is None:
        candidates = _candidates(
            vectors, sample, finite, lambda share: report(_READING_SHARE + (1 - _READING_SHARE) * share, _STAGE)
        )
    report(1.0, _STAGE)
    neighbors = _ranked(vectors, sample, candidates)[:, :n_neighbors]
    return NeighborSample(digest, len(vectors), len(usable), metric, scale, queries, neighbors)


def squared_distances(vectors: Vectors, sample: NeighborSample, queries: Rows, others: Rows) -> Reals:
    """Return the squared distances of `(n,)` queries to `(n, m)` other rows, float64, computed in blocks."""
    distances = np.empty(others.shape)
    step = max(1, _BLOCK_NUMBERS // max(1, others.shape[1] * vectors.shape[1]))
    for start in range(0, len(queries), step):
        block = slice(start, start + step)
        near = sample.points(vectors, others[block].ravel()).reshape(*others[block].shape, -1)
        near -= sample.points(vectors, queries[block])[:, np.newaxis]
        distances[block] = np.einsum("qnd,qnd->qn", near, near)
    return distances


def _read(vectors: Vectors, report: ReportProgress) -> tuple[str, npt.NDArray[np.bool_], float]:
    """Return the digest, which rows are finite, and their largest absolute number."""
    digest = hashlib.blake2b(f"{vectors.shape} {vectors.dtype.str}".encode(), digest_size=16)
    finite = np.empty(len(vectors), dtype=bool)
    largest = 0.0
    step = max(1, _BLOCK_NUMBERS // vectors.shape[1])
    for start in range(0, len(vectors), step):
        block = np.ascontiguousarray(vectors[start : start + step])
        digest.update(block.data)
        sizes = np.abs(block).max(axis=1)
        # NaN propagates through the maximum, so one number per row is enough.
        finite[start : start + step] = np.isfinite(sizes)
        largest = max(largest, float(np.max(sizes, where=np.isfinite(sizes), initial=0.0)))
        report(min(1.0, (start + step) / len(vectors)), _STAGE)
    return digest.hexdigest(), finite, largest


def _points(rows: Vectors, metric: Metric, scale: float) -> Reals:
    points: Reals = rows.astype(np.float64)
    if metric == "euclidean":
        points /= scale
        return points
    lengths = np.sqrt(np.einsum("nd,nd->n", points, points))
    points /= np.where(lengths > 0, lengths, 1)[:, np.newaxis]
    return points


class _Nearest:
    """The nearest candidates of each query in the blocks so far."""

    def __init__(self, n_queries: int) -> None:
        self.distances = np.full((n_queries, _N_CANDIDATES), np.inf, dtype=np.float32)
        self.rows = np.full((n_queries, _N_CANDIDATES), -1, dtype=np.int64)

    def update(self, distances: npt.NDArray[np.float32], start: int) -> None:
        """Add the columns of a block whose first column is the row `start`."""
        nearer = distances < self.distances.max(axis=1, keepdims=True)
        counts = np.count_nonzero(nearer, axis=1)
        width = int(counts.max(initial=0))
        if width == 0:
            return
        if width > _N_CANDIDATES < distances.shape[1]:
            columns = np.argpartition(distances, _N_CANDIDATES - 1, axis=1)[:, :_N_CANDIDATES]
            candidates = np.take_along_axis(distances, columns, axis=1)
        else:
            # After some blocks few are nearer: these are packed into a narrow table.
            query, column = np.divmod(np.flatnonzero(nearer), distances.shape[1])
            place = np.arange(len(query)) - np.repeat(np.cumsum(counts) - counts, counts)
            columns = np.zeros((len(counts), width), dtype=np.int64)
            columns[query, place] = column
            candidates = np.full(columns.shape, np.inf, dtype=np.float32)
            candidates[query, place] = distances[query, column]
        both = np.hstack([self.distances, candidates])
        rows = np.hstack([self.rows, np.where(np.isfinite(candidates), columns + start, -1)])
        nearest = np.argpartition(both, _N_CANDIDATES - 1, axis=1)[:, :_N_CANDIDATES]
        self.distances = np.take_along_axis(both, nearest, axis=1)
        self.rows = np.take_along_axis(rows, nearest, axis=1)


def _candidates(
    vectors: Vectors, sample: NeighborSample, finite: npt.NDArray[np.bool_], report: Callable[[float], None]
) -> Rows:
    queries = sample.queries
    query_points = sample.points(vectors, queries)
    # Products of large, almost equal numbers would lose the precision of the distances.
    center = query_points.mean(axis=0)
    scaled_queries = (-2 * (query_points - center)).astype(np.float32)
    nearest = _Nearest(len(queries))
    step = max(1, min(_BLOCK_DISTANCES // len(queries), _BLOCK_NUMBERS // vectors.shape[1]))
    for start in range(0, len(vectors), step):
        stop = min(start + step, len(vectors))
        usable = finite[start:stop]
        block = np.where(usable[:, np.newaxis], vectors[start:stop], np.float32(0))
        points = (_points(block, sample.metric, sample.scale) - center).astype(np.float32)
        # The query's own square is the same for all points and does not change the order.
        distances = scaled_queries @ points.T
        distances += np.einsum("nd,nd->n", points, points)
        distances[:, ~usable] = np.inf
        own = np.flatnonzero((queries >= start) & (queries < stop))
        distances[own, queries[own] - start] = np.inf
        nearest.update(distances, start)
        report(stop / len(vectors))
    return nearest.rows


def _from_graph(graph: StoredGraph, sample: NeighborSample) -> Rows | None:
    """Return the candidates that an exact graph of the same vectors has; None if it is another one or too narrow."""
    if not graph.is_exact or (graph.digest, graph.metric) != (sample.digest, sample.metric):
        return None
    if graph.rows.shape[1] < min(_N_CANDIDATES, sample.n_points - 1):
        return None
    rows: Rows = np.asarray(graph.rows[sample.queries], np.int64)
    # A damaged file.
    return rows if rows.size and 0 <= rows.min() <= rows.max() < sample.n_points else None


def _ranked(vectors: Vectors, sample: NeighborSample, candidates: Rows) -> Rows:
    # With few points some candidates are missing.
    exact = squared_distances(vectors, sample, sample.queries, np.maximum(candidates, 0))
    exact[candidates < 0] = np.inf
    order = np.lexsort((candidates, exact), axis=1)
    return np.take_along_axis(candidates, order, axis=1)
