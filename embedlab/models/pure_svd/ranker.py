"""Recommendations by the projection of a user's items onto orthogonal item vectors, with reasons that add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import ExplainsScores, FoldedIn, FoldsIn, Ranks, Reasons
from embedlab.models.contract.state import State


@dataclass(frozen=True)
class ProjectionRanker(Ranks, FoldsIn, ExplainsScores):
    """The vector of a user is the sum of the vectors of their items; scores are dot products with it.

    Parameters
    ----------
    user_vectors, item_vectors
        `(n_users, n_factors)` and `(n_items, n_factors)` float32; rows not seen in training are zero.
    seen_items
        `(n_items,)` bool, whether the item was chosen in training.
    """

    refusal = "This run does not rank items."
    folder = "ranker"

    user_vectors: npt.NDArray[np.float32]
    item_vectors: npt.NDArray[np.float32]
    seen_items: npt.NDArray[np.bool_]

    def scores(self, users: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Score the items for users; see `Ranks.scores`."""
        known = (users >= 0) & (users < len(self.user_vectors))
        vectors = np.where(known[:, np.newaxis], self.user_vectors[np.where(known, users, 0)], np.float32(0))
        return self._of(vectors)

    def fold_in(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> FoldedIn:
        """Score the items for someone new; see `FoldsIn.fold_in`."""
        is_known = self._is_known(items)
        vector = np.asarray(values[is_known] @ self.item_vectors[items[is_known]], dtype=np.float32)
        return FoldedIn(self._of(vector[np.newaxis])[0], vector)

    def reasons(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32], target: int) -> Reasons:
        """Return the weighted dot product of each chosen item; see `ExplainsScores.reasons`."""
        contributions = np.zeros(len(items), np.float32)
        if not self.seen_items[target]:
            return Reasons(float("-inf"), contributions)
        is_known = self._is_known(items)
        dots = self.item_vectors[items[is_known]] @ self.item_vectors[target]
        contributions[is_known] = values[is_known] * dots
        return Reasons(0.0, contributions)

    def _is_known(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        inside = (items >= 0) & (items < len(self.seen_items))
        known: npt.NDArray[np.bool_] = inside & self.seen_items[np.where(inside, items, 0)]
        return known

    def _of(self, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        found = np.asarray(vectors @ self.item_vectors.T, dtype=np.float32)
        found[:, ~self.seen_items] = -np.inf
        return found

    @property
    def table_sizes(self) -> tuple[int, int]:
        """Number of users and items; see `Ranks.table_sizes`."""
        return len(self.user_vectors), len(self.item_vectors)

    def state(self) -> State:
        """Return the vectors."""
        return State(
            {"user_vectors": self.user_vectors, "item_vectors": self.item_vectors, "seen_items": self.seen_items}
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load them; raises `StorageError` if they are damaged."""
        try:
            users, items, seen = (state.arrays[name] for name in ("user_vectors", "item_vectors", "seen_items"))
        except KeyError as error:
            raise damaged(cls.folder) from error
        if users.ndim != 2 or items.ndim != 2 or users.shape[1] != items.shape[1]:
            raise damaged(cls.folder)
        if seen.shape != items.shape[:1] or seen.dtype != bool:
            raise damaged(cls.folder)
        return cls(users, items, seen)
