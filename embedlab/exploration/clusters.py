"""Clusters of an embedding: nested groups of similar keys in the original space, which color and name a map.

K-means on unit vectors (cosine similarity), merged by Ward's method, so that the groups do not depend on any projection
and the groups of a fine layer are parts of those of a coarse one. Density clustering was tried instead: on words of a
text and on the items of ratings, HDBSCAN leaves half of the keys or more without a group.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.files import atomic_file
from embedlab.core.progress import ReportProgress, ignore_progress, part_of
from embedlab.core.stored import read_arrays
from embedlab.exploration.cluster_fitting import Rows, Units, fit_layers
from embedlab.exploration.cluster_names import Grouping, layer_names
from embedlab.exploration.stop_words import stop_words

#: Name of the file in the folder of an embedding.
CLUSTERS_FILE = "clusters.npz"
#: Code of a key without a cluster: a stop word, or a vector with NaN or of length zero.
MUTED = 255
#: The same in the finer layers.
NO_GROUP = 65535
_FEWEST_KEYS_PER_CLUSTER = 8
_FEWEST_CLUSTERS, _MOST_CLUSTERS = 8, 12
#: Groups of a layer per group of the layer before, and the most layers.
_PARTS, _MOST_LAYERS = 3, 3
_BLOCK_KEYS = 20_000
#: Bounds of a stored file, which may come from a backup.
_MOST_NAMES_BYTES = 1 << 20
_BYTES_PER_KEY = 3
_FITTING_SHARE = 0.9
_STAGE = "finding clusters"

Codes = npt.NDArray[np.uint8]
FineCodes = npt.NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of groups.

    Parameters
    ----------
    codes
        `(n_keys,)` uint16 group of each key, the largest group first; `NO_GROUP` for none.
    names
        The name of each group.
    parents
        `(n_groups,)` uint16 group of the next coarser layer that each group is a part of; empty for the coarsest layer.
    """

    codes: FineCodes
    names: tuple[str, ...]
    parents: FineCodes

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """The number of keys of each group."""
        return np.bincount(self.codes[self.codes != NO_GROUP], minlength=len(self.names))

    def members(self, group: int) -> Rows:
        """Return the rows of a group."""
        return np.flatnonzero(self.codes == group)


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
    finer
        Finer layers, whose groups are parts of these clusters; None if they were not looked for (earlier versions).
    """

    codes: Codes
    names: tuple[str, ...]
    has_stop_words: bool = False
    finer: tuple[Layer, ...] | None = None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, the coarsest first."""
        codes = np.where(self.codes == MUTED, np.uint16(NO_GROUP), self.codes.astype(np.uint16))
        return (Layer(codes, self.names, np.empty(0, np.uint16)), *(self.finer or ()))

    @property
    def digest(self) -> str:
        """A number of the groups, as 8 hexadecimal digits: names that users set belong to these groups only."""
        finest = self.finer[-1].codes if self.finer else np.empty(0, np.uint16)
        return f"{zlib.crc32(finest.tobytes(), zlib.crc32(self.codes.tobytes())):08x}"

    def renamed(self, names: Mapping[tuple[int, int], str]) -> Clusters:
        """Return the clusters with other names for some groups, by layer and group; unknown groups are ignored."""
        layers = [
            tuple(names.get((number, group), name) for group, name in enumerate(layer.names))
            for number, layer in enumerate(self.layers)
        ]
        finer = None if self.finer is None else tuple(map(_with_names, self.finer, layers[1:]))
        return replace(self, names=layers[0], finer=finer)

    def save(self, path: Path) -> None:
        """Write the clusters atomically to an `.npz` file (three bytes per key)."""
        arrays: dict[str, Any] = {}
        if self.finer is not None:
            arrays["n_finer"] = np.array(len(self.finer))
        for number, layer in enumerate(self.finer or ()):
            arrays[f"parents_{number}"] = layer.parents
            arrays[f"names_{number}"] = np.array(layer.names, dtype=np.str_)
            # Groups of the other layers follow from their parts.
            arrays["finest"] = layer.codes
        with atomic_file(path) as stream:
            names = np.array(self.names, dtype=np.str_)
            np.savez(stream, codes=self.codes, names=names, stops=np.array(self.has_stop_words), **arrays)

    @classmethod
    def load(cls, path: Path, n_keys: int) -> Self | None:
        """Load saved clusters; None if the file is missing, damaged, or of an embedding of another size."""
        stored = read_arrays(path, _BYTES_PER_KEY * n_keys + _MOST_NAMES_BYTES)
        if stored is None:
            return None
        try:
            codes, names, stops = stored["codes"], stored["names"], stored["stops"]
            finer = _read_finer(stored, n_keys) if "n_finer" in stored else None
        except (ValueError, LookupError, TypeError, ArithmeticError):
            return None
        if codes.shape != (n_keys,) or codes.dtype != np.uint8 or names.ndim != 1 or names.dtype.kind != "U":
            return None
        known = codes[codes != MUTED]
        if not 0 < len(names) <= _MOST_CLUSTERS or (known.size and known.max() >= len(names)):
            return None
        clusters = cls(codes, tuple(names.tolist()), bool(stops.any()), finer)
        return clusters if _is_nested(clusters.layers) else None


def _with_names(layer: Layer, names: tuple[str, ...]) -> Layer:
    return replace(layer, names=names)


def _read_finer(stored: Mapping[str, npt.NDArray[np.generic]], n_keys: int) -> tuple[Layer, ...]:
    """Return the finer layers of a file; raises `ValueError` or `KeyError` if it contains others."""
    n_finer = int(np.asarray(stored["n_finer"]).astype(np.int64))
    if not 0 <= n_finer < _MOST_LAYERS:
        raise ValueError(n_finer)
    layers: list[Layer] = []
    codes = np.asarray(stored["finest"]) if n_finer else np.empty(n_keys, np.uint16)
    for number in reversed(range(n_finer)):
        parents, names = np.asarray(stored[f"parents_{number}"]), np.asarray(stored[f"names_{number}"])
        if (
            (codes.shape, codes.dtype) != ((n_keys,), np.uint16)
            or (parents.shape, parents.dtype) != (names.shape, np.uint16)
            or names.ndim != 1
            or names.dtype.kind != "U"
        ):
            raise ValueError(number)
        known = codes != NO_GROUP
        if not len(names) or (known.any() and int(codes[known].max()) >= len(names)):
            raise ValueError(number)
        layers.insert(0, Layer(codes.astype(np.uint16), tuple(names.tolist()), parents.astype(np.uint16)))
        codes = np.where(known, parents[np.where(known, codes, 0)], NO_GROUP).astype(np.uint16)
    return tuple(layers)


def _is_nested(layers: tuple[Layer, ...]) -> bool:
    """Return whether the groups of each layer are parts of those of the layer before."""
    for coarse, fine in pairwise(layers):
        known = fine.codes != NO_GROUP
        if fine.parents.size and int(fine.parents.max()) >= len(coarse.names):
            return False
        expected = np.where(known, fine.parents[np.where(known, fine.codes, 0)], NO_GROUP)
        if not np.array_equal(expected, coarse.codes):
            return False
    return True


def n_clusters(n_keys: int) -> int:
    """Return the number of clusters for a number of keys: 8 to 12, fewer for fewer than 64 keys.

    Examples
    --------
    >>> [n_clusters(n) for n in (10, 40, 300, 1000, 8000, 1_000_000)]
    [1, 5, 9, 10, 12, 12]
    """
    wanted = np.clip(int(np.log2(max(n_keys, 1))) + 1, _FEWEST_CLUSTERS, _MOST_CLUSTERS)
    return max(1, min(int(wanted), n_keys // _FEWEST_KEYS_PER_CLUSTER))


def layer_sizes(n_keys: int) -> list[int]:
    """Return the number of groups of each layer for a number of keys, the coarsest first.

    Each layer has three times as many groups as the one before, as long as groups have eight keys on average.

    Examples
    --------
    >>> [layer_sizes(n) for n in (100, 300, 8000, 1_000_000)]
    [[8], [9, 27], [12, 36, 108], [12, 36, 108]]
    """
    sizes = [n_clusters(n_keys)]
    while len(sizes) < _MOST_LAYERS and _PARTS * sizes[-1] <= n_keys // _FEWEST_KEYS_PER_CLUSTER:
        sizes.append(_PARTS * sizes[-1])
    return sizes


def find_clusters(
    embedding: Embedding,
    *,
    english: bool = False,
    k: int | None = None,
    left_out: str = "",
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
        The number of clusters of a single layer, at most 12; by default the layers of `layer_sizes`.
    left_out
        A metadata column that does not name clusters, such as the kind of things that are all over the space.
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
    Above 30,000 keys, the centers are fitted to a random sample of them, and the others get the nearest center
    (`cluster_fitting`).
    """
    report(0.0, _STAGE)
    stops = stop_words(embedding.keys) if english else frozenset()
    rows = _usable_rows(embedding, stops)
    sizes = layer_sizes(len(rows)) if k is None else [min(k, _MOST_CLUSTERS)]
    if sizes[0] < 2 or len(rows) < sizes[0]:
        return None
    units = Units(embedding.vectors, rows, seed)
    fitted = fit_layers(units, sizes, seed, n_threads, part_of(report, 0.0, _FITTING_SHARE))
    if fitted[0].n_groups < 2:
        # Equal vectors: all are in one cluster.
        return None
    report(_FITTING_SHARE, "naming clusters")
    groups = [Grouping(each.assigned, each.own, each.own - each.other) for each in fitted]
    names = layer_names(embedding, rows, groups, left_out)
    layers: list[Layer] = []
    for number, each in enumerate(fitted):
        codes = np.full(embedding.n_keys, NO_GROUP, dtype=np.uint16)
        codes[rows] = each.assigned
        parents = np.empty(0, np.uint16)
        if number:
            _, firsts = np.unique(each.assigned, return_index=True)
            parents = fitted[number - 1].assigned[firsts].astype(np.uint16)
        layers.append(Layer(codes, tuple(names[number]), parents))
    report(1.0, "naming clusters")
    coarse = np.where(layers[0].codes == NO_GROUP, MUTED, layers[0].codes).astype(np.uint8)
    return Clusters(coarse, layers[0].names, bool(stops), tuple(layers[1:]))


def _usable_rows(embedding: Embedding, stops: frozenset[str]) -> Rows:
    usable = np.array([key not in stops for key in embedding.keys])
    for start in range(0, embedding.n_keys, _BLOCK_KEYS):
        sizes = np.abs(embedding.vectors[start : start + _BLOCK_KEYS]).max(axis=1)
        usable[start : start + _BLOCK_KEYS] &= np.isfinite(sizes) & (sizes > 0)
    return np.flatnonzero(usable)
