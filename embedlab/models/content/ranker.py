"""Recommendation of items that are described like those a user liked, with reasons that add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import ExplainsScores, FoldedIn, FoldsIn, Ranks, Reasons
from embedlab.models.contract.state import State

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ContentRanker(Ranks, FoldsIn, ExplainsScores):
    """The score of an item is the dot product of its vector and the weighted mean of the vectors a user chose.

    Parameters
    ----------
    item_vectors
        `(n_items, vector_size)` float32 of length 1; zero for items without a description.
    user_vectors
        `(n_users, vector_size)` float32 means; zero for unknown users.
    """

    refusal = "This run does not rank items."
    folder = "ranker"

    item_vectors: Floats
    user_vectors: Floats

    def scores(self, users: npt.NDArray[np.int32]) -> Floats:
        """Score the items for users; see `Ranks.scores`."""
        known = (users >= 0) & (users < len(self.user_vectors))
        return self._scores(self.user_vectors[np.where(known, users, 0)] * known[:, np.newaxis])

    def fold_in(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> FoldedIn:
        """Place someone new at the mean of the chosen items; see `FoldsIn.fold_in`."""
        shares = self._shares(items, values)
        vector = (shares @ self.item_vectors[items]).astype(np.float32)
        return FoldedIn(self._scores(vector[np.newaxis])[0], vector)

    def reasons(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32], target: int) -> Reasons:
        """Return the share of each chosen item in the score; see `ExplainsScores.reasons`."""
        if not self._has_place(np.array([target]))[0]:
            return Reasons(float("-inf"), np.zeros(len(items), np.float32))
        similarities = self.item_vectors[items] @ self.item_vectors[target]
        return Reasons(0.0, (self._shares(items, values) * similarities).astype(np.float32))

    def _has_place(self, items: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = self.item_vectors[items].any(axis=1)
        return found

    def _shares(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> Floats:
        """Return the weights of the chosen items in the mean: 0 for those without a place, otherwise adding up to 1."""
        shares = np.where(self._has_place(items), values, 0).astype(np.float32)
        total = shares.sum()
        return shares / total if total > 0 else shares

    def _scores(self, vectors: Floats) -> Floats:
        found: Floats = vectors @ self.item_vectors.T
        found[:, ~self.item_vectors.any(axis=1)] = -np.inf
        return found

    @property
    def table_sizes(self) -> tuple[int, int]:
        """Number of users and items; see `Ranks.table_sizes`."""
        return len(self.user_vectors), len(self.item_vectors)

    def state(self) -> State:
        """Return the vectors."""
        return State({"item_vectors": self.item_vectors, "user_vectors": self.user_vectors})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load them; raises `StorageError` if they are damaged."""
        try:
            items, users = state.arrays["item_vectors"], state.arrays["user_vectors"]
        except KeyError as error:
            raise damaged(cls.folder) from error
        if not (items.ndim == users.ndim == 2 and items.shape[1] == users.shape[1]):
            raise damaged(cls.folder)
        return cls(items, users)
