"""Keys whose vectors are almost equal: spellings of a word, versions of a document, items rated by the same users."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.files import atomic_file
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.core.stored import read_arrays
from embedlab.exploration.cluster_fitting import normalized

#: Name of the file in the folder of an embedding.
NEAR_DUPLICATES_FILE = "near_duplicates.npz"
#: Pairs below this cosine similarity are not stored.
LOWEST_COSINE = 0.8
#: The cosine similarity from which a list begins by default.
DEFAULT_COSINE = 0.95
#: The keys that are compared: the first ones, which are the most frequent where keys have counts.
MOST_COMPARED = 20_000
#: The most stored pairs: those with the highest cosine.
MOST_PAIRS = 20_000
_BLOCK_KEYS = 500
#: Names of the arrays that are stored.
_ARRAYS = frozenset({"pairs", "cosines", "facts"})
#: Bytes of a stored pair, and of the rest of a file.
_PAIR_BYTES, _REST_BYTES = 12, 4096

Pairs = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class NearDuplicates:
    """Pairs of keys with almost equal vectors.

    Parameters
    ----------
    pairs
        `(n, 2)` int32 rows of the embedding, the smaller row first; the most similar pairs first.
    cosines
        `(n,)` float32 cosine similarities, at least `LOWEST_COSINE`, descending.
    n_compared
        How many keys were compared: all, or the first `MOST_COMPARED`.
    least_cosine
        All pairs of the compared keys above this cosine are stored; it exceeds `LOWEST_COSINE` if there were more than
        `MOST_PAIRS`. Equal vectors are stored as pairs with the first of them only.
    """

    pairs: Pairs
    cosines: npt.NDArray[np.float32]
    n_compared: int
    least_cosine: float = LOWEST_COSINE

    def groups(self, least_cosine: float = DEFAULT_COSINE) -> list[tuple[int, list[tuple[int, float]]]]:
        """Return groups of near-duplicates: the first row of each, and the others with their cosine to it.

        Each key is in one group. A key joins the group of the smallest row that it is similar to and that is not in
        a group itself, so that no chain of small differences connects two keys that are far apart.
        """
        chosen = self.cosines >= least_cosine
        pairs, cosines = self.pairs[chosen], self.cosines[chosen]
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        members: set[int] = set()
        groups: dict[int, list[tuple[int, float]]] = {}
        for (first, second), cosine in zip(pairs[order].tolist(), cosines[order].tolist(), strict=True):
            if first not in members and second not in members:
                groups.setdefault(first, []).append((second, cosine))
                members.add(second)
        for others in groups.values():
            others.sort(key=lambda each: (-each[1], each[0]))
        return sorted(groups.items(), key=lambda group: (-group[1][0][1], group[0]))

    def save(self, path: Path) -> None:
        """Write them atomically to an `.npz` file."""
        with atomic_file(path) as stream:
            facts = np.array([self.n_compared, self.least_cosine])
            np.savez(stream, pairs=self.pairs, cosines=self.cosines, facts=facts)

    @classmethod
    def load(cls, path: Path, n_keys: int) -> Self | None:
        """Load saved near-duplicates; None if the file is missing, damaged, or of an embedding of another size."""
        stored = read_arrays(path, MOST_PAIRS * _PAIR_BYTES + _REST_BYTES)
        if stored is None or not stored.keys() >= _ARRAYS:
            return None
        pairs, cosines, facts = stored["pairs"], stored["cosines"], stored["facts"]
        n = len(cosines) if cosines.ndim == 1 else -1
        is_whole = (
            pairs.shape == (n, 2)
            and pairs.dtype == np.int32
            and cosines.dtype == np.float32
            and facts.shape == (2,)
            and facts.dtype == np.float64
            and bool(np.isfinite(cosines).all() and np.isfinite(facts).all())
            and (n == 0 or (pairs.min() >= 0 and pairs.max() < n_keys))
        )
        return cls(pairs, cosines, int(facts[0]), float(facts[1])) if is_whole else None


def find_near_duplicates(
    embedding: Embedding, *, n_threads: int = 1, report: ReportProgress = ignore_progress
) -> NearDuplicates:
    """Find the pairs of keys with the most similar vectors among the first `MOST_COMPARED` keys.

    Vectors with NaN and of length zero are no duplicates. Equal vectors are compared with the first of them only, so
    that thousands of equal ones give as many pairs and no more.
    """
    from threadpoolctl import threadpool_limits

    n_compared = min(embedding.n_keys, MOST_COMPARED)
    vectors = np.asarray(embedding.vectors[:n_compared], dtype=np.float32)
    usable = np.flatnonzero(np.isfinite(vectors).all(axis=1) & (vectors != 0).any(axis=1))
    units = normalized(vectors[usable])
    _, firsts, which = np.unique(units, axis=0, return_index=True, return_inverse=True)
    firsts = usable[firsts]
    repeated = np.flatnonzero(firsts[which] != usable)
    equal = np.column_stack([firsts[which[repeated]], usable[repeated]])
    found = [_Found(equal.astype(np.int32), np.ones(len(equal), np.float32))]
    rows = np.sort(firsts)
    distinct = normalized(vectors[rows])
    least, is_full = LOWEST_COSINE, False
    with threadpool_limits(n_threads):
        for start in range(0, len(rows), _BLOCK_KEYS):
            block = distinct[start : start + _BLOCK_KEYS]
            cosines = block @ distinct[start:].T
            # Once there are enough pairs, only more similar ones count: thousands of vectors may be almost equal.
            at, other = np.nonzero(np.triu(cosines > least if is_full else cosines >= least, 1))
            pairs = np.column_stack([rows[start + at], rows[start + other]]).astype(np.int32)
            found.append(_Found(pairs, np.minimum(cosines[at, other], 1).astype(np.float32)))
            if sum(len(each.cosines) for each in found) > 2 * MOST_PAIRS:
                found, is_full = [_best(found)], True
                least = float(found[0].cosines[-1])
            report(min(1.0, (start + _BLOCK_KEYS) / len(rows)), "finding near-duplicates")
    best = _best(found)
    if is_full or sum(len(each.cosines) for each in found) > MOST_PAIRS:
        least = float(best.cosines[-1])
    return NearDuplicates(best.pairs, best.cosines, n_compared, least)


@dataclass(frozen=True, eq=False)
class _Found:
    pairs: Pairs
    cosines: npt.NDArray[np.float32]


def _best(found: list[_Found]) -> _Found:
    """Return the most similar pairs, at most `MOST_PAIRS`; of equally similar ones those found first."""
    pairs = np.concatenate([each.pairs for each in found])
    cosines = np.concatenate([each.cosines for each in found])
    order = np.argsort(-cosines, kind="stable")[:MOST_PAIRS]
    return _Found(pairs[order], cosines[order])
