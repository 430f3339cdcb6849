"""Quality of a map: how well it preserves the neighbors and distances of the vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.projections.trust.neighbor_sample import (
    Metric,
    NeighborSample,
    Reals,
    Rows,
    finite_rows,
    sample_neighbors,
    squared_distances,
)
from embedlab.projections.trust.random_layout import expected_values, random_explained_variance

_STAGE = "measuring the map"
#: Neighbors of trustworthiness and continuity, and the sizes of the neighborhoods whose recall is measured.
_K = 10
_RECALL_AT = (10, 50)
#: Number of points used to estimate the rank of a false neighbor; with fewer points, ranks are exact.
_REFERENCES = 4_000
#: Pairs of points whose distances are ranked.
_PAIRS = 20_000
#: Numbers in memory at a time (16 MB of float64).
_BLOCK = 1 << 21
#: Squared distances within this tolerance (for points of length about 1) are equal, as for parallel float32 vectors.
_TIE = 1e-13
#: Share of the progress bar for finding the neighbors of the sample, if they are not known.
_SAMPLE_SHARE = 0.8


def projection_quality(
    vectors: Vectors,
    coordinates: Vectors,
    seed: int,
    metric: Metric = "cosine",
    sample: NeighborSample | None = None,
    report: ReportProgress = ignore_progress,
) -> dict[str, Any]:
    """Measure a projection on a sample of its points.

    Time and memory are bounded for any number of points, and no values make it fail.

    Parameters
    ----------
    vectors
        `(n_keys, vector_size)` float32. Rows with NaN or infinite numbers are left out.
    coordinates
        `(n_keys, 2 or 3)` float32 of the same keys; their distance is always Euclidean. Rows that are not finite are
        left out.
    seed
        Seed of the sampled points and pairs.
    metric
        Distance between vectors; queries use cosine.
    sample
        The neighbors of a sample of `vectors`, if known; otherwise they are computed first.
    report
        Called with the share done; raise `CancelledError` in it to stop.

    Returns
    -------
    A dictionary of JSON values:

    knn_recall_10
        Share, 0 to 1, of the 10 nearest points on the map that are also among the 10 nearest vectors, of all points.
        Points at the same distance as the tenth nearest vector count too.
    knn_recall_50
        The same for the 50 nearest.
    trustworthiness
        Trustworthiness at 10 neighbors, 0 to 1. Neighbors are searched among all points; the rank of a false one is
        an unbiased estimate from 4,000 random points.
    continuity
        Continuity at 10 neighbors, 0 to 1: trustworthiness with map and vectors exchanged. Trustworthiness falls if
        strangers become neighbors, continuity if neighbors are torn apart.
    distance_spearman
        Rank correlation of the distances of 20,000 random pairs, -1 to 1.
    stress
        Scale-normalized stress of these pairs: the relative error of the distances on the map after the best scaling,
        so that enlarging a map changes nothing; 0 is perfect.
    random
        The value of each measure for a random layout: the expected value of points placed at random, or, for the stress
        and where many points are equal, the value of a random permutation of the same coordinates. `explained_variance`
        is that of random orthogonal axes.
    sampled, n_points
        Number of points used for recall and trustworthiness, and of all points.
    left_out
        Number of points with numbers that are not finite.
    not_computed
        The reason for each measure that is None, as a sentence.

    Raises
    ------
    InputError
        The arrays have different lengths, or the sample belongs to an embedding of another size.

    Notes
    -----
    Kobak and Berens, "The art of using t-SNE for single-cell transcriptomics", 2019; Venna and Kaski, "Neighborhood
    preservation in nonlinear projection methods", 2001; Smelser, Miller and Kobourov, "Normalized stress is not
    normalized", 2024.
    """
    if len(vectors) != len(coordinates):
        raise InputError(
            "Vectors and coordinates must have the same keys.", received=f"{len(vectors)} and {len(coordinates)}"
        )
    begin = 0.0
    if sample is None:
        sample = sample_neighbors(vectors, metric, report=lambda share, stage: report(_SAMPLE_SHARE * share, stage))
        begin = _SAMPLE_SHARE
    elif sample.n_points != len(vectors):
        raise InputError(
            "The sample belongs to other vectors.", received=f"{sample.n_points} and {len(vectors)} points"
        )

    def report_share(share: float) -> None:
        report(begin + (1 - begin) * share, _STAGE)

    report_share(0.0)
    measurement = _Measurement(vectors, np.asarray(coordinates, np.float64), sample, np.random.default_rng(seed))
    values, random = measurement.distances()
    report_share(0.2)
    values |= measurement.neighborhoods(report_share)
    random |= expected_values(measurement.n_usable)
    if measurement.has_ties:
        shuffled = measurement.shuffled().neighborhoods(lambda _: report_share(0.95))
        random |= {name: value for name, value in shuffled.items() if isinstance(value, float)}
    report_share(1.0)
    measured = {name: value for name, value in values.items() if isinstance(value, float)}
    random = {name: value for name, value in random.items() if name in measured}
    random["explained_variance"] = random_explained_variance(vectors.shape[1], coordinates.shape[1])
    return {
        **{name: measured.get(name) for name in values},
        "random": random,
        "sampled": len(measurement.queries),
        "n_points": len(vectors),
        "left_out": len(vectors) - measurement.n_usable,
        "not_computed": {
            name: f"{value[0].upper()}{value[1:]}." for name, value in values.items() if isinstance(value, str)
        },
    }


class _Measurement:
    """Measures of a map by name; each is a number, or the reason why it cannot be computed."""

    def __init__(self, vectors: Vectors, coordinates: Reals, sample: NeighborSample, rng: np.random.Generator) -> None:
        self.vectors = vectors
        self.coordinates = coordinates
        self.sample = sample
        self.rng = rng
        self.usable: npt.NDArray[np.bool_] = np.all(np.isfinite(coordinates), axis=1)
        if sample.n_finite < sample.n_points:
            self.usable &= finite_rows(vectors)
        is_usable = self.usable[sample.queries]
        self.queries, self.neighbors = sample.queries[is_usable], sample.neighbors[is_usable]
        self.n_usable = int(self.usable.sum())
        #: Whether so many points are equally near that the expected values of a random layout do not hold.
        self.has_ties = False

    def shuffled(self) -> _Measurement:
        """Return the measurement of a random layout: the same coordinates, but of other points."""
        rows = np.flatnonzero(self.usable)
        coordinates = self.coordinates.copy()
        coordinates[rows] = coordinates[self.rng.permutation(rows)]
        return _Measurement(self.vectors, coordinates, self.sample, self.rng)

    def distances(self) -> tuple[dict[str, float | str], dict[str, float]]:
        """Return rank correlation and stress of random pairs, and the stress of a random layout of the same points."""

        def both(reason: str) -> tuple[dict[str, float | str], dict[str, float]]:
            return {"distance_spearman": reason, "stress": reason}, {}

        if self.n_usable < 3:
            return both(f"at least 3 points are needed, there are {self.n_usable}")
        rows = np.flatnonzero(self.usable)
        first = self.rng.integers(0, len(rows), _PAIRS)
        # An offset between 1 and n - 1 never pairs a point with itself.
        second = (first + self.rng.integers(1, len(rows), _PAIRS)) % len(rows)
        distances = np.sqrt(
            squared_distances(self.vectors, self.sample, rows[first], rows[second][:, np.newaxis])[:, 0]
        )
        places = self.coordinates[rows]
        map_distances = _distances(places[first], places[second])
        if np.ptp(distances) ** 2 <= _TIE:
            return both("the vectors are all equally far apart")
        if np.ptp(map_distances) == 0:
            return both("the points of the map are all equally far apart")
        from scipy.stats import spearmanr

        shuffled = self.rng.permutation(places)
        values: dict[str, float | str] = {
            "distance_spearman": float(spearmanr(distances, map_distances).statistic),
            "stress": _stress(distances, map_distances),
        }
        return values, {"stress": _stress(distances, _distances(shuffled[first], shuffled[second]))}

    def neighborhoods(self, report: Callable[[float], None]) -> dict[str, float | str]:
        """Return recall, trustworthiness and continuity, or the reasons why there are none."""
        n = self.n_usable
        names = [*(f"knn_recall_{k}" for k in _RECALL_AT), "trustworthiness", "continuity"]
        if n < _K + 2 or not len(self.queries):
            return dict.fromkeys(names, _too_few(_K + 2, n))
        places = self.coordinates[self.usable]
        if not np.ptp(places, axis=0).any():
            return dict.fromkeys(names, "the points of the map are all equal")
        map_neighbors = self._map_neighbors(min(max(_RECALL_AT), n - 1))
        report(0.4)
        to_map_neighbors = squared_distances(self.vectors, self.sample, self.queries, map_neighbors)
        to_neighbors = squared_distances(self.vectors, self.sample, self.queries, self.neighbors)
        false = to_map_neighbors[:, :_K] > to_neighbors[:, _K - 1 : _K] + _TIE
        report(0.5)
        ranks, all_equal = self._ranks(
            to_map_neighbors[:, :_K], to_neighbors[:, _K - 1], lambda share: report(0.5 + 0.4 * share)
        )
        if all_equal:
            return dict.fromkeys(names, "the vectors are all equal")
        values: dict[str, float | str] = {}
        for k in _RECALL_AT:
            values[f"knn_recall_{k}"] = (
                float((to_map_neighbors[:, :k] <= to_neighbors[:, k - 1 : k] + _TIE).mean())
                if n >= k + 2
                else _too_few(k + 2, n)
            )
        if n <= 2 * _K:
            return values | dict.fromkeys(("trustworthiness", "continuity"), _too_few(2 * _K + 1, n))
        continuity = self._continuity(map_neighbors[:, :_K])
        return values | {"trustworthiness": _share_of_ranks(ranks, false, n), "continuity": continuity}

    def _continuity(self, map_neighbors: Rows) -> float:
        on_map = self._map_distances(self.neighbors[:, :_K])
        to_tenth = self._map_distances(map_neighbors[:, -1:])
        lost = on_map > to_tenth
        n_within = 0
        rows = self.rng.permutation(np.flatnonzero(self.usable))[:_REFERENCES]
        ranks = np.empty(on_map.shape)
        step = max(1, _BLOCK // max(1, len(rows)))
        for start in range(0, len(self.queries), step):
            block = slice(start, start + step)
            own = rows == self.queries[block, np.newaxis]
            to_references = self._map_distances(np.broadcast_to(rows, own.shape), block)
            to_references[own] = np.inf
            nearer = np.stack([(to_references < limit[:, np.newaxis]).sum(axis=1) for limit in on_map[block].T], axis=1)
            n_others = np.maximum(len(rows) - own.sum(axis=1), 1)
            ranks[block] = 1 + nearer * ((self.n_usable - 1) / n_others)[:, np.newaxis]
            n_within += int((to_references <= to_tenth[block]).sum())
        self._note_ties(n_within, len(rows))
        return _share_of_ranks(ranks, lost, self.n_usable)

    def _note_ties(self, n_within: int, n_references: int) -> None:
        """Note ties if the sampled points within the distance of the tenth neighbor are far more than ten of all."""
        n_nearest = n_within / len(self.queries) * self.n_usable / max(1, n_references)
        self.has_ties = self.has_ties or n_nearest > 2 * _K

    def _map_distances(self, rows: Rows, block: slice = slice(None)) -> Reals:
        """Return the squared distances on the map from each query of a block to its `(n_queries, n)` rows."""
        steps = self.coordinates[rows] - self.coordinates[self.queries[block], np.newaxis]
        squares: Reals = np.einsum("qnd,qnd->qn", steps, steps)
        return squares

    def _map_neighbors(self, k: int) -> Rows:
        """Return the rows of the `k` nearest other points of each query on the map; ties are broken randomly."""
        from scipy.spatial import cKDTree

        # In random order, so that the choice among equal points does not depend on the order of the keys.
        rows = self.rng.permutation(np.flatnonzero(self.usable))
        tree = cKDTree(self.coordinates[rows])
        _, positions = tree.query(self.coordinates[self.queries], k=k + 1)
        map_neighbors = rows[positions]
        is_self = map_neighbors == self.queries[:, np.newaxis]
        # Among many equal points a query may not find itself: then the last one is dropped.
        is_self[~is_self.any(axis=1), -1] = True
        nearest: Rows = map_neighbors[~is_self].reshape(len(map_neighbors), k)
        return nearest

    def _ranks(self, to_map_neighbors: Reals, to_tenth: Reals, report: Callable[[float], None]) -> tuple[Reals, bool]:
        """Return the estimated ranks of map neighbors among the vectors, and whether all vectors are equal."""
        rows = self.rng.permutation(np.flatnonzero(self.usable))[:_REFERENCES]
        references = self.sample.points(self.vectors, rows)
        squares = np.einsum("nd,nd->n", references, references)
        ranks = np.empty(to_map_neighbors.shape)
        all_equal = True
        n_within = 0
        step = max(1, _BLOCK // max(len(rows), self.vectors.shape[1]))
        for start in range(0, len(self.queries), step):
            block = slice(start, start + step)
            points = self.sample.points(self.vectors, self.queries[block])
            distances = squares - 2 * points @ references.T + np.einsum("nd,nd->n", points, points)[:, np.newaxis]
            own = rows == self.queries[block, np.newaxis]
            all_equal = all_equal and bool((distances <= _TIE).all())
            distances[own] = np.inf
            nearer = np.stack(
                [(distances < limit[:, np.newaxis] - _TIE).sum(axis=1) for limit in to_map_neighbors[block].T], 1
            )
            n_others = np.maximum(len(rows) - own.sum(axis=1), 1)
            ranks[block] = 1 + nearer * ((self.n_usable - 1) / n_others)[:, np.newaxis]
            n_within += int((distances <= to_tenth[block, np.newaxis] + _TIE).sum())
            report(min(1.0, block.stop / len(self.queries)))
        self._note_ties(n_within, len(rows))
        return ranks, all_equal


def _too_few(n_needed: int, n_points: int) -> str:
    return f"at least {n_needed} points are needed, there are {n_points}"


def _distances(first: Reals, second: Reals) -> Reals:
    steps = first - second
    distances: Reals = np.sqrt(np.einsum("nd,nd->n", steps, steps))
    return distances


def _share_of_ranks(ranks: Reals, wrong: npt.NDArray[np.bool_], n_points: int) -> float:
    """Return 1 minus the normalized sum of how far wrong neighbors are beyond rank `_K`."""
    excess = float(((ranks - _K) * wrong).sum(axis=1).mean())
    share = 1 - 2 * excess / (_K * (2 * n_points - 3 * _K - 1))
    return float(np.clip(share, 0, 1))


def _stress(distances: Reals, map_distances: Reals) -> float:
    scale = (distances * map_distances).sum() / (map_distances**2).sum()
    return float(np.sqrt(((distances - scale * map_distances) ** 2).sum() / (distances**2).sum()))
