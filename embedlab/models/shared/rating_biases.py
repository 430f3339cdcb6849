"""The strength of user and item biases, chosen on held-out ratings before any factors are learned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from embedlab.evaluation.biases import fit_biases, sample_users
from embedlab.kinds.ratings.splits import Ratings, split_rows

#: Candidates for the strength of each side, in neutral pseudo-ratings.
STRENGTHS = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 25.0, 50.0)
#: Strength of both sides where there are too few ratings to choose one.
_FALLBACK = 5.0
_FEWEST_FOR_CHOICE = 10
#: Held-out ratings after which the choice is no longer by chance, and the most folds that provide them.
_ENOUGH_JUDGED = 20_000
_MAX_FOLDS = 8


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
    if (is_chosen := sample_users(train, n_users, seed)) is not None:
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
