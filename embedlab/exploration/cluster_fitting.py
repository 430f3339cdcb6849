"""Nested groups of unit vectors: k-means into more groups than needed, which Ward's method then merges."""

from __future__ import annotations

import heapq
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.progress import ReportProgress, ignore_progress

#: The most keys that centers are fitted to, a random sample; each other key gets its nearest center.
_MOST_FITTED = 30_000
_BLOCK_KEYS = 20_000
#: Starts of k-means for a single layer, of which the best is used; the merged groups of several layers need only one.
_STARTS = 4
_STEPS, _STEPS_OF_MANY = 100, 60
#: Groups that are merged, per group of the finest layer.
_SPARE = 1.5

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FittedLayer:
    """One layer of groups.

    Parameters
    ----------
    assigned
        `(n,)` group of each row, from 0, the largest group first.
    own, other
        `(n,)` float32 cosine of each row to its own center and to the nearest other center of the layer.
    """

    assigned: Rows
    own: npt.NDArray[np.float32]
    other: npt.NDArray[np.float32]

    @property
    def n_groups(self) -> int:
        """The number of groups."""
        return int(self.assigned.max()) + 1


class Units:
    """Vectors of length 1 after subtraction of their mean, read in blocks.

    Most embeddings have a common direction, such as that of frequent words, which says nothing about a group (Mu, J.,
    Viswanath, P. (2018). All-but-the-top).
    """

    def __init__(self, vectors: Vectors, rows: Rows, seed: int) -> None:
        self._vectors, self._rows = vectors, rows
        chosen = rows
        if len(rows) > _MOST_FITTED:
            chosen = np.sort(np.random.default_rng(seed).choice(rows, _MOST_FITTED, replace=False))
        plain = normalized(np.asarray(vectors[chosen]))
        self._mean = plain.mean(axis=0, dtype=np.float64).astype(np.float32)
        #: The rows to fit to: all, or a random sample of them.
        self.sample = normalized(plain - self._mean)

    def __len__(self) -> int:
        return len(self._rows)

    def block(self, block: slice) -> Vectors:
        """Return some of the vectors."""
        return normalized(normalized(np.asarray(self._vectors[self._rows[block]])) - self._mean)


def normalized(vectors: Vectors) -> Vectors:
    """Return the vectors with length 1; vectors of length 0 stay."""
    # Squares of very large numbers overflow, and those of very small ones underflow.
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    scaled = vectors / np.where(largest > 0, largest, np.float32(1))
    norms = np.linalg.norm(scaled, axis=1, keepdims=True)
    units: Vectors = (scaled / np.where(norms > 0, norms, 1)).astype(np.float32)
    return units


def fit_layers(
    units: Units, sizes: Sequence[int], seed: int, n_threads: int, report: ReportProgress = ignore_progress
) -> list[FittedLayer]:
    """Return nested layers of groups, the coarsest first: groups of a layer are parts of those of the one before.

    Parameters
    ----------
    sizes
        The numbers of groups of the layers, ascending. A layer is left out if the vectors have no more different groups
        than the layer before.
    report
        Called with the share done and a stage.

    Notes
    -----
    Lloyd, S. (1982), by scikit-learn's `KMeans` with the starts of Arthur, D., Vassilvitskii, S. (2007), k-means++;
    then Ward, J. H. (1963), on the centers, weighted by the sizes of their groups.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(n_threads):
        finest = sizes[-1]
        n_seeds = finest if len(sizes) == 1 else min(int(_SPARE * finest), len(units.sample))
        labels, centers = _k_means(units.sample, n_seeds, seed, _STARTS if len(sizes) == 1 else 1, report)
        weights = np.bincount(labels, minlength=len(centers)).astype(np.float64)
        filled = np.flatnonzero(weights)
        centers, weights = centers[filled], weights[filled]
        merges = ward_merges(centers, weights)
        cuts = [cut(merges, len(centers), min(size, len(centers))) for size in sizes]
        return _assigned(units, centers, weights, cuts)


def _k_means(
    sample: Vectors, k: int, seed: int, starts: int, report: ReportProgress
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    fits = []
    for start in range(starts):
        steps = _STEPS if starts > 1 else _STEPS_OF_MANY
        k_means = KMeans(n_clusters=k, n_init=1, random_state=(seed + start) % 2**32, max_iter=steps)
        with warnings.catch_warnings():
            # Fewer different vectors than clusters: the empty ones are dropped.
            warnings.simplefilter("ignore", ConvergenceWarning)
            fits.append(k_means.fit(sample))
        report((start + 1) / (starts + 1), "finding clusters")
    best = min(fits, key=lambda fit: fit.inertia_)
    return best.labels_, best.cluster_centers_.astype(np.float64)


def ward_merges(centers: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the merges of Ward's method, in order, on centers of groups of different sizes.

    SciPy's `linkage` gives all points the same weight, which would split off the smallest groups last.

    Parameters
    ----------
    centers, weights
        `(n, dimensions)` centers and `(n,)` positive sizes.

    Returns
    -------
    `n - 1` pairs of groups; merge number `i` makes group `n + i`.

    Examples
    --------
    >>> ward_merges(np.array([[0.0], [9.0], [1.0]]), np.ones(3))
    [(0, 2), (1, 3)]
    """
    places, sizes = list(centers), weights.tolist()
    alive = set(range(len(places)))

    def costs(group: int, others: list[int]) -> npt.NDArray[np.float64]:
        theirs = np.array([sizes[other] for other in others])
        squares = ((np.array([places[other] for other in others]) - places[group]) ** 2).sum(axis=1)
        return np.asarray(sizes[group] * theirs / (sizes[group] + theirs) * squares)

    heap: list[tuple[float, int, int]] = []
    for group in range(1, len(places)):
        others = list(range(group))
        heap += [(float(cost), other, group) for cost, other in zip(costs(group, others), others, strict=True)]
    heapq.heapify(heap)
    merges: list[tuple[int, int]] = []
    while len(alive) > 1:
        _, first, second = heapq.heappop(heap)
        if first not in alive or second not in alive:
            continue
        alive -= {first, second}
        merged, total = len(places), sizes[first] + sizes[second]
        places.append((sizes[first] * places[first] + sizes[second] * places[second]) / total)
        sizes.append(total)
        if alive:
            others = sorted(alive)
            for cost, other in zip(costs(merged, others), others, strict=True):
                heapq.heappush(heap, (float(cost), other, merged))
        alive.add(merged)
        merges.append((first, second))
    return merges


def cut(merges: Sequence[tuple[int, int]], n: int, n_groups: int) -> Rows:
    """Return the group, from 0, of each of `n` points after the first `n - n_groups` merges.

    Examples
    --------
    >>> cut([(0, 2), (1, 3)], 3, 2).tolist()
    [0, 1, 0]
    """
    root = list(range(n + len(merges)))
    for number, (first, second) in enumerate(merges[: n - n_groups]):
        root[first] = root[second] = n + number
    groups: dict[int, int] = {}
    found = []
    for point in range(n):
        at = point
        while root[at] != at:
            at = root[at]
        found.append(groups.setdefault(at, len(groups)))
    return np.array(found, dtype=np.int64)


def _assigned(
    units: Units, centers: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], cuts: Sequence[Rows]
) -> list[FittedLayer]:
    """Assign each vector to the most similar center, and to the groups that contain it."""
    layer_centers = []
    for groups in cuts:
        sums = np.zeros((int(groups.max()) + 1, centers.shape[1]))
        np.add.at(sums, groups, weights[:, None] * centers)
        layer_centers.append(normalized(sums.astype(np.float32)))
    seeds = normalized(centers.astype(np.float32))
    nearest = np.empty(len(units), dtype=np.int64)
    own = np.empty((len(cuts), len(units)), dtype=np.float32)
    other = np.empty_like(own)
    for start in range(0, len(units), _BLOCK_KEYS):
        block = slice(start, start + _BLOCK_KEYS)
        vectors = units.block(block)
        nearest[block] = (vectors @ seeds.T).argmax(axis=1)
        for layer, groups in enumerate(cuts):
            cosines = vectors @ layer_centers[layer].T
            at = (np.arange(len(vectors)), groups[nearest[block]])
            own[layer, block] = cosines[at]
            cosines[at] = -np.inf
            other[layer, block] = cosines.max(axis=1)
    layers: list[FittedLayer] = []
    for layer, groups in enumerate(cuts):
        assigned = _by_size(groups[nearest])
        fitted = FittedLayer(assigned, own[layer], np.where(np.isfinite(other[layer]), other[layer], -1))
        if not layers or fitted.n_groups > layers[-1].n_groups:
            layers.append(fitted)
    return layers


def _by_size(assigned: Rows) -> Rows:
    """Return the groups with new numbers, the largest first; groups without rows get none."""
    sizes = np.bincount(assigned)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(len(sizes), dtype=np.int64)
    rank[order] = np.arange(len(sizes))
    return rank[assigned]
