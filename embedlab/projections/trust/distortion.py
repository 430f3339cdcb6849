"""Where a map distorts: for each point, how wrong its neighbors on the map are, and how far away its true ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.core.files import atomic_file
from embedlab.core.graph_file import GraphRows
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.core.stored import read_arrays
from embedlab.projections.points import blocks_of

Shares = npt.NDArray[np.float32]

#: Neighbors per point; fewer points have fewer.
_K = 10
#: Pairs of a point and a reference whose distances are computed; more points get fewer references, but never fewer than
#: these.
_MOST_PAIRS = 200_000_000
_FEWEST_REFERENCES = 1_000
#: References from which ranks are estimated.
_MOST_RANK_REFERENCES = 1_000
#: More points get fewer of them, but never fewer than these: the levels of a color are far coarser than one in 200.
_FEWEST_RANK_REFERENCES = 200
#: Distances in memory at a time (16 MB of float32).
_BLOCK = 1 << 22
#: Squared distances that differ by less than this share of the mean squared length are equal, as float32 products are.
_TIE = 4e-6
#: Bounds of a stored file, which may be damaged.
_BYTES_PER_KEY, _REST_BYTES = 8, 10_000
_STAGE = "measuring the distortion"


@dataclass(frozen=True, eq=False)
class Distortion:
    """The distortion of a map at each of its points.

    Parameters
    ----------
    false_neighbors
        `(n_keys,)` float32: how far beyond the `k` nearest vectors the `k` nearest points on the map are in the ranking
        of the vectors, on average, divided by the same of random points. 0: all are true neighbors; 1: no better than
        random points. NaN if a point or its vector is not finite, or there are fewer than 3 points.
    missing_neighbors
        `(n_keys,)` float32: the same with map and vectors exchanged, so how far away on the map the `k` nearest vectors
        are.
    n_references
        Number of random points among which neighbors were searched; with all points, the values are exact but for the
        estimated ranks, and 1 minus the mean of `false_neighbors`, times that of a random layout, is trustworthiness.
    k
        Number of neighbors.
    """

    false_neighbors: Shares
    missing_neighbors: Shares
    n_references: int
    k: int

    def save(self, path: Path) -> None:
        """Write the distortion atomically to an `.npz` file (8 bytes per key)."""
        with atomic_file(path, make_folder=False) as stream:
            np.savez(
                stream,
                false_neighbors=self.false_neighbors,
                missing_neighbors=self.missing_neighbors,
                n_references=np.array(self.n_references),
                k=np.array(self.k),
            )

    @classmethod
    def load(cls, path: Path, n_keys: int) -> Self | None:
        """Load a saved distortion; None if the file is missing, damaged or of another map."""
        stored = read_arrays(path, _BYTES_PER_KEY * n_keys + _REST_BYTES)
        if stored is None:
            return None
        try:
            distortion = cls(
                stored["false_neighbors"], stored["missing_neighbors"], int(stored["n_references"]), int(stored["k"])
            )
        except (ValueError, LookupError, TypeError, ArithmeticError):
            return None
        both = (distortion.false_neighbors, distortion.missing_neighbors)
        return distortion if all(each.shape == (n_keys,) and each.dtype == np.float32 for each in both) else None


def map_distortion(
    vectors: Vectors,
    coordinates: Vectors,
    seed: int = 0,
    metric: Literal["cosine", "euclidean"] = "cosine",
    report: ReportProgress = ignore_progress,
    graph: GraphRows | None = None,
) -> Distortion:
    """Measure where a map distorts.

    Neighbors are searched among all points for up to about 14,000. For more, the nearest vectors are those of `graph`;
    without it, neighbors are searched among a random sample of 200 million divided by the number of points, at least
    1,000, so the neighborhoods are coarser. Ranks are estimated from at most 1,000 random points. Memory is bounded,
    and no values make it fail.

    Parameters
    ----------
    vectors
        `(n_keys, vector_size)` float32.
    coordinates
        `(n_keys, 2 or 3)` float32 of the same keys; their distance is Euclidean.
    seed
        Seed of the sampled points.
    metric
        Distance between vectors.
    report
        Called with the share done; raise `CancelledError` in it to stop.
    graph
        `(n_keys, 10 or more)` int32 rows of the nearest vectors by the same metric, nearest first; None if there is
        none. It is ignored if a vector or a point is not finite.

    Raises
    ------
    InputError
        The arrays have different lengths.

    Notes
    -----
    Lespinats and Aupetit, "CheckViz: Sanity check and topological clues for linear and non-linear mappings", 2011; the
    terms of trustworthiness and continuity per point, as ZADU's local values.
    """
    if len(vectors) != len(coordinates):
        raise InputError(
            "Vectors and coordinates must have the same keys.", received=f"{len(vectors)} and {len(coordinates)}"
        )
    sizes = np.concatenate([np.abs(block).max(axis=1) for _, block in blocks_of(vectors)])
    # NaN propagates through the maximum.
    usable = np.flatnonzero(np.isfinite(coordinates).all(axis=1) & np.isfinite(sizes))
    n = len(usable)
    false = np.full(len(vectors), np.nan, dtype=np.float32)
    missing = false.copy()
    k = min(_K, (n - 1) // 2)
    if k < 1:
        return Distortion(false, missing, n, 0)
    scale = None if metric == "cosine" else float(sizes[usable].max()) or 1.0
    random = np.random.default_rng(seed)
    if graph is not None and n * n > _MOST_PAIRS and n == len(vectors) == len(graph) and k <= graph.shape[1]:
        comparison: _Comparison = _GraphComparison(vectors, coordinates, usable, scale, k, random, graph)
    else:
        comparison = _Comparison(vectors, coordinates, usable, scale, k, random)
    step = max(1, _BLOCK // len(comparison.points))
    for start in range(0, n, step):
        report(start / n, _STAGE)
        block = slice(start, min(n, start + step))
        false[usable[block]], missing[usable[block]] = comparison.excess(block)
    report(1.0, _STAGE)
    return Distortion(false, missing, comparison.n_references, k)


def _n_ranked(n_points: int) -> int:
    """Return the number of random points from which ranks are estimated."""
    return min(_MOST_RANK_REFERENCES, max(_FEWEST_RANK_REFERENCES, _MOST_PAIRS // n_points))


class _Comparison:
    """Neighbors and ranks of points among random reference points, in the vectors and on the map.

    Parameters
    ----------
    usable
        The rows to compare; points are numbered in this order.
    scale
        Divisor of Euclidean vectors, so that no square overflows; None for cosine.
    """

    def __init__(
        self,
        vectors: Vectors,
        coordinates: Vectors,
        usable: npt.NDArray[np.int64],
        scale: float | None,
        k: int,
        rng: np.random.Generator,
    ) -> None:
        from scipy.spatial import cKDTree

        self.vectors = vectors
        self.usable = usable
        self.scale = scale
        self.k = k
        n = len(usable)
        self.n_references = min(n, max(_FEWEST_REFERENCES, _MOST_PAIRS // n))
        # In random order, so that the first ones are a sample too, and ties do not depend on the order of the keys.
        references = rng.permutation(n)[: self._n_points()]
        self.n_ranked = min(len(references), _n_ranked(n))
        # Products of almost equal vectors would lose the precision of their distances.
        self.center = np.zeros(vectors.shape[1], np.float32)
        self.points = self._points(references)
        self.center = self.points.mean(axis=0)
        self.points -= self.center
        self.squares = np.einsum("nd,nd->n", self.points, self.points)
        self.tie = _TIE * float(self.squares.mean())
        self.places = np.asarray(coordinates[usable], np.float64)
        self.reference_places = self.places[references]
        self.tree = cKDTree(self.reference_places)
        #: For each point its position among the references, or -1.
        self.position = np.full(n, -1)
        self.position[references] = np.arange(len(references))

    def _n_points(self) -> int:
        """Return the number of random points whose distances to all points are computed."""
        return self.n_references

    def excess(self, block: slice) -> tuple[Shares, Shares]:
        """Return the false and the missing neighbors of a block of points."""
        own = self.position[block]
        distances = self._distances(block, own)
        true = np.argpartition(distances, self.k - 1, axis=1)[:, : self.k]
        on_map = self._map_neighbors(block, own)
        to_true, to_map = (np.take_along_axis(distances, positions, axis=1) for positions in (true, on_map))
        is_false = to_map > to_true.max(axis=1, keepdims=True) + self.tie
        false = self._mean_excess(distances[:, : self.n_ranked], to_map - self.tie, is_false, own)
        true_on_map, near_on_map = (self._map_distances(block, positions) for positions in (true, on_map))
        is_missing = true_on_map > near_on_map.max(axis=1, keepdims=True)
        ranked = self._map_distances(block, np.broadcast_to(np.arange(self.n_ranked), (len(own), self.n_ranked)))
        itself = np.flatnonzero((own >= 0) & (own < self.n_ranked))
        ranked[itself, own[itself]] = np.inf
        return false, self._mean_excess(ranked, true_on_map, is_missing, own)

    def _points(self, numbers: npt.NDArray[np.int64] | slice) -> npt.NDArray[np.float32]:
        points = np.asarray(self.vectors[self.usable[numbers]], np.float64)
        if self.scale is None:
            # Squares of very large numbers overflow, and those of very small ones underflow.
            largest = np.abs(points).max(axis=1, keepdims=True)
            points /= np.where(largest > 0, largest, 1)
            lengths = np.linalg.norm(points, axis=1, keepdims=True)
            points /= np.where(lengths > 0, lengths, 1)
        else:
            points /= self.scale
        return (points - self.center).astype(np.float32)

    def _distances(self, block: slice, own: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return the squared distances of the vectors of a block to all references; to itself they are infinite."""
        points = self._points(block)
        distances = (-2 * points) @ self.points.T
        distances += self.squares
        distances += np.einsum("nd,nd->n", points, points)[:, np.newaxis]
        itself = np.flatnonzero(own >= 0)
        distances[itself, own[itself]] = np.inf
        return distances

    def _map_neighbors(self, block: slice, own: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the positions of the `k` references nearest on the map, without the point itself."""
        _, positions = self.tree.query(self.places[block], k=self.k + 1)
        is_self = positions == own[:, np.newaxis]
        # A point that is no reference, or does not find itself among many equal points, has one neighbor too many.
        is_self[~is_self.any(axis=1), -1] = True
        nearest: npt.NDArray[np.int64] = positions[~is_self].reshape(len(positions), self.k)
        return nearest

    def _map_distances(self, block: slice, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the squared distances on the map from each point of a block to its `(n_points, m)` references."""
        squares = np.zeros(positions.shape)
        for own, others in zip(self.places[block].T, self.reference_places.T, strict=True):
            squares += (own[:, np.newaxis] - others[positions]) ** 2
        return squares

    def _mean_excess(
        self,
        ranked: npt.NDArray[np.floating],
        limits: npt.NDArray[np.floating],
        is_wrong: npt.NDArray[np.bool_],
        own: npt.NDArray[np.int64],
    ) -> Shares:
        """Return the mean excess of the ranks of wrong neighbors over `k`, divided by that of random points."""
        nearer = np.stack([(ranked < limit[:, np.newaxis]).sum(axis=1) for limit in limits.T], axis=1)
        n_others = self._n_others(own)
        n_ranked = self.n_ranked - ((own >= 0) & (own < self.n_ranked))
        ranks = 1 + nearer * (n_others / n_ranked)[:, np.newaxis]
        excess = (np.maximum(ranks - self.k, 0) * is_wrong).mean(axis=1)
        of_random_points = (n_others - self.k) * (n_others - self.k + 1) / (2 * n_others)
        shares: Shares = (excess / of_random_points).astype(np.float32)
        return shares

    def _n_others(self, own: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return among how many other points the neighbors of each point were searched."""
        return self.n_references - (own >= 0)


class _GraphComparison(_Comparison):
    """The same with the nearest vectors of a graph, and the nearest of all points on the map.

    Parameters
    ----------
    graph
        `(n, k or more)` rows of the nearest vectors of all points, each of which is usable.
    """

    def __init__(
        self,
        vectors: Vectors,
        coordinates: Vectors,
        usable: npt.NDArray[np.int64],
        scale: float | None,
        k: int,
        rng: np.random.Generator,
        graph: GraphRows,
    ) -> None:
        from scipy.spatial import cKDTree

        super().__init__(vectors, coordinates, usable, scale, k, rng)
        self.graph = graph
        self.n_references = len(usable)
        self.tree = cKDTree(self.places)

    def _n_points(self) -> int:
        return _n_ranked(len(self.usable))

    def _n_others(self, own: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.full(len(own), self.n_references - 1)

    def excess(self, block: slice) -> tuple[Shares, Shares]:
        """Return the false and the missing neighbors of a block of points."""
        own = self.position[block]
        numbers = np.arange(block.start, block.stop)
        true = np.asarray(self.graph[block, : self.k], np.int64)
        on_map = self._map_neighbors(block, numbers)
        points = self._points(block)
        to_true, to_map = (self._pair_distances(points, rows) for rows in (true, on_map))
        is_false = to_map > to_true.max(axis=1, keepdims=True) + self.tie
        false = self._mean_excess(self._distances(block, own), to_map - self.tie, is_false, own)
        places = self.places[block][:, np.newaxis]
        true_on_map, near_on_map = (((places - self.places[rows]) ** 2).sum(axis=2) for rows in (true, on_map))
        is_missing = true_on_map > near_on_map.max(axis=1, keepdims=True)
        ranked = self._map_distances(block, np.broadcast_to(np.arange(self.n_ranked), (len(own), self.n_ranked)))
        itself = np.flatnonzero(own >= 0)
        ranked[itself, own[itself]] = np.inf
        return false, self._mean_excess(ranked, true_on_map, is_missing, own)

    def _pair_distances(self, points: npt.NDArray[np.float32], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return the squared distances of `(m, vector_size)` points to `(m, k)` others."""
        distances = np.empty(rows.shape, np.float32)
        # One neighbor of all points at a time, which bounds the memory.
        for at, others in enumerate(rows.T):
            steps = points - self._points(others)
            distances[:, at] = np.einsum("nd,nd->n", steps, steps)
        return distances
