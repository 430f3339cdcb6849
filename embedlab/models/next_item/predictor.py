"""Prediction of the next item by the network in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import check_finite, damaged
from embedlab.kinds.sequences.histories import Histories
from embedlab.models.contract.sequence_abilities import ContinuesSequence
from embedlab.models.contract.state import State

Floats = npt.NDArray[np.float32]
#: Layers of the network by the names of their arrays; hidden layers have numbers.
LAST, MEAN, OF_HIDDEN = "of_last", "of_mean", "of_hidden"


@dataclass(frozen=True)
class NextItemPredictor(ContinuesSequence):
    """Scores are log-odds of a softmax over all items: ``context . item_vector + item_bias``.

    Parameters
    ----------
    vectors, biases
        `(n_items, vector_size)` and `(n_items,)` float32.
    layers
        Weights by layer: `kernel` `(vector_size, vector_size)` and `bias` `(vector_size,)` float32.
    n_hidden
        Number of hidden layers.
    max_length
        Number of the newest events of a history that count.
    is_known
        `(n_items,)` bool: whether the item has events in training.
    """

    vectors: Floats
    biases: Floats
    layers: Mapping[str, tuple[Floats, Floats]]
    n_hidden: int
    max_length: int
    is_known: npt.NDArray[np.bool_]

    @property
    def n_items(self) -> int:
        """Number of items that it scores."""
        return len(self.vectors)

    def next_scores(self, histories: Histories) -> Floats:
        """Score all items by a forward pass; see `ContinuesSequence.next_scores`."""
        scores: Floats = self.contexts(histories) @ self.vectors.T + self.biases
        scores[:, ~self.is_known] = -np.inf
        return scores

    def probabilities(self, scores: Floats) -> Floats:
        """Return the softmax of the scores."""
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        found: Floats = powers / powers.sum(axis=1, keepdims=True)
        return found

    def contexts(self, histories: Histories) -> Floats:
        """Return `(n, vector_size)` float32 contexts of histories."""
        newest = histories.newest(self.max_length)
        last = newest.last_items()
        of_last = np.where((last >= 0)[:, np.newaxis], self.vectors[np.maximum(last, 0)], np.float32(0))
        sums = np.zeros((len(newest), self.vectors.shape[1]), np.float64)
        np.add.at(sums, newest.rows, self.vectors[newest.items])
        means = (sums / np.maximum(newest.lengths, 1)[:, np.newaxis]).astype(np.float32)
        context = self._dense(LAST, of_last) + self._dense(MEAN, means)
        if not self.n_hidden:
            return context
        hidden = context
        for number in range(1, self.n_hidden + 1):
            hidden = np.tanh(self._dense(f"hidden_{number}", hidden))
        return context + self._dense(OF_HIDDEN, hidden)

    def _dense(self, name: str, inputs: Floats) -> Floats:
        kernel, bias = self.layers[name]
        found: Floats = inputs @ kernel + bias
        return found

    def state(self) -> State:
        """Return all weights."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "vectors": self.vectors,
            "biases": self.biases,
            "is_known": self.is_known,
        }
        for name, (kernel, bias) in self.layers.items():
            arrays |= {f"{name}_kernel": kernel, f"{name}_bias": bias}
        return State(arrays, {"n_hidden": self.n_hidden, "max_length": self.max_length})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load them; raises `StorageError` if they are damaged."""
        arrays = state.arrays
        try:
            n_hidden, max_length = state.config["n_hidden"], state.config["max_length"]
            # A layer has arrays: a larger number would fill the memory with names.
            if type(n_hidden) is not int or type(max_length) is not int or not 0 <= n_hidden <= len(arrays):
                raise damaged(cls.folder)
            names = layer_names(n_hidden)
            layers = {name: (arrays[f"{name}_kernel"], arrays[f"{name}_bias"]) for name in names}
            loaded = cls(arrays["vectors"], arrays["biases"], layers, n_hidden, max_length, arrays["is_known"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged(cls.folder) from error
        check_finite(arrays, cls.folder)
        n_items, size = loaded.vectors.shape if loaded.vectors.ndim == 2 else (0, 0)
        shapes = {kernel.shape == (size, size) and bias.shape == (size,) for kernel, bias in layers.values()}
        if shapes != {True} or not loaded.biases.shape == loaded.is_known.shape == (n_items,) or max_length < 1:
            raise damaged(cls.folder)
        if loaded.is_known.dtype != bool:
            raise damaged(cls.folder)
        return loaded


def layer_names(n_hidden: int) -> list[str]:
    """Return the names of the dense layers of a network, in the order of the computation."""
    if not n_hidden:
        return [LAST, MEAN]
    return [LAST, MEAN, *(f"hidden_{number}" for number in range(1, n_hidden + 1)), OF_HIDDEN]
