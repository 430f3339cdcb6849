"""Ratings predicted from factors and biases in NumPy, so that only training needs TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import StorageError
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import State

#: Pairs predicted at a time; limits the memory for the gathered factors.
_CHUNK = 262_144


@dataclass(frozen=True)
class FactorPredictor(Rates):
    """The prediction ``mean + spread * (p_u . q_i + b_u + b_i)``, clipped to the scale.

    Source: Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems", 2009.

    Parameters
    ----------
    user_factors, item_factors
        `(n_users, n_factors)` and `(n_items, n_factors)` float32; rows not seen in training are zero.
    user_biases, item_biases
        `(n_users,)` and `(n_items,)` float32; zero for rows not seen in training, and all zero without biases.
    mean, spread
        Mean and standard deviation of the training ratings, used to standardize the network's targets.
    scale
        Lowest and highest rating.
    seen_items
        `(n_items,)` bool, whether the item had ratings in training; None in runs of earlier versions, whose unseen
        rows are all zero.
    """

    user_factors: npt.NDArray[np.float32]
    item_factors: npt.NDArray[np.float32]
    user_biases: npt.NDArray[np.float32]
    item_biases: npt.NDArray[np.float32]
    mean: float
    spread: float
    scale: tuple[float, float]
    seen_items: npt.NDArray[np.bool_] | None = None

    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Predict ratings of pairs; see `Rates.predict`."""
        predicted = np.empty(len(users), np.float32)
        for start in range(0, len(users), _CHUNK):
            part = slice(start, start + _CHUNK)
            predicted[part] = self._predict_part(users[part], items[part])
        return predicted

    def _predict_part(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        # Row -1 would index the last row; unknown users and items add nothing to the mean.
        known_users, known_items = users >= 0, items >= 0
        dot = np.einsum("nk,nk->n", self.user_factors[users], self.item_factors[items])
        standard = (
            np.where(known_users & known_items, dot, 0)
            + np.where(known_users, self.user_biases[users], 0)
            + np.where(known_items, self.item_biases[items], 0)
        )
        clipped: npt.NDArray[np.float32] = np.clip(self.mean + self.spread * standard, *self.scale).astype(np.float32)
        return clipped

    def knows_items(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Return for each item row whether it had ratings in training; see `Rates.knows_items`."""
        seen = self.seen_items
        if seen is None:
            seen = self.item_factors.any(axis=1) | (self.item_biases != 0)
        known: npt.NDArray[np.bool_] = (items >= 0) & seen[items]
        return known

    def state(self) -> State:
        """Return everything `from_state` needs."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "user_factors": self.user_factors,
            "item_factors": self.item_factors,
            "user_biases": self.user_biases,
            "item_biases": self.item_biases,
        }
        if self.seen_items is not None:
            arrays["seen_items"] = self.seen_items
        return State(arrays, {"mean": self.mean, "spread": self.spread, "scale": list(self.scale)})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the predictor; raises `StorageError` if the state belongs to another class."""
        try:
            lowest, highest = state.config["scale"]
            return cls(
                user_factors=state.arrays["user_factors"],
                item_factors=state.arrays["item_factors"],
                user_biases=state.arrays["user_biases"],
                item_biases=state.arrays["item_biases"],
                mean=float(state.config["mean"]),
                spread=float(state.config["spread"]),
                scale=(float(lowest), float(highest)),
                seen_items=state.arrays.get("seen_items"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StorageError("A saved predictor is damaged.", remedy="Train again.") from error
