"""Recommendations by dot products of user and item vectors, plus the bias of the item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import Ranks
from embedlab.models.contract.state import State


@dataclass(frozen=True)
class BprRanker(Ranks):
    """The score ``p_u . q_i + b_i``. New users cannot be placed in closed form: the loss compares pairs of items.

    Parameters
    ----------
    user_vectors, item_vectors
        `(n_users, n_factors)` and `(n_items, n_factors)` float32; rows not seen in training are zero.
    item_biases
        `(n_items,)` float32.
    seen_items
        `(n_items,)` bool, whether the item was chosen in training.
    """

    refusal = "This run does not rank items."
    folder = "ranker"

    user_vectors: npt.NDArray[np.float32]
    item_vectors: npt.NDArray[np.float32]
    item_biases: npt.NDArray[np.float32]
    seen_items: npt.NDArray[np.bool_]

    def scores(self, users: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Score the items for users; unknown ones get the item biases. See `Ranks.scores`."""
        known = (users >= 0) & (users < len(self.user_vectors))
        vectors = np.where(known[:, np.newaxis], self.user_vectors[np.where(known, users, 0)], np.float32(0))
        found = np.asarray(vectors @ self.item_vectors.T + self.item_biases, dtype=np.float32)
        found[:, ~self.seen_items] = -np.inf
        return found

    @property
    def table_sizes(self) -> tuple[int, int]:
        """Number of users and items; see `Ranks.table_sizes`."""
        return len(self.user_vectors), len(self.item_vectors)

    def state(self) -> State:
        """Return vectors and biases."""
        return State(
            {
                "user_vectors": self.user_vectors,
                "item_vectors": self.item_vectors,
                "item_biases": self.item_biases,
                "seen_items": self.seen_items,
            }
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load them; raises `StorageError` if they are damaged."""
        try:
            found = cls(
                state.arrays["user_vectors"],
                state.arrays["item_vectors"],
                state.arrays["item_biases"],
                state.arrays["seen_items"],
            )
        except KeyError as error:
            raise damaged(cls.folder) from error
        n_items = len(found.item_vectors) if found.item_vectors.ndim == found.user_vectors.ndim == 2 else -1
        if found.user_vectors.shape[1:] != found.item_vectors.shape[1:] or found.item_biases.shape != (n_items,):
            raise damaged(cls.folder)
        if found.seen_items.shape != (n_items,) or found.seen_items.dtype != bool:
            raise damaged(cls.folder)
        return found
