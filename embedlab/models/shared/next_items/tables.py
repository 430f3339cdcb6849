"""Predictions by counts: popularity, the step from the last item, and what occurs together with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from embedlab.kinds.sequences.counting import (
    cooccurrence_counts,
    item_counts,
    smoothed_transitions,
    transition_counts,
)
from embedlab.kinds.sequences.histories import Histories

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PopularityTable:
    """The same scores for every history: how many events each item has.

    Parameters
    ----------
    counts
        `(n_items,)`.
    """

    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, sequences: Histories, n_items: int) -> Self:
        """Count the events."""
        return cls(item_counts(sequences, n_items))

    def next_scores(self, histories: Histories) -> Floats:
        """Score all items; see `ContinuesSequence.next_scores`."""
        scores = self.counts.astype(np.float32)
        scores[self.counts == 0] = -np.inf
        return np.tile(scores, (len(histories), 1))


@dataclass(frozen=True)
class StepTable:
    """Scores are smoothed probabilities of a row of counts: that of the last item.

    Parameters
    ----------
    rows
        `(n_items, n_items)` sparse counts.
    counts
        `(n_items,)` events of each item.
    smoothing
        Pseudo-counts added to each row, spread by popularity.
    """

    rows: csr_array
    counts: npt.NDArray[np.int64]
    smoothing: float

    @classmethod
    def of_steps(cls, sequences: Histories, n_items: int, smoothing: float) -> Self:
        """Count which item comes directly after which: a first-order Markov chain."""
        return cls(transition_counts(sequences, n_items), item_counts(sequences, n_items), smoothing)

    @classmethod
    def of_pairs(cls, sequences: Histories, n_items: int, smoothing: float) -> Self:
        """Count which items occur in the same sequence, in any order."""
        return cls(cooccurrence_counts(sequences, n_items), item_counts(sequences, n_items), smoothing)

    def next_scores(self, histories: Histories) -> Floats:
        """Score all items; see `ContinuesSequence.next_scores`."""
        popularity = self.counts / max(1, self.counts.sum())
        scores = smoothed_transitions(self.rows, popularity, self.smoothing, histories.last_items())
        scores[:, self.counts == 0] = -np.inf
        return scores
