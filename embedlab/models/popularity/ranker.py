"""Recommendation of the most popular items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import ExplainsScores, FoldedIn, FoldsIn, Ranks, Reasons
from embedlab.models.contract.state import State


@dataclass(frozen=True)
class PopularityRanker(Ranks, FoldsIn, ExplainsScores):
    """Scores an item by the number of users who chose it.

    Parameters
    ----------
    counts
        `(n_items,)` float32 users of each item in training.
    """

    refusal = "This run does not rank items."
    folder = "ranker"

    counts: npt.NDArray[np.float32]

    @property
    def _scores(self) -> npt.NDArray[np.float32]:
        found: npt.NDArray[np.float32] = np.where(self.counts > 0, self.counts, np.float32(-np.inf))
        return found

    def scores(self, users: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Return the same scores for all users; see `Ranks.scores`."""
        return np.tile(self._scores, (len(users), 1))

    def fold_in(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> FoldedIn:
        """Return the same scores for everyone; see `FoldsIn.fold_in`."""
        del items, values
        return FoldedIn(self._scores)

    def reasons(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32], target: int) -> Reasons:
        """Return that nothing depends on the user; see `ExplainsScores.reasons`."""
        del values
        return Reasons(float(self._scores[target]), np.zeros(len(items), np.float32))

    def state(self) -> State:
        """Return the counts."""
        return State({"counts": self.counts})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load the counts; raises `StorageError` if the state belongs to another class."""
        try:
            counts = state.arrays["counts"]
        except KeyError as error:
            raise damaged(cls.folder) from error
        if counts.ndim != 1:
            raise damaged(cls.folder)
        return cls(counts)
