"""Ratings predicted from factors and biases in NumPy, so that only training needs TensorFlow."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import ExplainsScores, FoldedIn, FoldsIn, Rates, Reasons
from embedlab.models.contract.base import State

#: Smallest ridge, in pseudo-ratings.
_LEAST_L2 = 1e-3
#: Pairs predicted at a time; limits the memory for the gathered factors.
_CHUNK = 262_144


@dataclass(frozen=True)
class UserL2:
    """L2 regularization of a user, in pseudo-ratings.

    Parameters
    ----------
    factors
        Of the factors of a user who rated one item.
    nu
        For a user who rated n items, it is multiplied by ``n^nu``.
    bias
        Of the user's bias; None if the model has no biases.
    """

    factors: float
    nu: float
    bias: float | None


@dataclass(frozen=True)
class FactorPredictor(Rates, FoldsIn, ExplainsScores):
    """The prediction ``mean + spread * (p_u . q_i + b_u + b_i)``, clipped to the scale.

    A new user is placed by ridge regression on the item factors, which do not change; the scores of a new user are not
    clipped, so that reasons add up to them and that items are ordered even at the end of the scale.

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
    user_l2
        The L2 regularization of users in training, for placing new ones; None in runs of earlier versions.
    """

    refusal = Rates.refusal
    folder = Rates.folder
    folds_in: ClassVar[Literal["ratings", "interactions"]] = "ratings"

    user_factors: npt.NDArray[np.float32]
    item_factors: npt.NDArray[np.float32]
    user_biases: npt.NDArray[np.float32]
    item_biases: npt.NDArray[np.float32]
    mean: float
    spread: float
    scale: tuple[float, float]
    seen_items: npt.NDArray[np.bool_] | None = None
    user_l2: UserL2 | None = None

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

    def rank_by_rating(self, users: npt.NDArray[np.int32], n_items: int) -> npt.NDArray[np.float32]:
        """Predict ratings of all items by one matrix product; see `Rates.rank_by_rating`."""
        known = (users >= 0)[:, np.newaxis]
        items = slice(0, n_items)
        standard = np.where(known, self.user_factors[users], 0) @ self.item_factors[items].T
        standard += np.where(known, self.user_biases[users, np.newaxis], 0)
        standard += self.item_biases[items]
        predicted: npt.NDArray[np.float32] = np.clip(self.mean + self.spread * standard, *self.scale).astype(np.float32)
        predicted[:, ~self.knows_items(np.arange(n_items, dtype=np.int32))] = -np.inf
        return predicted

    def fold_in(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> FoldedIn:
        """Place someone new by ratings; see `FoldsIn.fold_in`. Scores are predicted ratings, not clipped."""
        kept, solver = self._ridge(items)
        weights = solver @ (self._standard(values[kept]) - self.item_biases[items[kept]])
        n_factors = self.item_factors.shape[1]
        vector = weights[:n_factors]
        standard = self.item_factors.astype(np.float64) @ vector + self.item_biases + weights[n_factors:].sum()
        scores = (self.mean + self.spread * standard).astype(np.float32)
        scores[~self.knows_items(np.arange(len(scores), dtype=np.int32))] = -np.inf
        return FoldedIn(scores, vector.astype(np.float32))

    def reasons(self, items: npt.NDArray[np.int32], values: npt.NDArray[np.float32], target: int) -> Reasons:
        """Return what each rating adds to the predicted rating of an item; see `ExplainsScores.reasons`.

        ``score = mean + spread (b_t + sum_j z_t' A^-1 z_j (r_j - b_j))`` with ``z = [q, 1]`` and ``A = Z'Z + L2``.
        """
        contributions = np.zeros(len(items), np.float32)
        if not self.knows_items(np.array([target], np.int32))[0]:
            return Reasons(float("-inf"), contributions)
        kept, solver = self._ridge(items)
        residuals = self._standard(values[kept]) - self.item_biases[items[kept]]
        contributions[kept] = self.spread * (self._design(np.array([target]))[0] @ solver) * residuals
        return Reasons(float(self.mean + self.spread * self.item_biases[target]), contributions)

    def _standard(self, ratings: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        standard: npt.NDArray[np.float64] = (ratings.astype(np.float64) - self.mean) / self.spread
        return standard

    def _design(self, items: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return `[q, 1]` of items; `q` without biases."""
        factors: npt.NDArray[np.float64] = self.item_factors[items].astype(np.float64)
        if self._l2_of_users.bias is None:
            return factors
        return np.concatenate([factors, np.ones((len(factors), 1))], axis=1)

    def _ridge(self, items: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
        """Return which items are known, and the solver `(size, n_known)` of the regression on them."""
        kept = self.knows_items(items)
        design = self._design(items[kept])
        l2, n_factors = self._l2_of_users, self.item_factors.shape[1]
        # At least a little, so that a model without regularization can place users too.
        ridge: npt.NDArray[np.float64] = np.full(
            design.shape[1], max(l2.factors * max(1, len(design)) ** l2.nu, _LEAST_L2)
        )
        ridge[n_factors:] = max(l2.bias or 0.0, _LEAST_L2)
        solver = np.linalg.solve(design.T @ design + np.diag(ridge), design.T)
        return kept, np.asarray(solver, np.float64)

    @property
    def _l2_of_users(self) -> UserL2:
        if self.user_l2 is not None:
            return self.user_l2
        return UserL2(12.0, 0.0, 5.0 if self.user_biases.any() else None)

    def knows_items(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Return for each item row whether it had ratings in training; see `Rates.knows_items`."""
        seen = self.seen_items
        if seen is None:
            seen = self.item_factors.any(axis=1) | (self.item_biases != 0)
        known: npt.NDArray[np.bool_] = (items >= 0) & seen[items]
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
            "user_biases": self.user_biases,
            "item_biases": self.item_biases,
        }
        if self.seen_items is not None:
            arrays["seen_items"] = self.seen_items
        config: dict[str, Any] = {"mean": self.mean, "spread": self.spread, "scale": list(self.scale)}
        if self.user_l2 is not None:
            config["user_l2"] = asdict(self.user_l2)
        return State(arrays, config)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the predictor; raises `StorageError` if the state belongs to another class."""
        try:
            lowest, highest = state.config["scale"]
            l2 = state.config.get("user_l2")
            predictor = cls(
                user_factors=state.arrays["user_factors"],
                item_factors=state.arrays["item_factors"],
                user_biases=state.arrays["user_biases"],
                item_biases=state.arrays["item_biases"],
                mean=float(state.config["mean"]),
                spread=float(state.config["spread"]),
                scale=(float(lowest), float(highest)),
                seen_items=state.arrays.get("seen_items"),
                user_l2=None if l2 is None else UserL2(**l2),
            )
            fits = predictor._fits()
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged(cls.folder) from error
        if not fits:
            raise damaged(cls.folder)
        return predictor

    def _fits(self) -> bool:
        (n_users, n_factors), n_items = self.user_factors.shape, len(self.item_factors)
        l2 = self.user_l2
        return (
            self.item_factors.shape == (n_items, n_factors)
            and self.user_biases.shape == (n_users,)
            and self.item_biases.shape == (n_items,)
            and (self.seen_items is None or (self.seen_items.shape == (n_items,) and self.seen_items.dtype == bool))
            and (l2 is None or bool(np.isfinite([l2.factors, l2.nu, l2.bias or 0.0]).all()))
        )
