"""Errors of predicted ratings next to baselines without vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.differences import paired_difference
from embedlab.evaluation.intervals import error_interval
from embedlab.evaluation.recommendation.biases import Biases, fit_biases, sample_users
from embedlab.evaluation.resampling import resampled_sums
from embedlab.evaluation.scores import refuse_not_finite
from embedlab.kinds.ratings.splits import Ratings, split_rows

Predict = Callable[[npt.NDArray[np.int32], npt.NDArray[np.int32]], npt.NDArray[np.float32]]

#: Candidate strengths of L2 regularization, in neutral pseudo-ratings per user or item.
_STRENGTHS = (1.0, 2.0, 3.0, 5.0, 10.0, 25.0)


@dataclass(frozen=True)
class BiasBaseline:
    """Predicts ``mean + b_u + b_i``.

    Parameters
    ----------
    mean
        Mean of the training ratings.
    user_biases, item_biases
        `(n,)` float64; -1 and rows beyond the arrays have bias 0.
    """

    mean: float
    user_biases: npt.NDArray[np.float64]
    item_biases: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, train: Ratings, *, user_strength: float, item_strength: float) -> BiasBaseline:
        """Fit the biases of ratings minus their mean, with strengths in neutral pseudo-ratings; see `fit_biases`."""
        mean = float(np.mean(train.ratings, dtype=np.float64))
        n_users, n_items = int(train.users.max()) + 1, int(train.items.max()) + 1
        biases = fit_biases(
            train, (train.ratings - mean).astype(np.float64), n_users, n_items, user_strength, item_strength
        )
        return cls(mean, biases.users, biases.items)

    @classmethod
    def fit_selected(cls, train: Ratings, seed: int = 0) -> BiasBaseline:
        """Fit with the strengths that best predict a held-out tenth of `train`."""
        if len(train) < 10:
            return cls.fit(train, user_strength=10.0, item_strength=10.0)
        rows = np.arange(len(train))
        if (is_sampled := sample_users(train, int(train.users.max()) + 1, seed)) is not None:
            rows = np.flatnonzero(is_sampled[train.users])
        fit_rows, validation_rows, _ = split_rows(len(rows), seed, 0.1, 0.0)
        fitted, validation = train.take(rows[fit_rows]), train.take(rows[validation_rows])

        def error(user_strength: float, item_strength: float) -> float:
            baseline = cls.fit(fitted, user_strength=user_strength, item_strength=item_strength)
            return _rmse(baseline.predict(validation.users, validation.items), validation.ratings)

        item_strength = min(_STRENGTHS, key=lambda strength: error(5.0, strength))
        user_strength = min(_STRENGTHS, key=lambda strength: error(strength, item_strength))
        return cls.fit(train, user_strength=user_strength, item_strength=item_strength)

    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Predict the ratings of pairs of rows, not clipped."""
        predicted = self.mean + Biases(self.user_biases, self.item_biases).predict(users, items)
        return predicted.astype(np.float32)


def item_means(train: Ratings) -> BiasBaseline:
    """Return the baseline that predicts an item's mean, or the global mean for an item without ratings."""
    mean = float(np.mean(train.ratings, dtype=np.float64))
    counts = np.bincount(train.items)
    sums = np.bincount(train.items, train.ratings - mean)
    return BiasBaseline(mean, np.zeros(1), np.divide(sums, counts, out=np.zeros(len(counts)), where=counts > 0))


def score_predictions(predict: Predict, test: Ratings, known: Ratings, scale: tuple[float, float]) -> dict[str, Any]:
    """Score predictions on the test part, next to baselines fitted to all other ratings.

    Parameters
    ----------
    predict
        `predict(users, items)`, as of a `Predictor`.
    test
        The ratings to predict; -1 is an unknown user or item.
    known
        The ratings that the baselines are fitted to: the training and validation parts.
    scale
        Lowest and highest rating; all predictions, including those of the baselines, are clipped to it.

    Returns
    -------
    ``{"test_rmse", "test_mae", "n_test", "n_test_users", "intervals", "baselines", "differences"}``.
    ``intervals[name]`` is the 95 % interval of a score. ``baselines`` has the same score names under each of
    `global_mean`, `item_mean` and `user_item_bias`; ``differences[baseline][name]`` is ``{"value", "low", "high"}`` of
    own minus baseline. Intervals resample whole users, since ratings of one user depend on each other; with fewer than
    `FEWEST_FOR_INTERVAL` users `intervals` is empty and `low` and `high` are None. Without test ratings the result is
    ``{"n_test": 0}``.

    Raises
    ------
    EmbedLabError
        A prediction is not a finite number.
    """
    if len(test) == 0:
        return {"n_test": 0}
    nothing = np.zeros(1)
    baselines = {
        "global_mean": BiasBaseline(float(np.mean(known.ratings, dtype=np.float64)), nothing, nothing),
        "item_mean": item_means(known),
        "user_item_bias": BiasBaseline.fit_selected(known),
    }
    errors = [_errors(each, test, scale) for each in (predict, *(each.predict for each in baselines.values()))]
    _, user = np.unique(test.users, return_inverse=True)
    n_users = int(user.max()) + 1
    totals: list[npt.NDArray[Any]] = [np.bincount(user, minlength=n_users)]
    for error in errors:
        totals += [np.bincount(user, np.square(error), n_users), np.bincount(user, np.abs(error), n_users)]
    sums = resampled_sums(np.column_stack(totals))
    n_ratings = sums[:, :1]
    resamples = {"test_rmse": np.sqrt(sums[:, 1::2] / n_ratings), "test_mae": sums[:, 2::2] / n_ratings}
    values = {
        "test_rmse": [float(np.sqrt(np.mean(np.square(error)))) for error in errors],
        "test_mae": [float(np.mean(np.abs(error))) for error in errors],
    }
    intervals = {name: error_interval(values[name][0], each[:, 0], n_users) for name, each in resamples.items()}
    return {
        "test_rmse": values["test_rmse"][0],
        "test_mae": values["test_mae"][0],
        "n_test": len(test),
        "n_test_users": n_users,
        "intervals": {name: list(interval) for name, interval in intervals.items() if interval is not None},
        "baselines": {
            baseline: {name: value[place] for name, value in values.items()}
            for place, baseline in enumerate(baselines, 1)
        },
        "differences": {
            baseline: {
                name: paired_difference(
                    value[0] - value[place], resamples[name][:, 0] - resamples[name][:, place], n_users
                )
                for name, value in values.items()
            }
            for place, baseline in enumerate(baselines, 1)
        },
    }


def _errors(predict: Predict, test: Ratings, scale: tuple[float, float]) -> npt.NDArray[np.float64]:
    predicted = np.asarray(predict(test.users, test.items), dtype=np.float64)
    refuse_not_finite(predicted)
    return np.clip(predicted, *scale) - test.ratings


def _rmse(predicted: npt.NDArray[np.float32], expected: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean((predicted.astype(np.float64) - expected) ** 2)))
