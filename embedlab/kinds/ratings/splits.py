"""Ratings as index triples, and their training, validation and test parts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import InputError, ParameterError

if TYPE_CHECKING:
    from embedlab.kinds.ratings.dataset import RatingsDataset

#: Each of the three parts needs one rating.
FEWEST_RATINGS = 3


@dataclass(frozen=True)
class Ratings:
    """Ratings as three arrays of the same length.

    Parameters
    ----------
    users
        `(n,)` int32 rows of the dataset's users.
    items
        `(n,)` int32 rows of the dataset's items.
    ratings
        `(n,)` float32, finite; in implicit feedback how often or how long, 1 where only the choice is known.
    times
        `(n,)` float64, seconds or any other number that grows, NaN where unknown; None without times.

    Raises
    ------
    InputError
        The arrays differ in length or are not one-dimensional.
    """

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    ratings: npt.NDArray[np.float32]
    times: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        shapes = {self.users.shape, self.items.shape, self.ratings.shape}
        if self.times is not None:
            shapes.add(self.times.shape)
        if len(shapes) != 1 or self.ratings.ndim != 1:
            raise InputError("Users, items and ratings must be arrays of the same length.", received=shapes)

    def __len__(self) -> int:
        return len(self.ratings)

    def take(self, rows: npt.NDArray[np.intp]) -> Ratings:
        """Return the ratings in these rows, copied into memory."""
        times = None if self.times is None else self.times[rows]
        return Ratings(self.users[rows], self.items[rows], self.ratings[rows], times)

    @classmethod
    def empty(cls) -> Ratings:
        """Return an empty set of ratings."""
        return cls(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))

    @classmethod
    def joined(cls, *parts: Ratings) -> Ratings:
        """Return the ratings of several parts as one; with times only if all parts with ratings have them."""
        times = [part.times for part in parts if len(part)]
        is_timed = len(times) > 0 and all(each is not None for each in times)
        return cls(
            np.concatenate([part.users for part in parts]),
            np.concatenate([part.items for part in parts]),
            np.concatenate([part.ratings for part in parts]),
            np.concatenate([each for each in times if each is not None]) if is_timed else None,
        )


@dataclass(frozen=True)
class RatingsSplit:
    """The three parts of a dataset: models learn from `train`, are selected on `validation`, and tested once on `test`.

    Users and items of validation and test may be missing from train; predictors must handle that.

    Parameters
    ----------
    dataset, train, validation, test
        The dataset and its parts.
    validation_history, test_history
        If whole users are held out: the known ratings of the users of each part, from which a model places them among
        the users it knows. No model trains on them. Otherwise empty.
    """

    dataset: RatingsDataset
    train: Ratings
    validation: Ratings
    test: Ratings
    validation_history: Ratings = field(default_factory=Ratings.empty)
    test_history: Ratings = field(default_factory=Ratings.empty)

    @cached_property
    def known(self) -> Ratings:
        """All ratings that a model may train on in the end: training and validation."""
        return Ratings.joined(self.train, self.validation_history, self.validation)

    @cached_property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating outside the test part; predictions are clipped to it."""
        known = [part.ratings for part in (self.train, self.validation) if len(part)]
        return float(min(part.min() for part in known)), float(max(part.max() for part in known))

    def without_test(self) -> RatingsSplit:
        """Return the split with an empty test part: what a model may use."""
        return replace(self, test=Ratings.empty(), test_history=Ratings.empty())


def split_rows(
    n_rows: int, seed: int, validation_share: float, test_share: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Split `n_rows` at random into sorted rows of train, validation and test, the same for the same seed.

    A part with a share above 0 gets at least one row.

    Raises
    ------
    ParameterError
        A share is outside [0, 1), or no row would be left for training.
    """
    shares = (validation_share, test_share)
    if not all(0 <= share < 1 for share in shares) or sum(shares) >= 1:
        raise ParameterError(
            "The shares of validation and test must be at least 0 and together below 1.", received=shares
        )
    n_validation, n_test = (max(1, round(share * n_rows)) if share > 0 else 0 for share in shares)
    if n_validation + n_test >= n_rows:
        raise ParameterError("There are too few ratings to split.", received=n_rows)
    order = np.random.default_rng(seed).permutation(n_rows)
    parts = np.split(order, [n_test, n_test + n_validation])
    test, validation, train = (np.sort(part) for part in parts)
    return train, validation, test


def split_table(split: RatingsSplit, *, times: bool = False) -> pd.DataFrame:
    """Return all ratings as a table `user, item, rating, part`; users and items as the dataset's keys.

    With `times`, a last column `time` has the times, if they are known. Parts: `train`, `validation`, `test`, and if
    whole users are held out, `validation_history` and `test_history`.
    """
    users = np.asarray(split.dataset.user_keys, dtype=object)
    items = split.dataset.items["key"].to_numpy(dtype=object)
    parts = {
        "train": split.train,
        "validation_history": split.validation_history,
        "validation": split.validation,
        "test_history": split.test_history,
        "test": split.test,
    }
    tables = []
    for name, part in parts.items():
        if len(part) or not name.endswith("_history"):
            table = pd.DataFrame(
                {"user": users[part.users], "item": items[part.items], "rating": part.ratings, "part": name}
            )
            tables.append(table.assign(time=part.times) if times and part.times is not None else table)
    return pd.concat(tables, ignore_index=True)
