"""Recommendations by item-to-item weights, with reasons that add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

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
        `(n_known, n_known)` float32, dense or sparse by rows; row: chosen item, column: scored item.
    histories
        `(n_users, n_known)` sparse: the items that users chose in training.
    n_items
        Number of items in the dataset.
    vectors
        `(n_known, vector_size)` float32: what each chosen item adds to the vector of a user; None without vectors.
    """

    refusal = "This run does not rank items."
    folder = "ranker"

    items: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32] | csr_array
    histories: csr_array
    n_items: int
    vectors: npt.NDArray[np.float32] | None = None

    def scores(self, users: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Score the items for users; see `Ranks.scores`."""
        known = (users >= 0) & (users < self.histories.shape[0])
        chosen = self.histories[np.where(known, users, 0)]
        found = _dense(chosen @ self.weights)
        found[~known] = 0
        return self._of_all_items(found)

    def fold_in(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> FoldedIn:
        """Score the items for someone new; see `FoldsIn.fold_in`."""
        columns, is_known = self._columns(items)
        known_values = values[is_known].astype(np.float32)
        found = known_values @ self.weights[columns]
        vector = None if self.vectors is None else known_values @ self.vectors[columns]
        return FoldedIn(self._of_all_items(_dense(found)[np.newaxis])[0], vector)

    def reasons(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32], target: int) -> Reasons:
        """Return the weight of each chosen item; see `ExplainsScores.reasons`."""
        columns, is_known = self._columns(items)
        target_column, is_target_known = self._columns(np.array([target], np.int32))
        contributions = np.zeros(len(items), np.float32)
        if not is_target_known[0]:
            return Reasons(float("-inf"), contributions)
        of_target = _dense(self.weights[columns][:, target_column])[:, 0]
        contributions[is_known] = values[is_known] * of_target
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

    @property
    def table_sizes(self) -> tuple[int, int]:
        """Number of users and items; see `Ranks.table_sizes`."""
        return self.histories.shape[0], self.n_items

    def state(self) -> State:
        """Return weights, histories and vectors."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "items": self.items,
            "history_weights": self.histories.data,
            "history_items": self.histories.indices,
            "history_starts": self.histories.indptr,
        }
        if isinstance(self.weights, np.ndarray):
            arrays["weights"] = self.weights
        else:
            arrays["weight_values"] = self.weights.data
            arrays["weight_items"] = self.weights.indices
            arrays["weight_starts"] = self.weights.indptr
        if self.vectors is not None:
            arrays["vectors"] = self.vectors
        return State(arrays, {"n_items": self.n_items})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load them; raises `StorageError` if they are damaged."""
        arrays = state.arrays
        try:
            items, n_items = arrays["items"], int(state.config["n_items"])
            n_users, n_known = len(arrays["history_starts"]) - 1, len(items)
            histories = _sparse(arrays, "history_weights", "history_items", "history_starts", (n_users, n_known))
            weights = (
                arrays["weights"]
                if "weights" in arrays
                else _sparse(arrays, "weight_values", "weight_items", "weight_starts", (n_known, n_known))
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged(cls.folder) from error
        vectors = arrays.get("vectors")
        if items.dtype.kind != "i" or weights.shape != (n_known, n_known) or not n_known:
            raise damaged(cls.folder)
        if items[0] < 0 or items[-1] >= n_items or (np.diff(items) <= 0).any():
            raise damaged(cls.folder)
        if vectors is not None and (vectors.ndim != 2 or len(vectors) != n_known):
            raise damaged(cls.folder)
        return cls(items, weights, histories, n_items, vectors)


def _dense(matrix: Any) -> npt.NDArray[np.float32]:
    """Return a result of a product as an array, whether the weights are sparse or not."""
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray(), dtype=np.float32)


def _sparse(arrays: Any, values: str, columns: str, starts: str, shape: tuple[int, int]) -> csr_array:
    from scipy.sparse import csr_array

    matrix = csr_array((arrays[values], arrays[columns], arrays[starts]), shape=shape, copy=False)
    matrix.check_format()
    return matrix
