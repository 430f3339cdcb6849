"""Ratings predicted by the deep network in NumPy, so that only training needs TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import State

Floats = npt.NDArray[np.float32]

#: Numbers of the widest layer in memory at a time (64 MB of float32).
_MOST_NUMBERS = 1 << 24


@dataclass(frozen=True)
class DeepPredictor(Rates):
    """The prediction ``mean + spread * (dense layers of [p_u, q_i] + b_i)``, clipped to the scale.

    Parameters
    ----------
    user_factors, item_factors
        `(n_users, n_factors)` and `(n_items, n_factors)` float32; rows not seen in training are zero.
    item_biases
        `(n_items,)` float32; zero for items not seen in training, and all zero without biases.
    kernels, biases
        Weights of the dense layers, the output last: `(n_inputs, n_units)` and `(n_units,)` float32.
    seen_items
        `(n_items,)` bool, whether the item had ratings in training.
    mean, spread
        Mean and standard deviation of the training ratings, used to standardize the network's targets.
    scale
        Lowest and highest rating.
    """

    user_factors: Floats
    item_factors: Floats
    item_biases: Floats
    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    seen_items: npt.NDArray[np.bool_]
    mean: float
    spread: float
    scale: tuple[float, float]

    @property
    def _step(self) -> int:
        """Pairs predicted at a time."""
        widths = [len(each) for each in (*self.kernels, *self.biases)]
        return max(1, _MOST_NUMBERS // max(widths))

    def _of_users(self, users: npt.NDArray[np.int32]) -> Floats:
        """Return what users add to the first dense layer; an unknown user has a zero vector."""
        factors = np.where((users >= 0)[:, np.newaxis], self.user_factors[users], 0)
        added: Floats = factors @ self.kernels[0][: factors.shape[1]]
        return added

    def _of_items(self, items: npt.NDArray[np.int32]) -> Floats:
        factors = np.where((items >= 0)[:, np.newaxis], self.item_factors[items], 0)
        added: Floats = factors @ self.kernels[0][factors.shape[1] :]
        return added

    def _output(self, first: Floats) -> Floats:
        """Return `(n,)` outputs from what users and items add to the first layer, `(n, n_units)`; overwrites it."""
        hidden = first
        for number, bias in enumerate(self.biases):
            hidden = hidden @ self.kernels[number] if number else hidden
            hidden += bias
            if number < len(self.biases) - 1:
                np.maximum(hidden, 0, out=hidden)
        return hidden[:, 0]

    def _rating(self, standard: Floats) -> Floats:
        clipped: Floats = np.clip(self.mean + self.spread * standard, *self.scale).astype(np.float32)
        return clipped

    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Predict ratings of pairs; see `Rates.predict`."""
        predicted = np.empty(len(users), np.float32)
        for start in range(0, len(users), self._step):
            part = slice(start, start + self._step)
            output = self._output(self._of_users(users[part]) + self._of_items(items[part]))
            predicted[part] = self._rating(output + np.where(items[part] >= 0, self.item_biases[items[part]], 0))
        return predicted

    def rank_by_rating(self, users: npt.NDArray[np.int32], n_items: int) -> npt.NDArray[np.float32]:
        """Predict ratings of all items, whose part of the first layer is computed once; see `Rates.rank_by_rating`."""
        items = np.arange(n_items, dtype=np.int32)
        of_users, of_items = self._of_users(users), self._of_items(items)
        predicted = np.empty((len(users), n_items), np.float32)
        step = max(1, self._step // max(1, n_items))
        for start in range(0, len(users), step):
            part = of_users[start : start + step]
            first = (part[:, np.newaxis] + of_items).reshape(-1, part.shape[1])
            predicted[start : start + step] = self._output(first).reshape(len(part), n_items)
        predicted = self._rating(predicted + self.item_biases[:n_items])
        predicted[:, ~self.knows_items(items)] = -np.inf
        return predicted

    def knows_items(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Return for each item row whether it had ratings in training; see `Rates.knows_items`."""
        known: npt.NDArray[np.bool_] = (items >= 0) & self.seen_items[items]
        return known

    @property
    def table_sizes(self) -> tuple[int, int]:
        """Number of users and items; see `Rates.table_sizes`."""
        return len(self.user_factors), len(self.item_factors)

    def state(self) -> State:
        """Return everything `from_state` needs."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "user_factors": self.user_factors,
            "item_factors": self.item_factors,
            "item_biases": self.item_biases,
            "seen_items": self.seen_items,
        }
        for number, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            arrays |= {f"kernel_{number}": kernel, f"bias_{number}": bias}
        config = {"mean": self.mean, "spread": self.spread, "scale": list(self.scale), "n_layers": len(self.kernels)}
        return State(arrays, config)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the predictor; raises `StorageError` if the state belongs to another class."""
        try:
            arrays, config = state.arrays, state.config
            lowest, highest = config["scale"]
            numbers = range(int(config["n_layers"]))
            predictor = cls(
                user_factors=arrays["user_factors"],
                item_factors=arrays["item_factors"],
                item_biases=arrays["item_biases"],
                kernels=tuple(arrays[f"kernel_{number}"] for number in numbers),
                biases=tuple(arrays[f"bias_{number}"] for number in numbers),
                seen_items=arrays["seen_items"],
                mean=float(config["mean"]),
                spread=float(config["spread"]),
                scale=(float(lowest), float(highest)),
            )
            fits = predictor._fits()
        except (KeyError, TypeError, ValueError, OverflowError, IndexError) as error:
            raise damaged(cls.folder) from error
        if not fits:
            raise damaged(cls.folder)
        return predictor

    def _fits(self) -> bool:
        (n_users, n_factors), n_items = self.user_factors.shape, len(self.item_factors)
        widths = [2 * n_factors, *(len(each) for each in self.biases)]
        return (
            self.item_factors.shape == (n_items, n_factors)
            and self.item_biases.shape == (n_items,)
            and self.seen_items.shape == (n_items,)
            and self.seen_items.dtype == bool
            and n_users > 0
            and [each.shape for each in self.kernels] == list(pairwise(widths))
            and all(each.ndim == 1 for each in self.biases)
            and widths[-1] == 1
        )
