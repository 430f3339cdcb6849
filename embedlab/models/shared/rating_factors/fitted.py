"""From fitted tables to the predictor, the embeddings and the error on held-out ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import KEY_COLUMN, Embedding
from embedlab.core.errors import InputError
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.contract.base import SNAPSHOT_KEYS
from embedlab.models.shared.rating_factors.rater import FactorRater, Prior
from embedlab.models.shared.rating_factors.time_bins import TimeBins
from embedlab.models.shared.recommenders.embeddings import side_embedding

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

#: The column of an embedding that holds the biases, in units of ratings.
BIAS_COLUMN = "bias"
_FEWEST_RATINGS = 2


@dataclass(frozen=True)
class Sample:
    """One solution, or one sample of a chain.

    Parameters
    ----------
    users, items
        `(n, n_factors + 1)` float32; the last column is the bias. `users` has what the rated items add.
    implicit
        `(n_items, n_factors)` float32, or no rows.
    user_mean, user_precision
        `(n_factors + 1,)` float64 prior of a new user.
    item_mean
        `(n_factors + 1,)` float64: what is expected of an unknown item.
    noise_precision
        Weight of the squared errors.
    """

    users: Floats
    items: Floats
    implicit: Floats
    user_mean: Doubles
    user_precision: Doubles
    item_mean: Doubles
    noise_precision: float = 1.0


@dataclass(frozen=True)
class Learned:
    """What a phase of a training learns from.

    Parameters
    ----------
    is_seen
        `(n_users,)` and `(n_items,)` bool: which rows have ratings.
    mean, spread
        Of the ratings.
    scale
        Lowest and highest rating.
    time_bins
        Deviations of items by time, which the ratings are without and predictions have; None without any.
    """

    is_seen: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]
    mean: float
    spread: float
    scale: tuple[float, float]
    time_bins: TimeBins | None = None

    @classmethod
    def of(cls, ratings: Ratings, split: RatingsSplit, time_bins: TimeBins | None = None) -> Learned:
        """Describe the ratings of a phase."""
        seen = (
            np.bincount(rows, minlength=len(table)) > 0
            for rows, table in ((ratings.users, split.dataset.users), (ratings.items, split.dataset.items))
        )
        mean = float(np.mean(ratings.ratings, dtype=np.float64))
        spread = float(np.std(ratings.ratings, dtype=np.float64)) or 1.0
        return cls((*seen,), mean, spread, split.scale, time_bins)  # type: ignore[arg-type]

    def predict(self, users: Floats, items: Floats, ratings: Ratings) -> Floats:
        """Predict from tables whose rows without ratings are 0; not clipped."""
        from embedlab.models.shared.rating_factors.kernels import predictions

        standard = np.empty(len(ratings), np.float32)
        predictions(np.asarray(ratings.users), np.asarray(ratings.items), users, items, standard)
        predicted: Floats = self.mean + self.spread * standard
        if self.time_bins is not None:
            predicted += self.time_bins.offsets(ratings.items, ratings.times)
        return predicted

    def squared_errors(self, predicted: Floats, ratings: Ratings) -> Doubles:
        """Return the squared errors of predictions, clipped to the scale."""
        squares: Doubles = np.square(np.clip(predicted, *self.scale) - ratings.ratings, dtype=np.float64)
        return squares

    def rater(self, samples: Sequence[Sample], exponent: float = 0.0) -> FactorRater:
        """Return the predictor that averages the predictions of samples."""
        user_seen, item_seen = self.is_seen
        users = _stacked([each.users for each in samples], [each.user_mean for each in samples], user_seen)
        items = _stacked([each.items for each in samples], [each.item_mean for each in samples], item_seen)
        if self.time_bins is not None:
            items[:, :, -1] += (self.time_bins.latest / self.spread)[:, np.newaxis]
        implicit = None
        if len(samples[0].implicit):
            nothing = np.zeros(samples[0].implicit.shape[1])
            implicit = _stacked([each.implicit for each in samples], [nothing] * len(samples), item_seen)
        prior = Prior(
            np.stack([each.user_precision for each in samples]),
            np.stack([each.user_mean for each in samples]),
            np.array([each.noise_precision for each in samples], np.float64),
            exponent,
        )
        return FactorRater(
            np.ascontiguousarray(users[:, :, :-1]),
            np.ascontiguousarray(items[:, :, :-1]),
            np.ascontiguousarray(users[:, :, -1]),
            np.ascontiguousarray(items[:, :, -1]),
            prior,
            self.mean,
            self.spread,
            self.scale,
            item_seen,
            implicit,
            self.time_bins,
        )

    def embeddings(self, split: RatingsSplit, users: Floats, items: Floats) -> dict[str, Embedding]:
        """Return the embeddings of users and items, both in one space, with their biases in units of ratings."""
        tables = {"items": (split.dataset.items, items), "users": (split.dataset.users, users)}
        seen = {"items": self.is_seen[1], "users": self.is_seen[0]}
        return {
            name: side_embedding(
                table, vectors[:, :-1], seen[name], {BIAS_COLUMN: (self.spread * vectors[:, -1]).astype(np.float32)}
            )
            for name, (table, vectors) in tables.items()
        }


def _stacked(tables: Sequence[Floats], unknown: Sequence[Doubles], is_seen: npt.NDArray[np.bool_]) -> Floats:
    """Return `(n + 1, n_samples, n_columns)`; rows without ratings, and the last one, are those of the unknown."""
    stacked = np.empty((len(is_seen) + 1, len(tables), tables[0].shape[1]), np.float32)
    for place, (table, row) in enumerate(zip(tables, unknown, strict=True)):
        stacked[:-1, place] = table
        stacked[-1, place] = row
    stacked[:-1][~is_seen] = stacked[-1]
    return stacked


def snapshot(split: RatingsSplit, users: Floats, items: Floats) -> dict[str, tuple[list[str], Floats]]:
    """Return the vectors of the most rated users and items; the dataset lists them first."""
    tables = {"items": (split.dataset.items, items), "users": (split.dataset.users, users)}
    return {
        name: (table[KEY_COLUMN].head(SNAPSHOT_KEYS).tolist(), vectors[:SNAPSHOT_KEYS, :-1].copy())
        for name, (table, vectors) in tables.items()
    }


def first_phase(split: RatingsSplit) -> Ratings:
    """Return the ratings to learn from before the validation part is added.

    If whole users are held out, the given ratings of the users of the validation part are among them, since their
    vectors are needed to predict the rest.

    Raises
    ------
    InputError
        There are fewer than two.
    """
    ratings = split.train
    if len(split.validation_history):
        ratings = Ratings.joined(split.train, split.validation_history)
    if len(ratings) < _FEWEST_RATINGS:
        raise InputError(
            "There are too few ratings to train on.",
            received=len(ratings),
            remedy="Add at least a few ratings of several users and items.",
        )
    return ratings
