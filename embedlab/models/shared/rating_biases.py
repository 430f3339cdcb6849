"""User and item biases in closed form: what a rating prediction knows before it learns any factors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.splits import Ratings, split_rows

Doubles = npt.NDArray[np.float64]

#: Candidates for the strength of each side, in neutral pseudo-ratings.
STRENGTHS = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 25.0, 50.0)
#: Strength of both sides where there are too few ratings to choose one.
_FALLBACK = 5.0
_FEWEST_FOR_CHOICE = 10
#: Held-out ratings after which the choice is no longer by chance, and the most folds that provide them.
_ENOUGH_JUDGED = 20_000
_MAX_FOLDS = 8
_MAX_SWEEPS = 100
_CONVERGED = 1e-6
#: The strengths are ratios of variances and do not depend on the number of ratings: more than this is not needed.
_MAX_FOR_CHOICE = 1_000_000


@dataclass(frozen=True)
class Biases:
    """The prediction ``b_u + b_i`` of centered ratings.

    Parameters
    ----------
    users, items
        `(n_users,)` and `(n_items,)` float64; 0 for rows without ratings.
    """

    users: Doubles
    items: Doubles

    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> Doubles:
        """Predict pairs of rows; -1 is a user or an item that is not in the dataset."""
        total: Doubles = np.where(users >= 0, self.users[users], 0) + np.where(items >= 0, self.items[items], 0)
        return total


def fit_biases(
    train: Ratings, targets: Doubles, n_users: int, n_items: int, user_strength: float, item_strength: float
) -> Biases:
    """Minimize ``sum (t - b_u - b_i)^2 + user_strength |b_u|^2 + item_strength |b_i|^2`` by alternating least squares.

    Parameters
    ----------
    train
        The ratings.
    targets
        `(n,)` float64, what the biases explain: centered ratings.
    n_users, n_items
        Rows of the dataset.
    user_strength, item_strength
        L2 regularization of each side, in neutral pseudo-ratings.

    Notes
    -----
    Koren, "Factor in the Neighbors", 2010, section 2.1.
    """
    # Without regularization a row without ratings would divide by zero; its sum is zero too.
    user_weight = np.maximum(np.bincount(train.users, minlength=n_users) + user_strength, 1e-12)
    item_weight = np.maximum(np.bincount(train.items, minlength=n_items) + item_strength, 1e-12)
    user_biases, item_biases = np.zeros(n_users), np.zeros(n_items)
    for _ in range(_MAX_SWEEPS):
        item_biases = np.bincount(train.items, targets - user_biases[train.users], n_items) / item_weight
        before = user_biases
        user_biases = np.bincount(train.users, targets - item_biases[train.items], n_users) / user_weight
        if np.abs(user_biases - before).max() < _CONVERGED:
            break
    return Biases(user_biases, item_biases)


def choose_strengths(
    train: Ratings,
    validation: Ratings,
    n_users: int,
    n_items: int,
    *,
    user_strength: float | None = None,
    item_strength: float | None = None,
    seed: int = 0,
    heartbeat: Callable[[], None] = lambda: None,
) -> tuple[float, float]:
    """Return the strengths whose biases predict held-out ratings best.

    Parameters
    ----------
    train, validation
        Learned from and chosen by; where the validation part is small, held-out tenths of `train` help to choose.
    user_strength, item_strength
        A strength that is given is not chosen.
    seed
        Draws the held-out tenths, and the users of a large dataset that the choice is made on.
    heartbeat
        Called before each fit; may raise to stop.

    Returns
    -------
    The strengths of users and items.
    """
    if user_strength is not None and item_strength is not None:
        return user_strength, item_strength
    if len(train) < _FEWEST_FOR_CHOICE:
        return (
            _FALLBACK if user_strength is None else user_strength,
            _FALLBACK if item_strength is None else item_strength,
        )
    folds = _folds(train, validation, n_users, seed)
    errors: dict[tuple[float, float], float] = {}

    def error(users: float, items: float) -> float:
        if (users, items) not in errors:
            heartbeat()
            errors[users, items] = sum(_squared_error(*fold, n_users, n_items, users, items) for fold in folds)
        return errors[users, items]

    for_users = STRENGTHS if user_strength is None else (user_strength,)
    for_items = STRENGTHS if item_strength is None else (item_strength,)
    best_users = _FALLBACK if user_strength is None else user_strength
    best_items = _FALLBACK if item_strength is None else item_strength
    # One side at a time, twice: the choice for one side depends little on the other.
    for _ in range(2):
        best_items = min(for_items, key=lambda strength: error(best_users, strength))
        best_users = min(for_users, key=lambda strength: error(strength, best_items))
    return best_users, best_items


def _folds(train: Ratings, validation: Ratings, n_users: int, seed: int) -> list[tuple[Ratings, Ratings]]:
    """Return what is learned from and judged by: train and validation, and parts of train where they are few.

    The error is flat near its minimum: a choice by a few hundred ratings would mostly follow their noise.
    """
    if len(train) > _MAX_FOR_CHOICE:
        # Whole users, so that their numbers of ratings stay what they are.
        order = np.random.default_rng(seed).permutation(n_users)
        is_chosen = order < n_users * _MAX_FOR_CHOICE / len(train)
        parts = [part.take(np.flatnonzero(is_chosen[part.users])) for part in (train, validation)]
        train, validation = parts if len(parts[0]) else (train, validation)
    folds = [(train, validation)] if len(validation) else []
    n_judged = len(validation)
    while len(folds) < _MAX_FOLDS and n_judged < _ENOUGH_JUDGED:
        learn, judge, _ = split_rows(len(train), seed + len(folds), 0.1, 0.0)
        folds.append((train.take(learn), train.take(judge)))
        n_judged += len(judge)
    return folds


def _squared_error(
    train: Ratings, judged: Ratings, n_users: int, n_items: int, user_strength: float, item_strength: float
) -> float:
    mean = float(np.mean(train.ratings, dtype=np.float64))
    biases = fit_biases(train, train.ratings.astype(np.float64) - mean, n_users, n_items, user_strength, item_strength)
    residual = judged.ratings - mean - biases.predict(judged.users, judged.items)
    return float(np.sum(residual**2))
