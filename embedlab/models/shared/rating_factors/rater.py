"""Ratings predicted from factors and biases in NumPy, new users placed by ridge regression, and reasons that add up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import ExplainsScores, FoldedIn, FoldsIn, Rates, Reasons
from embedlab.models.contract.state import State
from embedlab.models.shared.rating_factors.time_bins import TimeBins

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]

#: Numbers gathered at a time in a prediction; limits the memory.
_GATHERED = 1 << 24


@dataclass(frozen=True)
class Prior:
    """What is known of a new user, in each sample.

    Parameters
    ----------
    precision, mean
        `(n_samples, n_factors + 1)` float64: L2 regularization of the factors and, last, of the bias, and the values
        they are pulled towards.
    noise_precision
        `(n_samples,)` float64 weight of the squared errors.
    exponent
        The regularization of the factors grows with this power of the number of ratings.
    """

    precision: Doubles
    mean: Doubles
    noise_precision: Doubles
    exponent: float = 0.0


@dataclass(frozen=True)
class FactorRater(Rates, FoldsIn, ExplainsScores):
    """The prediction ``mean + spread * (p_u . q_i + b_u + b_i)``, averaged over samples of a model, on the scale.

    With several samples, predictions are averaged, not factors: ``p . q`` of each sample has its own axes. A model that
    is not sampled has one. A new user is placed by ridge regression in each sample with the items fixed, which is
    linear in the ratings; so each rating's contribution to a score is exact.

    Parameters
    ----------
    user_factors, item_factors
        `(n_users + 1, n_samples, n_factors)` and `(n_items + 1, n_samples, n_factors)` float32. The last row, which
        row -1 is too, is that of unknown users or items; rows without ratings in training are equal to it.
    user_biases, item_biases
        `(n_users + 1, n_samples)` and `(n_items + 1, n_samples)` float32; those of items are of the last time bin if
        there are any.
    prior
        Of a new user.
    mean, spread
        Mean and standard deviation of the training ratings.
    scale
        Lowest and highest rating; `predict` clips to it, the scores of rankings are not clipped.
    seen_items
        `(n_items,)` bool, whether the item had ratings in training.
    implicit
        `(n_items + 1, n_samples, n_factors)` float32: what a rated item adds to the factors of a user, divided by the
        square root of the number of ratings, whatever the rating; None without such a term (SVD++).
    time_bins
        How the biases of items differ by time, for `predict_at`; None if they do not.
    """

    folder: ClassVar[str] = "predictor"
    refusal: ClassVar[str] = Rates.refusal
    folds_in: ClassVar[Literal["ratings", "interactions"]] = "ratings"
    mapped: ClassVar[bool] = True

    user_factors: Floats
    item_factors: Floats
    user_biases: Floats
    item_biases: Floats
    prior: Prior
    mean: float
    spread: float
    scale: tuple[float, float]
    seen_items: npt.NDArray[np.bool_]
    implicit: Floats | None = None
    time_bins: TimeBins | None = None

    @cached_property
    def _biases(self) -> tuple[Doubles, Doubles]:
        """Mean biases of users and items."""
        return tuple(np.mean(each, axis=1, dtype=np.float64) for each in (self.user_biases, self.item_biases))  # type: ignore[return-value]

    @property
    def _n_samples(self) -> int:
        return int(self.user_factors.shape[1])

    @cached_property
    def _flat(self) -> tuple[Floats, Floats]:
        """Factors of all samples beside each other: the mean of the products is a product of these, divided."""
        return tuple(each.reshape(len(each), -1) for each in (self.user_factors, self.item_factors))  # type: ignore[return-value]

    def predict(self, users: Rows, items: Rows) -> Floats:
        """Predict ratings of pairs in the last time bin; see `Rates.predict`."""
        return np.clip(self._unclipped(users, items), *self.scale)

    def predict_at(self, users: Rows, items: Rows, times: Doubles | None) -> Floats:
        """Predict ratings of pairs in the bins of their times; see `Rates.predict_at`."""
        if self.time_bins is None or times is None:
            return self.predict(users, items)
        _, own_items = self._places(users[:0], items)
        change = self.time_bins.offsets(own_items, times) - self.time_bins.latest[own_items]
        return np.clip(self._unclipped(users, items) + change, *self.scale)

    def _unclipped(self, users: Rows, items: Rows) -> Floats:
        user_factors, item_factors = self._flat
        user_biases, item_biases = self._biases
        predicted = np.empty(len(users), np.float32)
        step = max(1, _GATHERED // user_factors.shape[1])
        for start in range(0, len(users), step):
            part = slice(start, start + step)
            own_users, own_items = self._places(users[part], items[part])
            product = np.einsum("nk,nk->n", user_factors[own_users], item_factors[own_items]) / self._n_samples
            standard = product + user_biases[own_users] + item_biases[own_items]
            predicted[part] = self.mean + self.spread * standard
        return predicted

    def _places(self, users: Rows, items: Rows) -> tuple[Rows, Rows]:
        # Rows beyond the tables fail in the lookup.
        return np.where(users < 0, len(self.user_factors) - 1, users), np.where(
            items < 0, len(self.item_factors) - 1, items
        )

    def knows_items(self, items: Rows) -> npt.NDArray[np.bool_]:
        """Return for each item row whether it had ratings in training; see `Rates.knows_items`."""
        known: npt.NDArray[np.bool_] = (items >= 0) & self.seen_items[items]
        return known

    def rank_by_rating(self, users: Rows, n_items: int) -> Floats:
        """Predict all items by one matrix product, not clipped, so that the best ones keep their order."""
        own, _ = self._places(users, users[:0])
        user_biases, item_biases = self._biases
        product = self._flat[0][own] @ self._flat[1][:n_items].T
        found = product * np.float32(self.spread / self._n_samples)
        found += (self.mean + self.spread * user_biases[own]).astype(np.float32)[:, None]
        found += (self.spread * item_biases[:n_items]).astype(np.float32)
        found[:, ~self.seen_items[:n_items]] = -np.inf
        return found

    def fold_in(self, items: Rows, values: Floats) -> FoldedIn:
        """Place a new user by ridge regression; see `FoldsIn.fold_in`. The vector is that of the last sample."""
        system = self._system(items, values)
        solved = np.einsum("swn,sn->sw", system.gains, system.errors) + system.start
        factors = solved[:, :-1] + system.offset
        found = self._flat[1][:-1] @ (factors / self._n_samples).astype(np.float32).ravel()
        found += (self._biases[1][:-1] + solved[:, -1].mean()).astype(np.float32)
        scores = (self.mean + self.spread * found).astype(np.float32)
        scores[~self.seen_items] = -np.inf
        return FoldedIn(scores, factors[-1].astype(np.float32))

    def reasons(self, items: Rows, values: Floats, target: int) -> Reasons:
        """Return what each rating adds to the score of an item; see `ExplainsScores.reasons`.

        The base is the mean, the bias of the item, and what the model expects of an unknown user.
        """
        contributions = np.zeros(len(items), np.float32)
        if target < 0 or not self.seen_items[target]:
            return Reasons(float("-inf"), contributions)
        system = self._system(items, values)
        row = np.append(self.item_factors[target].astype(np.float64), np.ones((self._n_samples, 1)), axis=1)
        weights = np.einsum("sw,swn->sn", row, system.gains) * system.errors
        if system.implicit is not None:
            weights += np.einsum("sk,snk->sn", row[:, :-1], system.implicit)
        contributions[system.is_known] = self.spread * weights.mean(axis=0)
        base = (row * system.start).sum(axis=1).mean() + self._biases[1][target]
        return Reasons(float(self.mean + self.spread * base), contributions)

    def _system(self, items: Rows, values: Floats) -> _System:
        is_known = self.knows_items(items)
        rated = items[is_known]
        n, n_factors = len(rated), self.item_factors.shape[2]
        prior = self.prior
        factors = self.item_factors[rated].astype(np.float64).transpose(1, 0, 2)
        design = np.append(factors, np.ones((self._n_samples, n, 1)), axis=2)
        errors = ((values[is_known].astype(np.float64) - self.mean) / self.spread) - self.item_biases[rated].T
        offset, implicit = np.zeros((self._n_samples, n_factors)), None
        if self.implicit is not None:
            implicit = self.implicit[rated].astype(np.float64).transpose(1, 0, 2) / np.sqrt(max(n, 1))
            offset = implicit.sum(axis=1)
            errors = errors - np.einsum("snk,sk->sn", factors, offset)
        strength = prior.precision.copy()
        strength[:, :-1] *= max(n, 1) ** prior.exponent
        weighted = design.transpose(0, 2, 1) * prior.noise_precision[:, None, None]
        matrix = weighted @ design + strength[:, :, None] * np.eye(n_factors + 1)
        # Without regularization, a user with few ratings has many solutions.
        diagonal = np.arange(n_factors + 1)
        matrix[:, diagonal, diagonal] = np.maximum(matrix[:, diagonal, diagonal] * (1 + 1e-9), 1e-9)
        right = np.append(weighted, (strength * prior.mean)[:, :, None], axis=2)
        solved = np.linalg.solve(matrix, right)
        return _System(is_known, solved[:, :, :-1], solved[:, :, -1], errors, offset, implicit)

    def check(self, dataset: Any) -> None:
        """Predict for the last user and item, and place a new user; a table of another size raises an error."""
        sizes = len(dataset.users) + 1, len(dataset.items) + 1
        if (len(self.user_factors), len(self.item_factors)) != sizes:
            raise damaged(self.folder)
        super().check(dataset)
        self.fold_in(np.array([sizes[1] - 2], np.int32), np.array([self.mean], np.float32))

    def state(self) -> State:
        """Return everything `from_state` needs."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "user_factors": self.user_factors,
            "item_factors": self.item_factors,
            "user_biases": self.user_biases,
            "item_biases": self.item_biases,
            "prior_precision": self.prior.precision,
            "prior_mean": self.prior.mean,
            "noise_precision": self.prior.noise_precision,
            "seen_items": self.seen_items,
        }
        if self.implicit is not None:
            arrays["implicit"] = self.implicit
        if self.time_bins is not None:
            arrays |= self.time_bins.arrays()
        config = {"mean": self.mean, "spread": self.spread, "scale": list(self.scale), "exponent": self.prior.exponent}
        return State(arrays, config)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load the predictor; raises `StorageError` if the state is damaged."""
        try:
            arrays, config = state.arrays, state.config
            lowest, highest = config["scale"]
            prior = Prior(
                np.asarray(arrays["prior_precision"]),
                np.asarray(arrays["prior_mean"]),
                np.asarray(arrays["noise_precision"]),
                float(config["exponent"]),
            )
            rater = cls(
                arrays["user_factors"],
                arrays["item_factors"],
                arrays["user_biases"],
                arrays["item_biases"],
                prior,
                float(config["mean"]),
                float(config["spread"]),
                (float(lowest), float(highest)),
                np.asarray(arrays["seen_items"]),
                arrays.get("implicit"),
                TimeBins.from_arrays(arrays),
            )
            fits = rater._fits()
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise damaged(cls.folder) from error
        if not fits:
            raise damaged(cls.folder)
        return rater

    def _fits(self) -> bool:
        n_users, n_samples, n_factors = self.user_factors.shape
        n_items = len(self.seen_items) + 1
        return (
            self.item_factors.shape == (n_items, n_samples, n_factors)
            and self.user_biases.shape == (n_users, n_samples)
            and self.item_biases.shape == (n_items, n_samples)
            and self.prior.precision.shape == self.prior.mean.shape == (n_samples, n_factors + 1)
            and self.prior.noise_precision.shape == (n_samples,)
            and (self.implicit is None or self.implicit.shape == self.item_factors.shape)
            and (self.time_bins is None or len(self.time_bins.deviations) == n_items)
        )


@dataclass(frozen=True)
class _System:
    """The ridge regression of a new user in each sample: ``solution = gains @ errors + start``.

    Parameters
    ----------
    is_known
        Which of the user's items the model knows.
    gains
        `(n_samples, n_factors + 1, n)`.
    start
        `(n_samples, n_factors + 1)`: what the prior adds.
    errors
        `(n_samples, n)`: standardized ratings that the items' biases and the implicit term leave unexplained.
    offset, implicit
        `(n_samples, n_factors)` and `(n_samples, n, n_factors)`: what the choice of the items adds to the factors, in
        sum and of each.
    """

    is_known: npt.NDArray[np.bool_]
    gains: Doubles
    start: Doubles
    errors: Doubles
    offset: Doubles
    implicit: Doubles | None
