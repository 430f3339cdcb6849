"""Recommendation by the softmax network in NumPy: a user's vector from a list of items, scores from item vectors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import FoldedIn, FoldsIn, Ranks
from embedlab.models.contract.state import State
from embedlab.models.softmax_items.examples import ItemLists

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class SoftmaxRanker(Ranks, FoldsIn):
    """Scores are log-odds of a softmax over all items: ``user_vector . item_vector + item_bias``.

    Parameters
    ----------
    input_vectors
        `(n_items, vector_size)` float32: a list of items is the mean of their input vectors.
    kernels, biases
        Weights of the hidden layers: `(n_inputs, n_units)` and `(n_units,)` float32, each followed by tanh.
    item_vectors, item_biases
        `(n_items, vector_size)` and `(n_items,)` float32 of the softmax.
    user_vectors
        `(n_users, vector_size)` float32: the last hidden layer for the lists of the training.
    seen_items
        `(n_items,)` bool, whether the item was chosen in training.
    """

    refusal = Ranks.refusal
    folder = Ranks.folder

    input_vectors: Floats
    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    item_vectors: Floats
    item_biases: Floats
    user_vectors: Floats
    seen_items: npt.NDArray[np.bool_]

    def with_users(self, lists: ItemLists) -> Self:
        """Return the ranker with the vectors of the users of these lists."""
        from scipy.sparse import csr_array

        shape = len(lists.starts) - 1, lists.n_items
        chosen = csr_array((lists.weights.astype(np.float64), lists.items, lists.starts), shape=shape)
        totals = np.asarray(chosen.sum(axis=1)).ravel()
        means = (chosen @ self.input_vectors) / np.where(totals > 0, totals, 1)[:, np.newaxis]
        return replace(self, user_vectors=self.hidden(means.astype(np.float32)))

    def scores(self, users: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Score the items for users; see `Ranks.scores`. An unknown user is one without items."""
        known = (users >= 0) & (users < len(self.user_vectors))
        nobody = self.hidden(np.zeros((1, self.input_vectors.shape[1]), np.float32))
        return self._scores(np.where(known[:, np.newaxis], self.user_vectors[np.where(known, users, 0)], nobody))

    def _scores(self, vectors: Floats) -> Floats:
        found: Floats = vectors @ self.item_vectors.T + self.item_biases
        found[:, ~self.seen_items] = -np.inf
        return found

    def hidden(self, means: Floats) -> Floats:
        """Return `(n, vector_size)` vectors of users from the mean input vectors of their items."""
        hidden = means
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            hidden = np.tanh(hidden @ kernel + bias)
        return hidden

    def fold_in(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> FoldedIn:
        """Place someone new by a forward pass; see `FoldsIn.fold_in`."""
        known = (items >= 0) & self.seen_items[items]
        weights = values[known].astype(np.float64)
        mean = np.zeros(self.input_vectors.shape[1], np.float32)
        if weights.sum() > 0:
            mean = ((weights / weights.sum()) @ self.input_vectors[items[known]]).astype(np.float32)
        vector = self.hidden(mean[np.newaxis])
        return FoldedIn(self._scores(vector)[0], vector[0])

    @property
    def table_sizes(self) -> tuple[int, int]:
        """Number of users and items; see `Ranks.table_sizes`."""
        return len(self.user_vectors), len(self.item_vectors)

    def state(self) -> State:
        """Return all weights."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "input_vectors": self.input_vectors,
            "item_vectors": self.item_vectors,
            "item_biases": self.item_biases,
            "user_vectors": self.user_vectors,
            "seen_items": self.seen_items,
        }
        for number, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            arrays |= {f"kernel_{number}": kernel, f"bias_{number}": bias}
        return State(arrays, {"n_layers": len(self.kernels)})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load them; raises `StorageError` if they are damaged."""
        try:
            arrays, numbers = state.arrays, range(int(state.config["n_layers"]))
            ranker = cls(
                input_vectors=arrays["input_vectors"],
                kernels=tuple(arrays[f"kernel_{number}"] for number in numbers),
                biases=tuple(arrays[f"bias_{number}"] for number in numbers),
                item_vectors=arrays["item_vectors"],
                item_biases=arrays["item_biases"],
                user_vectors=arrays["user_vectors"],
                seen_items=arrays["seen_items"],
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged(cls.folder) from error
        tables = ranker.input_vectors, ranker.item_vectors, ranker.user_vectors
        if any(each.ndim != 2 for each in tables) or ranker.seen_items.dtype != bool:
            raise damaged(cls.folder)
        n_items = len(ranker.item_vectors)
        if not ranker.seen_items.shape == ranker.item_biases.shape == ranker.input_vectors.shape[:1] == (n_items,):
            raise damaged(cls.folder)
        return ranker
