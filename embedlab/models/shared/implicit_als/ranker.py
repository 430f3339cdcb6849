"""Recommendations by dot products, with an exact fold-in and reasons that add up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import ExplainsScores, FoldedIn, FoldsIn, Ranks, Reasons
from embedlab.models.contract.state import State
from embedlab.models.shared.implicit_als.problem import Objective

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AlternatingRanker(Ranks, FoldsIn, ExplainsScores):
    """The score of an item is the dot product of the vectors of the user and the item.

    A new user with interactions S gets the vector that the training would give:
    ``M (sum_S c h + l prior)`` with ``M = (alpha0 H'H + sum_S c h h' + l I)^-1``. So the score of item t is the sum of
    ``c h_t' M h`` over S: one number for each chosen item.

    Parameters
    ----------
    user_vectors, item_vectors
        `(n_users, n_factors)` and `(n_items, n_factors)` float32; rows of unknown users are those of someone without
        interactions.
    known_items
        `(n_items,)` bool; others cannot be recommended.
    prior
        `(n_factors,)` float32: the vector that L2 regularization pulls a new user to.
    objective
        The loss of the training.
    n_items
        Number of items in the loss.
    """

    refusal = "This run does not rank items."
    folder = "ranker"

    user_vectors: Floats
    item_vectors: Floats
    known_items: npt.NDArray[np.bool_]
    prior: Floats
    objective: Objective
    n_items: int

    def scores(self, users: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Score the items for users; see `Ranks.scores`."""
        known = (users >= 0) & (users < len(self.user_vectors))
        vectors = np.where(known[:, np.newaxis], self.user_vectors[np.where(known, users, 0)], self.newcomer)
        return self._scores(vectors)

    def fold_in(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> FoldedIn:
        """Place someone new exactly as the training places a user; see `FoldsIn.fold_in`."""
        known = self._is_known(items)
        vector = self._vector(items[known], values[known])
        return FoldedIn(self._scores(vector[np.newaxis])[0], vector)

    def reasons(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32], target: int) -> Reasons:
        """Return the contribution of each chosen item; see `ExplainsScores.reasons`."""
        contributions = np.zeros(len(items), np.float32)
        if not self._is_known(np.array([target], np.int32))[0]:
            return Reasons(float("-inf"), contributions)
        known = self._is_known(items)
        system, penalty = self._system(items[known], values[known])
        influence = np.linalg.solve(system, self.item_vectors[target].astype(np.float64))
        vectors = self.item_vectors[items[known]].astype(np.float64)
        contributions[known] = values[known] * (vectors @ influence)
        return Reasons(float(penalty * (self.prior @ influence)), contributions)

    def _is_known(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        inside = (items >= 0) & (items < len(self.known_items))
        known: npt.NDArray[np.bool_] = inside & self.known_items[np.where(inside, items, 0)]
        return known

    def _vector(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> Floats:
        system, penalty = self._system(items, values)
        right = values.astype(np.float64) @ self.item_vectors[items] + penalty * self.prior
        found: Floats = np.linalg.solve(system, right).astype(np.float32)
        return found

    def _system(
        self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float64], float]:
        """Return the matrix of a user's equations and the L2 regularization."""
        sums = np.array([values.sum(dtype=np.float64)])
        penalty = float(self.objective.penalties(sums, self.n_items)[0])
        vectors = self.item_vectors[items].astype(np.float64)
        system = self._gram + (vectors.T * values) @ vectors
        system[np.diag_indices(len(system))] += penalty
        return system, penalty

    @cached_property
    def _gram(self) -> npt.NDArray[np.float64]:
        vectors = self.item_vectors[self.known_items]
        gram: npt.NDArray[np.float64] = self.objective.alpha0 * (vectors.T @ vectors).astype(np.float64)
        return gram

    @cached_property
    def newcomer(self) -> Floats:
        """`(n_factors,)` vector of someone without interactions."""
        return self._vector(np.zeros(0, np.int32), np.zeros(0, np.float32))

    def _scores(self, vectors: Floats) -> Floats:
        found: Floats = vectors @ self.item_vectors.T
        found[:, ~self.known_items] = -np.inf
        return found

    @property
    def table_sizes(self) -> tuple[int, int]:
        """Number of users and items; see `Ranks.table_sizes`."""
        return len(self.user_vectors), len(self.item_vectors)

    def state(self) -> State:
        """Return vectors and the loss."""
        arrays = {
            "user_vectors": self.user_vectors,
            "item_vectors": self.item_vectors,
            "known_items": self.known_items,
            "prior": self.prior,
        }
        objective = self.objective
        return State(
            arrays, {"alpha0": objective.alpha0, "l2": objective.l2, "nu": objective.nu, "n_items": self.n_items}
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load them; raises `StorageError` if they are damaged."""
        try:
            users, items = state.arrays["user_vectors"], state.arrays["item_vectors"]
            known, prior = np.asarray(state.arrays["known_items"], bool), np.asarray(state.arrays["prior"])
            objective = Objective(*(float(state.config[name]) for name in ("alpha0", "l2", "nu")))
            n_items = int(state.config["n_items"])
            fits = users.ndim == items.ndim == 2 and prior.shape == users.shape[1:] == items.shape[1:]
            fits = fits and known.shape == items.shape[:1]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged(cls.folder) from error
        if not fits:
            raise damaged(cls.folder)
        return cls(users, items, known, prior, objective, n_items)
