"""How far a picture can be trusted: what of the neighbourhoods and distances of the vectors it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from embedlab.errors import InputError

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]
Metric = Literal["cosine", "euclidean"]

_N_NEIGHBORS = 10
#: Points asked for their neighbours among all points.
_QUERIES = 1000
#: Pairs of points whose distances are ranked.
_PAIRS = 20_000
#: Trustworthiness ranks all distances of its points: 2,000 points take 32 MB and a second.
_TRUSTED = 2000
#: Numbers of the distance matrix held at a time (64 MB of float32).
_BLOCK = 1 << 24


def projection_quality(
    vectors: Floats, coordinates: Floats, seed: int, metric: Metric = "cosine"
) -> dict[str, float | int | None]:
    """Measure a projection.

    Parameters
    ----------
    vectors
        `(n_keys, vector_size)` float32.
    coordinates
        `(n_keys, 2 or 3)` float32 of the same keys; their distance is always Euclidean.
    seed
        Draws the points and pairs that are looked at.
    metric
        Distance between vectors; cosine is what neighbours are asked by.

    Returns
    -------
    ``{"knn_recall_10", "distance_spearman", "trustworthiness", "sampled"}``: the share of the 10 nearest vectors found
    among the 10 nearest points; the rank correlation of distances of random pairs; the trustworthiness at 10
    neighbours; and the number of points looked at for it. None where there are too few points.

    Raises
    ------
    InputError
        The arrays have different lengths.

    Notes
    -----
    Kobak and Berens, "The art of using t-SNE for single-cell transcriptomics", 2019; Venna and Kaski, "Neighborhood
    preservation in nonlinear projection methods", 2001.
    """
    if len(vectors) != len(coordinates):
        raise InputError(
            "Vectors and coordinates must be of the same keys.", received=f"{len(vectors)} and {len(coordinates)}"
        )
    rng = np.random.default_rng(seed)
    points = _unit(vectors) if metric == "cosine" else np.asarray(vectors, np.float32)
    n_points = len(points)
    sample = np.sort(rng.permutation(n_points)[:_TRUSTED])
    return {
        "knn_recall_10": _knn_recall(points, coordinates, rng),
        "distance_spearman": _distance_spearman(points, coordinates, rng),
        "trustworthiness": _trustworthiness(points[sample], np.asarray(coordinates)[sample]),
        "sampled": len(sample),
    }


def _unit(vectors: Floats) -> Floats:
    # Between vectors of length 1 the Euclidean distance ranks as the cosine distance does.
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.divide(vectors, norms, out=np.zeros(vectors.shape, np.float32), where=norms > 0)
    return unit


def _knn_recall(points: Floats, coordinates: Floats, rng: np.random.Generator) -> float | None:
    if len(points) < _N_NEIGHBORS + 2:
        return None
    queries = np.sort(rng.permutation(len(points))[:_QUERIES])
    found = [
        len(np.intersect1d(near, seen, assume_unique=True))
        for near, seen in zip(_nearest(points, queries), _nearest(coordinates, queries), strict=True)
    ]
    return float(np.mean(found) / _N_NEIGHBORS)


def _nearest(points: Floats, queries: Rows) -> Iterator[Rows]:
    """Yield the rows of the nearest other points of each query, exactly, block by block."""
    points = np.asarray(points, np.float32) - np.mean(points, axis=0, dtype=np.float64).astype(np.float32)
    squares = np.einsum("nd,nd->n", points, points)
    step = max(1, _BLOCK // len(points))
    for start in range(0, len(queries), step):
        block = queries[start : start + step]
        # The query's own square is the same for all and does not change the order.
        distances = squares - 2 * points[block] @ points.T
        distances[np.arange(len(block)), block] = np.inf
        yield from np.argpartition(distances, _N_NEIGHBORS, axis=1)[:, :_N_NEIGHBORS]


def _distance_spearman(points: Floats, coordinates: Floats, rng: np.random.Generator) -> float | None:
    from scipy.stats import spearmanr

    n_points = len(points)
    if n_points < 3:
        return None
    first = rng.integers(0, n_points, _PAIRS)
    # An offset between 1 and n - 1 never pairs a point with itself.
    second = (first + rng.integers(1, n_points, _PAIRS)) % n_points

    def distances(rows: Floats) -> npt.NDArray[np.float64]:
        lengths: npt.NDArray[np.float64] = np.linalg.norm(rows[first].astype(np.float64) - rows[second], axis=1)
        return lengths

    apart, seen = distances(points), distances(np.asarray(coordinates))
    if np.ptp(apart) == 0 or np.ptp(seen) == 0:
        return None
    return float(spearmanr(apart, seen).statistic)


def _trustworthiness(points: Floats, coordinates: Any) -> float | None:
    from sklearn.manifold import trustworthiness

    # Defined for fewer than n / 2 neighbours.
    if len(points) <= 2 * _N_NEIGHBORS:
        return None
    return float(trustworthiness(points, coordinates, n_neighbors=_N_NEIGHBORS))
