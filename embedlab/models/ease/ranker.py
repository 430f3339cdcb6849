"""Recommendations by item-to-item weights, with reasons that add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import ExplainsScores, FoldedIn, FoldsIn, Ranks, Reasons
from embedlab.models.contract.state import State

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class ItemWeightsRanker(Ranks, FoldsIn, ExplainsScores):
    """The score of an item is the sum of the weights from all items that the user chose.

    Parameters
    ----------
    items
        `(n_known,)` int32 rows of the items with weights, ascending.
    weights
        `(n_known, n_known)` float32; row: chosen item, column: scored item.
    histories
        `(n_users, n_known)` sparse: the items that users chose in training.
    n_items
        Number of items in the dataset.
    """

    refusal = "This run does not rank items."
    folder = "ranker"

    items: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    histories: csr_array
    n_items: int

    def scores(self, users: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Score the items for users; see `Ranks.scores`."""
        known = (users >= 0) & (users < self.histories.shape[0])
        chosen = self.histories[np.where(known, users, 0)]
        found = np.asarray(chosen @ self.weights, dtype=np.float32)
        found[~known] = 0
        return self._of_all_items(found)

    def fold_in(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> FoldedIn:
        """Score the items for someone new; see `FoldsIn.fold_in`."""
        columns, is_known = self._columns(items)
        found = values[is_known].astype(np.float32) @ self.weights[columns]
        return FoldedIn(self._of_all_items(found[np.newaxis])[0])

    def reasons(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32], target: int) -> Reasons:
        """Return the weight of each chosen item; see `ExplainsScores.reasons`."""
        columns, is_known = self._columns(items)
        target_column, is_target_known = self._columns(np.array([target], np.int32))
        contributions = np.zeros(len(items), np.float32)
        if not is_target_known[0]:
            return Reasons(float("-inf"), contributions)
        contributions[is_known] = values[is_known] * self.weights[columns, target_column[0]]
        return Reasons(0.0, contributions)

    def _columns(self, items: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Return the columns of the known ones of some items, and which are known."""
        places = np.searchsorted(self.items, items)
        is_known = self.items[np.minimum(places, len(self.items) - 1)] == items
        return places[is_known], is_known

    def _of_all_items(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        found = np.full((len(scores), self.n_items), -np.inf, np.float32)
        found[:, self.items] = scores
        return found

    def state(self) -> State:
        """Return weights and histories."""
        return State(
            {
                "items": self.items,
                "weights": self.weights,
                "history_weights": self.histories.data,
                "history_items": self.histories.indices,
                "history_starts": self.histories.indptr,
            },
            {"n_items": self.n_items},
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load them; raises `StorageError` if they are damaged."""
        from scipy.sparse import csr_array

        try:
            items, weights = state.arrays["items"], state.arrays["weights"]
            starts = state.arrays["history_starts"]
            shape = len(starts) - 1, len(items)
            histories = csr_array(
                (state.arrays["history_weights"], state.arrays["history_items"], starts), shape=shape, copy=False
            )
            histories.check_format()
            n_items = int(state.config["n_items"])
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(cls.folder) from error
        if weights.shape != (len(items), len(items)) or not len(items) or items[0] < 0 or items[-1] >= n_items:
            raise damaged(cls.folder)
        return cls(items, weights, histories, n_items)
