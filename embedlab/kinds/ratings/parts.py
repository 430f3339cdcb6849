"""Splitting ratings by an evaluation protocol: at random, the last of each user, by time, or whole users."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit

if TYPE_CHECKING:
    from embedlab.kinds.ratings.dataset import RatingsDataset

Rows = npt.NDArray[np.intp]
#: A user with fewer ratings stays in the training part as a whole.
_FEWEST_TO_LEAVE_LAST = 3
#: Training, validation and test part need a moment each.
_FEWEST_MOMENTS = 3


def ratings_split(dataset: RatingsDataset, protocol: Protocol) -> RatingsSplit:
    """Split ratings by a protocol. The same protocol gives the same parts.

    Raises
    ------
    InputError
        The protocol needs times that the ratings do not have, or a part would be empty.
    ParameterError
        The shares leave nothing for training.
    """
    split = _SPLITS.get(protocol.name, _at_random)(dataset, protocol)
    for part, name in ((split.train, "training"), (split.test, "test")):
        if len(part) == 0:
            raise InputError(
                f"The protocol leaves no ratings for the {name} part.",
                received=protocol.title,
                remedy="Choose another evaluation protocol.",
            )
    return split


def _at_random(dataset: RatingsDataset, protocol: Protocol) -> RatingsSplit:
    return dataset.split(protocol.seed, validation_share=protocol.validation_share, test_share=protocol.test_share)


def _leave_last(dataset: RatingsDataset, protocol: Protocol) -> RatingsSplit:
    """Hold out the last rating of each user for the test, and the one before for validation.

    Ratings with equal times, or without times, are in the order of the file.
    """
    del protocol
    ratings = dataset.ratings
    order = np.lexsort((_times(ratings), ratings.users))
    counts = np.bincount(ratings.users[order])
    last = np.cumsum(counts) - 1
    last = last[counts >= _FEWEST_TO_LEAVE_LAST]
    return _of_rows(dataset, np.sort(order[last - 1]), np.sort(order[last]))


def _time_cut(dataset: RatingsDataset, protocol: Protocol) -> RatingsSplit:
    """Hold out the newest ratings; equal times stay in the same part, so the shares are those that come nearest."""
    times = dataset.ratings.times
    known = np.zeros(0, np.float64) if times is None else times[np.isfinite(times)]
    if times is None or len(known) < len(times) / 2:
        raise InputError(
            "The ratings have no times, so they cannot be cut by time.",
            received=dataset.imported.options.get("time") or "no column of times",
            remedy="Choose another evaluation protocol, or import the ratings with their times.",
        )
    moments, counts = np.unique(known, return_counts=True)
    if len(moments) < _FEWEST_MOMENTS:
        raise InputError(
            "The ratings have too few different times to be cut by time.",
            received=f"{len(moments)} different times",
            remedy="Choose another evaluation protocol.",
        )
    # Number of ratings from each moment on.
    n_since = np.cumsum(counts[::-1])[::-1]
    # Each part needs a moment of its own.
    test = 2 + int(np.argmin(np.abs(n_since[2:] - protocol.test_share * len(known))))
    wanted = n_since[test] + protocol.validation_share * len(known)
    validation = 1 + int(np.argmin(np.abs(n_since[1:test] - wanted)))
    # Ratings without a time are never in the future.
    is_test = times >= moments[test]
    is_validation = (times >= moments[validation]) & ~is_test
    return _of_rows(dataset, np.flatnonzero(is_validation), np.flatnonzero(is_test))


def _unseen_users(dataset: RatingsDataset, protocol: Protocol) -> RatingsSplit:
    """Hold out whole users, with a random part of the ratings of each given.

    Source: Marlin, "Modeling User Rating Profiles for Collaborative Filtering", 2003 (strong generalization); Liang et
    al., "Variational Autoencoders for Collaborative Filtering", 2018.
    """
    ratings = dataset.ratings
    random = np.random.default_rng(protocol.seed)
    counts = np.bincount(ratings.users, minlength=len(dataset.users))
    # Of a user with one rating, nothing could be given.
    candidates = random.permutation(np.flatnonzero(counts >= 2))
    n_test, n_validation = (
        max(1, round(share * len(candidates))) for share in (protocol.test_share, protocol.validation_share)
    )
    group = np.zeros(len(counts), np.int8)
    group[candidates[:n_test]] = 2
    group[candidates[n_test : n_test + n_validation]] = 1
    of_user = group[ratings.users]
    is_given = np.ones(len(ratings), bool)
    held_out = np.flatnonzero(of_user > 0)
    # In a random order within each user, the first ones are given.
    order = held_out[np.lexsort((random.random(len(held_out)), ratings.users[held_out]))]
    n_of_user = counts[ratings.users[order]]
    starts = np.flatnonzero(np.r_[True, np.diff(ratings.users[order]) > 0]) if len(order) else np.zeros(0, np.intp)
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    n_given = np.clip(np.round(protocol.history_share * n_of_user), 1, n_of_user - 1)
    is_given[order] = rank < n_given

    def take(which: int, *, given: bool) -> Ratings:
        return ratings.take(np.flatnonzero((of_user == which) & (is_given == given)))

    return RatingsSplit(
        dataset,
        ratings.take(np.flatnonzero(of_user == 0)),
        take(1, given=False),
        take(2, given=False),
        take(1, given=True),
        take(2, given=True),
    )


def _times(ratings: Ratings) -> npt.NDArray[np.float64]:
    """Return the times, -inf where they are unknown: such a rating is before those with a time."""
    if ratings.times is None:
        return np.zeros(len(ratings))
    return np.where(np.isfinite(ratings.times), ratings.times, -np.inf)


def _of_rows(dataset: RatingsDataset, validation: Rows, test: Rows) -> RatingsSplit:
    ratings = dataset.ratings
    is_train = np.ones(len(ratings), bool)
    is_train[validation] = False
    is_train[test] = False
    return RatingsSplit(dataset, ratings.take(np.flatnonzero(is_train)), ratings.take(validation), ratings.take(test))


_SPLITS: dict[str, Callable[[RatingsDataset, Protocol], RatingsSplit]] = {
    "leave-last": _leave_last,
    "time-cut": _time_cut,
    "unseen-users": _unseen_users,
}
