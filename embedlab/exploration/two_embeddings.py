"""How much two embeddings agree: the neighbors that a key has in both, and the keys whose neighbors differ most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError, ParameterError
from embedlab.evaluation.intervals import Interval, percentile_interval
from embedlab.evaluation.resampling import resampled_sums
from embedlab.evaluation.stability import shared_neighbors
from embedlab.exploration.comparison import counterpart

Rows = npt.NDArray[np.int64]

TOPN = 10
#: More neighbors are no longer near.
MOST_NEIGHBORS = 100
#: Neighbors are searched among this many shared keys, the most frequent of the first embedding.
MOST_KEYS = 50_000
#: Keys whose neighbors are compared; if more are shared, a random sample.
MOST_COMPARED = 3_000
MOST_CHANGES = 20
FEWEST_KEYS = 3
_NAMED_NEIGHBORS = 5
_BLOCK_NUMBERS = 1 << 24


@dataclass(frozen=True)
class KeyChange:
    """A key and its neighbors in both embeddings.

    Parameters
    ----------
    key, other_key
        The key in the first and in the second embedding.
    label
        Its label in the first embedding.
    share
        Share of its nearest neighbors that both embeddings have in common, 0 to 1.
    first_neighbors, second_neighbors
        Labels of its nearest neighbors in the first and in the second embedding, the nearest first.
    """

    key: str
    other_key: str
    label: str
    share: float
    first_neighbors: tuple[str, ...]
    second_neighbors: tuple[str, ...]


@dataclass(frozen=True)
class Agreement:
    """The agreement of two embeddings.

    Parameters
    ----------
    n_first, n_second, n_shared
        Number of keys of each embedding, and of keys that both have.
    n_candidates
        Shared keys among which neighbors were searched.
    n_compared
        Keys whose neighbors were compared.
    topn
        Neighbors compared per key.
    overlap
        Mean share of the neighbors that a key has in both, 0 to 1.
    interval
        Its 95 % interval, with the keys as the sample; None if all keys agree equally.
    chance
        The overlap expected of unrelated embeddings: `topn / (n_candidates - 1)`.
    changes
        The keys with the smallest share, the more frequent first.
    """

    n_first: int
    n_second: int
    n_shared: int
    n_candidates: int
    n_compared: int
    topn: int
    overlap: float
    interval: Interval | None
    chance: float
    changes: tuple[KeyChange, ...]


def shared_rows(first: Embedding, second: Embedding, most: int | None = None) -> tuple[Rows, Rows]:
    """Return the rows of the keys that two embeddings share, in the order of the first.

    Keys match as in `comparison.counterpart`; keys whose vectors are zero or not finite in one of them are left out.

    Parameters
    ----------
    most
        Maximum number of rows; None: all.

    Returns
    -------
    `(n_shared,)` int64 rows of the first, and of the second.
    """
    rows: list[tuple[int, int]] = []
    used: set[int] = set()
    usable_first, usable_second = _usable(first), _usable(second)
    for row, key in enumerate(first.keys):
        if most is not None and len(rows) >= most:
            break
        other = counterpart(first, key, second)
        at = None if other is None else second.key_to_index[other]
        if at is not None and at not in used and usable_first[row] and usable_second[at]:
            used.add(at)
            rows.append((row, at))
    pairs = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _usable(embedding: Embedding) -> npt.NDArray[np.bool_]:
    norms = np.asarray(embedding.norms)
    usable: npt.NDArray[np.bool_] = np.isfinite(norms) & (norms > 0)
    return usable


def agreement(first: Embedding, second: Embedding, topn: int = TOPN, *, seed: int = 0) -> Agreement:
    """Compare the nearest neighbors of the keys that two embeddings share.

    Parameters
    ----------
    first, second
        May have different dimensions; a rotation changes nothing, since neighbors depend on cosines only.
    topn
        Neighbors per key, by cosine similarity among the shared keys; fewer if there are not enough keys.
    seed
        Of the sample of keys, if more than `MOST_COMPARED` are shared.

    Raises
    ------
    InputError
        Fewer than `FEWEST_KEYS` keys are shared.
    ParameterError
        `topn` is below 1 or above `MOST_NEIGHBORS`.

    Notes
    -----
    The overlap of nearest neighbors of Wendlandt, Kummerfeld and Mihalcea, "Factors Influencing the Surprising
    Instability of Word Embeddings", 2018. The interval is the percentile bootstrap over keys.
    """
    if not 1 <= topn <= MOST_NEIGHBORS:
        raise ParameterError(f"Between 1 and {MOST_NEIGHBORS} neighbors can be compared.", received=topn)
    rows_first, rows_second = shared_rows(first, second)
    n_shared = len(rows_first)
    if n_shared < FEWEST_KEYS:
        raise InputError(
            "The two embeddings have too few keys in common to compare.",
            received=f"{n_shared} shared keys",
            remedy="Compare embeddings of the same words or items.",
        )
    rows_first, rows_second = rows_first[:MOST_KEYS], rows_second[:MOST_KEYS]
    n_candidates = len(rows_first)
    topn = min(topn, n_candidates - 1)
    units = _units(first, rows_first), _units(second, rows_second)
    order = np.random.default_rng(seed).permutation(n_candidates)[:MOST_COMPARED]
    queries = np.sort(order).astype(np.int64)
    near = np.stack([_nearest(each, queries, topn) for each in units])
    shares = shared_neighbors(near)[0] / topn
    sums = resampled_sums(np.column_stack([shares, np.ones(len(shares))]))
    # Most frequent first among equals: sorting is stable.
    places = np.argsort(shares, kind="stable")[:MOST_CHANGES]
    changes = [
        KeyChange(
            first.keys[rows_first[queries[place]]],
            second.keys[rows_second[queries[place]]],
            first.labels[rows_first[queries[place]]],
            float(shares[place]),
            _labels(first, rows_first, near[0, place]),
            _labels(second, rows_second, near[1, place]),
        )
        for place in places.tolist()
    ]
    return Agreement(
        first.n_keys,
        second.n_keys,
        n_shared,
        n_candidates,
        len(queries),
        topn,
        float(shares.mean()),
        percentile_interval(sums[:, 0] / sums[:, 1], len(shares)),
        topn / (n_candidates - 1),
        tuple(changes),
    )


def _units(embedding: Embedding, rows: Rows) -> Vectors:
    units: Vectors = np.asarray(embedding.vectors[rows]) / np.asarray(embedding.norms)[rows, np.newaxis]
    return units.astype(np.float32, copy=False)


def _labels(embedding: Embedding, rows: Rows, near: Sequence[int] | Rows) -> tuple[str, ...]:
    return tuple(embedding.labels[rows[place]] for place in near[:_NAMED_NEIGHBORS])


def _nearest(units: Vectors, queries: Rows, topn: int) -> Rows:
    """Return the `(n_queries, topn)` rows nearest to each query, itself excluded, the nearest first."""
    nearest = np.empty((len(queries), topn), np.int64)
    step = max(1, _BLOCK_NUMBERS // len(units))
    for start in range(0, len(queries), step):
        block = queries[start : start + step]
        cosines = units[block] @ units.T
        lines = np.arange(len(block))
        cosines[lines, block] = -np.inf
        best = np.argpartition(-cosines, topn - 1, axis=1)[:, :topn]
        order = np.argsort(-np.take_along_axis(cosines, best, axis=1), axis=1, kind="stable")
        nearest[start : start + step] = np.take_along_axis(best, order, axis=1)
    return nearest
