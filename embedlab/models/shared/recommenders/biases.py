"""Regularization of user and item biases, chosen on held-out ratings before any factors are trained."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from embedlab.evaluation.recommendation.biases import fit_biases, sample_users
from embedlab.kinds.ratings.splits import Ratings, split_rows

#: Candidates for the regularization of each side, in neutral pseudo-ratings.
STRENGTHS = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 25.0, 50.0)
#: Strength of both sides if there are too few ratings to choose one.
_FALLBACK = 5.0
_MIN_RATINGS_TO_CHOOSE = 10
#: Held-out ratings needed for a choice that is not by chance, and the maximum number of folds to provide them.
_ENOUGH_HELD_OUT = 20_000
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
    """Return the L2 strengths whose biases predict held-out ratings best.

    Parameters
    ----------
    train, validation
        Data to fit and to choose on; a small validation part is supplemented by held-out tenths of `train`.
    user_strength, item_strength
        Fixed strengths; None to choose one.
    seed
        Seed for the held-out tenths, and for the sample of users in a large dataset.
    heartbeat
        Called before each fit; may raise to stop.

    Returns
    -------
    The strengths of users and items.
    """
    if user_strength is not None and item_strength is not None:
        return user_strength, item_strength
    if len(train) < _MIN_RATINGS_TO_CHOOSE:
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
    """Return pairs of training and held-out ratings: train and validation, and splits of train if validation is small.

    The error is flat near its minimum: a choice on a few hundred ratings would mostly follow their noise.
    """
    if (is_chosen := sample_users(train, n_users, seed)) is not None:
        parts = [part.take(np.flatnonzero(is_chosen[part.users])) for part in (train, validation)]
        train, validation = parts if len(parts[0]) else (train, validation)
    folds = [(train, validation)] if len(validation) else []
    n_held_out = len(validation)
    while len(folds) < _MAX_FOLDS and n_held_out < _ENOUGH_HELD_OUT:
        fit_rows, held_out_rows, _ = split_rows(len(train), seed + len(folds), 0.1, 0.0)
        folds.append((train.take(fit_rows), train.take(held_out_rows)))
        n_held_out += len(held_out_rows)
    return folds


def _squared_error(
    train: Ratings, held_out: Ratings, n_users: int, n_items: int, user_strength: float, item_strength: float
) -> float:
    mean = float(np.mean(train.ratings, dtype=np.float64))
    biases = fit_biases(train, train.ratings.astype(np.float64) - mean, n_users, n_items, user_strength, item_strength)
    residual = held_out.ratings - mean - biases.predict(held_out.users, held_out.items)
    return float(np.sum(residual**2))
