"""Clusters of an embedding: groups of similar keys in the original space, which color and name a map.

K-means on unit vectors (cosine similarity), so that the groups do not depend on any projection.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.files import atomic_file
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.exploration.cluster_names import cluster_names
from embedlab.exploration.stop_words import stop_words

#: Name of the file in the folder of an embedding.
CLUSTERS_FILE = "clusters.npz"
#: Code of a key without a cluster: a stop word, or a vector with NaN or of length zero.
MUTED = 255
_FEWEST_KEYS_PER_CLUSTER = 8
_FEWEST_CLUSTERS, _MOST_CLUSTERS = 8, 12
_MOST_FITTED = 50_000
_BLOCK_KEYS = 20_000
#: Starts of k-means, of which the best is used, and the most steps of each.
_STARTS, _STEPS = 4, 100
#: Bounds of a stored file, which may come from a backup.
_MOST_NAMES_BYTES = 1 << 20
_FITTING_SHARE = 0.9
_STAGE = "finding clusters"

Codes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Clusters:
    """The clusters of an embedding.

    Parameters
    ----------
    codes
        `(n_keys,)` uint8 cluster of each key, the largest cluster first; `MUTED` for none.
    names
        The name of each cluster: its most typical words, or the typical values of its keys' metadata.
    has_stop_words
        Whether the keys without a cluster are English stop words.
    """

    codes: Codes
    names: tuple[str, ...]
    has_stop_words: bool = False

    def save(self, path: Path) -> None:
        """Write the clusters atomically to an `.npz` file (one byte per key)."""
        with atomic_file(path) as stream:
            names = np.array(self.names, dtype=np.str_)
            np.savez(stream, codes=self.codes, names=names, stops=np.array(self.has_stop_words))

    @classmethod
    def load(cls, path: Path, n_keys: int) -> Self | None:
        """Load saved clusters; None if the file is missing, damaged, or of an embedding of another size."""
        try:
            with zipfile.ZipFile(path) as archive:
                # A header that promises more than the file should contain would fill the memory.
                if sum(member.file_size for member in archive.infolist()) > n_keys + _MOST_NAMES_BYTES:
                    return None
            with np.load(path, allow_pickle=False) as stored:
                codes, names, stops = stored["codes"], stored["names"], stored["stops"]
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error):
            return None
        if codes.shape != (n_keys,) or codes.dtype != np.uint8 or names.ndim != 1 or names.dtype.kind != "U":
            return None
        known = codes[codes != MUTED]
        if not 0 < len(names) <= _MOST_CLUSTERS or (known.size and known.max() >= len(names)):
            return None
        return cls(codes, tuple(names.tolist()), bool(stops.any()))


def n_clusters(n_keys: int) -> int:
    """Return the number of clusters for a number of keys: 8 to 12, fewer for fewer than 64 keys.

    Examples
    --------
    >>> [n_clusters(n) for n in (10, 40, 300, 1000, 8000, 1_000_000)]
    [1, 5, 9, 10, 12, 12]
    """
    wanted = np.clip(int(np.log2(max(n_keys, 1))) + 1, _FEWEST_CLUSTERS, _MOST_CLUSTERS)
    return max(1, min(int(wanted), n_keys // _FEWEST_KEYS_PER_CLUSTER))


def find_clusters(
    embedding: Embedding,
    *,
    english: bool = False,
    k: int | None = None,
    seed: int = 0,
    n_threads: int = 1,
    report: ReportProgress = ignore_progress,
) -> Clusters | None:
    """Find and name the clusters of an embedding.

    Parameters
    ----------
    english
        Whether the keys may be English words: stop words then belong to no cluster.
    k
        The number of clusters, at most 12; by default `n_clusters`.
    seed
        The same seed, vectors and names give the same clusters, with any number of threads.
    n_threads
        Threads to use.
    report
        Called with the share done; raise `CancelledError` in it to stop.

    Returns
    -------
    The clusters; None if there are too few keys for two clusters.

    Notes
    -----
    Above 50,000 keys, the centers are fitted to a random sample of them. Lloyd, S. (1982), by scikit-learn's `KMeans`
    with the starts of Arthur, D., Vassilvitskii, S. (2007), k-means++.
    """
    report(0.0, _STAGE)
    stops = stop_words(embedding.keys) if english else frozenset()
    rows = _usable_rows(embedding, stops)
    k = min(n_clusters(len(rows)) if k is None else k, _MOST_CLUSTERS)
    if k < 2 or len(rows) < k:
        return None
    assigned, own, other = _k_means(_Units(embedding.vectors, rows, seed), k, seed, n_threads, report)
    if not assigned.any():
        # Equal vectors: all are in one cluster.
        return None
    codes = np.full(embedding.n_keys, MUTED, dtype=np.uint8)
    codes[rows] = assigned
    report(_FITTING_SHARE, "naming clusters")
    names = cluster_names(embedding, rows, assigned, own, own - other)
    report(1.0, "naming clusters")
    return Clusters(codes, tuple(names), bool(stops))


def _usable_rows(embedding: Embedding, stops: frozenset[str]) -> Rows:
    usable = np.array([key not in stops for key in embedding.keys])
    for start in range(0, embedding.n_keys, _BLOCK_KEYS):
        sizes = np.abs(embedding.vectors[start : start + _BLOCK_KEYS]).max(axis=1)
        usable[start : start + _BLOCK_KEYS] &= np.isfinite(sizes) & (sizes > 0)
    return np.flatnonzero(usable)


class _Units:
    """Vectors of length 1 after subtraction of their mean, read in blocks.

    Most embeddings have a common direction, such as that of frequent words, which says nothing about a group (Mu, J.,
    Viswanath, P. (2018). All-but-the-top).
    """

    def __init__(self, vectors: Vectors, rows: Rows, seed: int) -> None:
        self._vectors, self._rows = vectors, rows
        chosen = rows
        if len(rows) > _MOST_FITTED:
            chosen = np.sort(np.random.default_rng(seed).choice(rows, _MOST_FITTED, replace=False))
        plain = _normalized(np.asarray(vectors[chosen]))
        self._mean = plain.mean(axis=0, dtype=np.float64).astype(np.float32)
        #: The rows to fit to: all, or a random sample of them.
        self.sample = _normalized(plain - self._mean)

    def __len__(self) -> int:
        return len(self._rows)

    def block(self, block: slice) -> Vectors:
        return _normalized(_normalized(np.asarray(self._vectors[self._rows[block]])) - self._mean)


def _normalized(vectors: Vectors) -> Vectors:
    # Squares of very large numbers overflow, and those of very small ones underflow.
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    scaled = vectors / np.where(largest > 0, largest, np.float32(1))
    norms = np.linalg.norm(scaled, axis=1, keepdims=True)
    units: Vectors = (scaled / np.where(norms > 0, norms, 1)).astype(np.float32)
    return units


def _k_means(units: _Units, k: int, seed: int, n_threads: int, report: ReportProgress) -> tuple[Rows, Vectors, Vectors]:
    """Return for each row its cluster, the largest first, and its cosine to its own and to the nearest other center."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    assigned = np.empty(len(units), dtype=np.int64)
    nearest = np.empty((len(units), 2), dtype=np.float32)
    with threadpool_limits(n_threads):
        fits = []
        for start in range(_STARTS):
            k_means = KMeans(n_clusters=k, n_init=1, random_state=(seed + start) % 2**32, max_iter=_STEPS)
            with warnings.catch_warnings():
                # Fewer different vectors than clusters: the empty ones are dropped.
                warnings.simplefilter("ignore", ConvergenceWarning)
                fits.append(k_means.fit(units.sample))
            report(_FITTING_SHARE * (start + 1) / (_STARTS + 1), _STAGE)
        best = min(fits, key=lambda fit: fit.inertia_)
        centers = _normalized(np.asarray(best.cluster_centers_, dtype=np.float32))
        for first in range(0, len(units), _BLOCK_KEYS):
            block = slice(first, first + _BLOCK_KEYS)
            cosines = units.block(block) @ centers.T
            assigned[block] = cosines.argmax(axis=1)
            nearest[block] = np.sort(cosines, axis=1)[:, :-3:-1]
    order = np.argsort(-np.bincount(assigned, minlength=k), kind="stable")
    rank = np.empty(k, dtype=np.int64)
    rank[order] = np.arange(k)
    return rank[assigned], nearest[:, 0], nearest[:, 1]
