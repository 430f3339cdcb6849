"""VSKNN: the sequences most similar to a history vote for the next item.

Source: Ludewig and Jannach, "Evaluation of Session-based Recommendation Algorithms", 2018 (V-SKNN): the items of the
history are weighted by their position, most at the end, and a neighbor's vote is its similarity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from embedlab.kinds.sequences.counting import item_counts
from embedlab.kinds.sequences.histories import Histories

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float32]

N_NEIGHBORS = 200
#: Of the sequences that share an item with the history, the most recent ones are compared, as in the source.
MOST_CANDIDATES = 1_000
#: Items of a history that count.
_MOST_ITEMS = 50
#: Histories at a time.
_STEP = 500


@dataclass(frozen=True)
class VsKnn:
    """Nearest sequences.

    Parameters
    ----------
    occurs
        `(n_sequences, n_items)` sparse: 1 where a sequence has an item; the most recent sequences come last.
    counts
        `(n_items,)` events of each item; they break ties and decide where no sequence is similar.
    n_neighbors, most_candidates
        Sequences that vote, and sequences that are compared for each item of the history.
    """

    occurs: csr_array
    counts: npt.NDArray[np.int64]
    n_neighbors: int = N_NEIGHBORS
    most_candidates: int = MOST_CANDIDATES

    @classmethod
    def of(cls, sequences: Histories, n_items: int, **sizes: int) -> Self:
        """Keep the sequences of at least two items."""
        several = np.flatnonzero(sequences.lengths >= 2)
        return cls(sequences.take(several).matrix(n_items), item_counts(sequences, n_items), **sizes)

    def next_scores(self, histories: Histories) -> Floats:
        """Score all items by the votes of the nearest sequences; see `ContinuesSequence.next_scores`."""
        candidates = _newest_of_items(self.occurs, self.most_candidates)
        # Popularity orders the items that no neighbor votes for.
        scores = np.tile((self.counts / max(1, self.counts.sum()) * 1e-6).astype(np.float32), (len(histories), 1))
        for start in range(0, len(histories), _STEP):
            part = histories.part(start, min(start + _STEP, len(histories))).newest(_MOST_ITEMS)
            scores[start : start + len(part)] += self._votes(part, candidates)
        scores[:, self.counts == 0] = -np.inf
        return scores

    def _votes(self, part: Histories, candidates: csr_array) -> Floats:
        weights = position_weights(part, self.occurs.shape[1])
        similar = (weights @ candidates).tocsr()
        lengths = np.asarray(self.occurs.sum(axis=1)).ravel()
        own = np.sqrt(np.asarray(weights.power(2).sum(axis=1)).ravel())
        similar.data /= np.repeat(np.maximum(own, 1e-12), np.diff(similar.indptr)) * np.sqrt(lengths[similar.indices])
        votes: Floats = (_largest(similar, self.n_neighbors) @ self.occurs).toarray().astype(np.float32)
        return votes


def position_weights(histories: Histories, n_items: int) -> csr_array:
    """Return `(n, n_items)` sparse weights: position from 1, divided by the length; the latest position counts."""
    from scipy.sparse import csr_array

    lengths = histories.lengths
    place = np.arange(len(histories.items)) - histories.starts[:-1][histories.rows] + 1
    flat = histories.rows * n_items + histories.items
    # Of equal pairs the last one is the latest.
    pairs, last = np.unique(flat[::-1], return_index=True)
    latest = len(flat) - 1 - last
    values = (place / np.maximum(lengths, 1)[histories.rows])[latest].astype(np.float32)
    return csr_array((values, (pairs // n_items, pairs % n_items)), shape=(len(histories), n_items))


def _newest_of_items(occurs: csr_array, most: int) -> csr_array:
    """Return `(n_items, n_sequences)` sparse: of each item the newest sequences that have it, at most `most`."""
    from scipy.sparse import csr_array

    columns = occurs.T.tocsr()
    columns.sort_indices()
    stops, lengths = columns.indptr[1:], np.diff(columns.indptr)
    kept = np.minimum(lengths, most)
    starts = np.concatenate([[0], np.cumsum(kept)])
    offsets = np.arange(starts[-1]) - np.repeat(starts[:-1], kept)
    places = np.repeat(stops - kept, kept) + offsets
    return csr_array((columns.data[places], columns.indices[places], starts), shape=columns.shape)


def _largest(matrix: csr_array, most: int) -> csr_array:
    """Return the largest entries of each row, at most `most`; of equal ones those with the higher column."""
    from scipy.sparse import csr_array

    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((-matrix.indices, -matrix.data, rows))
    place = np.arange(len(order)) - np.repeat(matrix.indptr[:-1], np.diff(matrix.indptr))
    chosen = order[place < most]
    return csr_array((matrix.data[chosen], (rows[chosen], matrix.indices[chosen])), shape=matrix.shape)
