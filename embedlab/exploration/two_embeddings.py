"""How much two embeddings agree: the neighbors that a key has in both, and the keys whose neighbors differ most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.evaluation.intervals import Interval
from embedlab.exploration.neighbor_overlap import (
    TOPN,
    NeighborOverlap,
    Rows,
    near_positions,
    neighbor_overlap,
)

MOST_CHANGES = 20
_NAMED_NEIGHBORS = 5


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
        Labels of its nearest neighbors in the first and in the second embedding, the nearest first; at most 5.
    both, lost, gained
        Labels of all compared neighbors: in both embeddings, only in the first, only in the second; the nearest first.
    """

    key: str
    other_key: str
    label: str
    share: float
    first_neighbors: tuple[str, ...]
    second_neighbors: tuple[str, ...]
    both: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()


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


def agreement(first: Embedding, second: Embedding, topn: int = TOPN, *, seed: int = 0) -> Agreement:
    """Compare the nearest neighbors of the keys that two embeddings share.

    Parameters and errors are those of `neighbor_overlap`.

    Notes
    -----
    The overlap of nearest neighbors of Wendlandt, Kummerfeld and Mihalcea, "Factors Influencing the Surprising
    Instability of Word Embeddings", 2018. The interval is the percentile bootstrap over keys.
    """
    return agreement_of(first, second, neighbor_overlap([first, second], topn, seed=seed))


def agreement_of(first: Embedding, second: Embedding, found: NeighborOverlap) -> Agreement:
    """Summarize the neighbors that `neighbor_overlap` has found for two embeddings."""
    overlap, interval = found.mean()
    # Most frequent first among equals: sorting is stable.
    places = np.argsort(found.shares(), kind="stable")[:MOST_CHANGES]
    changes = [_change(first, second, found, int(found.queries[place])) for place in places]
    return Agreement(
        first.n_keys,
        second.n_keys,
        found.n_shared,
        found.n_candidates,
        found.n_compared,
        found.topn,
        overlap,
        interval,
        found.chance,
        tuple(changes),
    )


def change_of_key(first: Embedding, second: Embedding, found: NeighborOverlap, row: int) -> KeyChange | None:
    """Return the neighbors of row number `row` of the first embedding in both; None if the key is not shared."""
    places = np.flatnonzero(found.rows[0] == row)
    return _change(first, second, found, int(places[0])) if len(places) else None


def _change(first: Embedding, second: Embedding, found: NeighborOverlap, position: int) -> KeyChange:
    rows = found.rows[:, position]
    near = [near_positions(each, found, side, position) for side, each in enumerate((first, second))]
    sets = [set(each) for each in near]
    return KeyChange(
        first.keys[rows[0]],
        second.keys[rows[1]],
        first.labels[rows[0]],
        len(sets[0] & sets[1]) / found.topn,
        _labels(first, found.rows[0], near[0])[:_NAMED_NEIGHBORS],
        _labels(second, found.rows[1], near[1])[:_NAMED_NEIGHBORS],
        _labels(first, found.rows[0], [each for each in near[0] if each in sets[1]]),
        _labels(first, found.rows[0], [each for each in near[0] if each not in sets[1]]),
        _labels(second, found.rows[1], [each for each in near[1] if each not in sets[0]]),
    )


def _labels(embedding: Embedding, rows: Rows, near: Sequence[int]) -> tuple[str, ...]:
    return tuple(embedding.labels[rows[place]] for place in near)
