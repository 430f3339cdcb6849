"""Prediction of the next item by input and output vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import check_finite, damaged
from embedlab.kinds.sequences.histories import Histories
from embedlab.models.contract.sequence_abilities import ContinuesSequence
from embedlab.models.contract.state import State

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Item2VecPredictor(ContinuesSequence):
    """Scores are products of the mean input vector of the history with the output vectors.

    The cosine of input vectors says which items are similar, not which comes next: on msweb it finds 2 % of the next
    items among the first five, the product 69 %.

    Parameters
    ----------
    inputs, outputs
        `(n_items, vector_size)` float32.
    is_known
        `(n_items,)` bool: whether the item has a vector.
    """

    inputs: Floats
    outputs: Floats
    is_known: npt.NDArray[np.bool_]

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        return len(self.inputs)

    def next_scores(self, histories: Histories) -> Floats:
        """Score all items; see `ContinuesSequence.next_scores`. Without a known item all scores are 0."""
        known = self.is_known[histories.items]
        sums = np.zeros((len(histories), self.inputs.shape[1]), np.float64)
        np.add.at(sums, histories.rows[known], self.inputs[histories.items[known]])
        n_known = np.bincount(histories.rows, known, len(histories))
        means = (sums / np.maximum(n_known, 1)[:, np.newaxis]).astype(np.float32)
        scores: Floats = means @ self.outputs.T
        scores[:, ~self.is_known] = -np.inf
        return scores

    def state(self) -> State:
        """Return all vectors."""
        return State({"inputs": self.inputs, "outputs": self.outputs, "is_known": self.is_known})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load them; raises `StorageError` if they are damaged."""
        try:
            loaded = cls(state.arrays["inputs"], state.arrays["outputs"], state.arrays["is_known"])
        except KeyError as error:
            raise damaged(cls.folder) from error
        check_finite(state.arrays, cls.folder)
        if loaded.inputs.ndim != 2 or loaded.inputs.shape != loaded.outputs.shape:
            raise damaged(cls.folder)
        if loaded.is_known.dtype != bool or loaded.is_known.shape != loaded.inputs.shape[:1]:
            raise damaged(cls.folder)
        return loaded
