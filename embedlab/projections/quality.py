"""How far a picture can be trusted: what of the neighborhoods and distances of the vectors it keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.projections.neighbor_sample import (
    N_NEIGHBORS,
    Metric,
    NeighborSample,
    Reals,
    Rows,
    finite_rows,
    sample_neighbors,
    squared_distances,
)

_STAGE = "measuring the map"
#: Points among which the rank of a false neighbor is estimated; up to this many points ranks are exact.
_REFERENCES = 4_000
#: Pairs of points whose distances are ranked.
_PAIRS = 20_000
#: Numbers held at a time (16 MB of float64).
_BLOCK = 1 << 21
#: Squared distances this close (of points of about length 1) are equal: parallel float32 vectors are not closer.
_TIE = 1e-13
#: Of the bar, when the neighbors of the sample have to be found first.
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

    Time and memory are bounded whatever the number of points; nothing in the numbers makes it fail.

    Parameters
    ----------
    vectors
        `(n_keys, vector_size)` float32. Rows with NaN or infinite numbers are left out.
    coordinates
        `(n_keys, 2 or 3)` float32 of the same keys; their distance is always Euclidean. Rows that are not finite are
        left out.
    seed
        Draws the points and pairs that are looked at.
    metric
        Distance between vectors; cosine is what neighbors are queried by.
    sample
        The neighbors of a sample of `vectors`, where they are known; found first otherwise.
    report
        Told the share done; raise `CancelledError` in it to stop.

    Returns
    -------
    A dictionary that can be written as JSON:

    knn_recall_10
        The share, 0 to 1, of the 10 nearest points in the map that are among the 10 nearest vectors, of all points.
        Points at the same distance as the tenth nearest vector count as well. A random map has about `10 / (n - 1)`.
    trustworthiness
        At 10 neighbors, 0 to 1; a random map has about 0.5. The neighbors are those among all points; the rank of a
        false one is estimated, without bias, among 4,000 points drawn at random.
    distance_spearman
        The rank correlation of the distances of 20,000 random pairs, -1 to 1.
    sampled, n_points
        Number of points that recall and trustworthiness rest on, and of all points.
    left_out
        Number of points with numbers that are not finite.
    not_computed
        For each measure that is None the reason, as a sentence.

    Raises
    ------
    InputError
        The arrays have different lengths, or the sample is of another embedding's size.

    Notes
    -----
    Kobak and Berens, "The art of using t-SNE for single-cell transcriptomics", 2019; Venna and Kaski, "Neighborhood
    preservation in nonlinear projection methods", 2001.
    """
    if len(vectors) != len(coordinates):
        raise InputError(
            "Vectors and coordinates must be of the same keys.", received=f"{len(vectors)} and {len(coordinates)}"
        )
    begin = 0.0
    if sample is None:
        sample = sample_neighbors(vectors, metric, report=lambda share, stage: report(_SAMPLE_SHARE * share, stage))
        begin = _SAMPLE_SHARE
    elif sample.n_points != len(vectors):
        raise InputError("The sample is of other vectors.", received=f"{sample.n_points} and {len(vectors)} points")

    def tell(share: float) -> None:
        report(begin + (1 - begin) * share, _STAGE)

    tell(0.0)
    measured = _Measured(vectors, np.asarray(coordinates, np.float64), sample, np.random.default_rng(seed))
    values: dict[str, float | str] = {"distance_spearman": measured.distance_spearman()}
    tell(0.2)
    values["knn_recall_10"], values["trustworthiness"] = measured.neighborhoods(tell)
    tell(1.0)
    return {
        **{name: value if isinstance(value, float) else None for name, value in values.items()},
        "sampled": len(measured.queries),
        "n_points": len(vectors),
        "left_out": len(vectors) - measured.n_usable,
        "not_computed": {
            name: f"{value[0].upper()}{value[1:]}." for name, value in values.items() if isinstance(value, str)
        },
    }


class _Measured:
    """A map and what is known of its vectors; each measure is a number, or the reason why there is none."""

    def __init__(self, vectors: Vectors, coordinates: Reals, sample: NeighborSample, rng: np.random.Generator) -> None:
        self.vectors = vectors
        self.coordinates = coordinates
        self.sample = sample
        self.rng = rng
        self.usable: npt.NDArray[np.bool_] = np.all(np.isfinite(coordinates), axis=1)
        if sample.n_finite < sample.n_points:
            self.usable &= finite_rows(vectors)
        kept = self.usable[sample.queries]
        self.queries, self.neighbors = sample.queries[kept], sample.neighbors[kept]
        self.n_usable = int(self.usable.sum())

    def distance_spearman(self) -> float | str:
        if self.n_usable < 3:
            return f"at least 3 points are needed, there are {self.n_usable}"
        rows = np.flatnonzero(self.usable)
        first = self.rng.integers(0, len(rows), _PAIRS)
        # An offset between 1 and n - 1 never pairs a point with itself.
        second = (first + self.rng.integers(1, len(rows), _PAIRS)) % len(rows)
        first, second = rows[first], rows[second]
        apart = np.sqrt(squared_distances(self.vectors, self.sample, first, second[:, np.newaxis])[:, 0])
        steps = self.coordinates[first] - self.coordinates[second]
        seen = np.sqrt(np.einsum("nd,nd->n", steps, steps))
        if np.ptp(apart) ** 2 <= _TIE:
            return "the vectors are all equally far apart"
        if np.ptp(seen) == 0:
            return "the points of the map are all equally far apart"
        from scipy.stats import spearmanr

        return float(spearmanr(apart, seen).statistic)

    def neighborhoods(self, tell: Callable[[float], None]) -> tuple[float | str, float | str]:
        """Return the recall and the trustworthiness, or why there are none."""
        n = self.n_usable
        if n < N_NEIGHBORS + 2 or not len(self.queries):
            reason = f"at least {N_NEIGHBORS + 2} points are needed, there are {n}"
            return reason, reason
        places = self.coordinates[self.usable]
        if not np.ptp(places, axis=0).any():
            reason = "the points of the map are all equal"
            return reason, reason
        seen = self._seen()
        tell(0.4)
        to_seen = squared_distances(self.vectors, self.sample, self.queries, seen)
        to_tenth = squared_distances(self.vectors, self.sample, self.queries, self.neighbors[:, -1:])
        false = to_seen > to_tenth + _TIE
        tell(0.5)
        ranks, all_equal = self._ranks(to_seen, lambda share: tell(0.5 + 0.5 * share))
        if all_equal:
            reason = "the vectors are all equal"
            return reason, reason
        recall = float(1 - false.mean())
        if n <= 2 * N_NEIGHBORS:
            return recall, f"at least {2 * N_NEIGHBORS + 1} points are needed, there are {n}"
        excess = float(((ranks - N_NEIGHBORS) * false).sum(axis=1).mean())
        trust = 1 - 2 * excess / (N_NEIGHBORS * (2 * n - 3 * N_NEIGHBORS - 1))
        return recall, float(np.clip(trust, 0, 1))

    def _seen(self) -> Rows:
        """Return the rows of the nearest other points of each query in the map; among equal ones any."""
        from scipy.spatial import cKDTree

        # In a random order, so that which of many equal points are taken does not follow the order of the keys.
        rows = self.rng.permutation(np.flatnonzero(self.usable))
        tree = cKDTree(self.coordinates[rows])
        _, found = tree.query(self.coordinates[self.queries], k=N_NEIGHBORS + 1)
        seen = rows[found]
        is_self = seen == self.queries[:, np.newaxis]
        # Among many equal points a query may not find itself: then the last goes.
        is_self[~is_self.any(axis=1), -1] = True
        nearest: Rows = seen[~is_self].reshape(len(seen), N_NEIGHBORS)
        return nearest

    def _ranks(self, to_seen: Reals, tell: Callable[[float], None]) -> tuple[Reals, bool]:
        """Return the estimated ranks of seen neighbors among the vectors, and whether all vectors are equal."""
        rows = self.rng.permutation(np.flatnonzero(self.usable))[:_REFERENCES]
        references = self.sample.points(self.vectors, rows)
        squares = np.einsum("nd,nd->n", references, references)
        ranks = np.empty(to_seen.shape)
        all_equal = True
        step = max(1, _BLOCK // max(len(rows), self.vectors.shape[1]))
        for start in range(0, len(self.queries), step):
            block = slice(start, start + step)
            points = self.sample.points(self.vectors, self.queries[block])
            distances = squares - 2 * points @ references.T + np.einsum("nd,nd->n", points, points)[:, np.newaxis]
            own = rows == self.queries[block, np.newaxis]
            all_equal = all_equal and bool((distances <= _TIE).all())
            distances[own] = np.inf
            nearer = np.stack([(distances < limit[:, np.newaxis] - _TIE).sum(axis=1) for limit in to_seen[block].T], 1)
            n_others = np.maximum(len(rows) - own.sum(axis=1), 1)
            ranks[block] = 1 + nearer * ((self.n_usable - 1) / n_others)[:, np.newaxis]
            tell(min(1.0, block.stop / len(self.queries)))
        return ranks, all_equal
