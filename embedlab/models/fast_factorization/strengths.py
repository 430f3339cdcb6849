"""Regularization chosen on the validation part."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from embedlab.evaluation.recommendation.biases import sample_users
from embedlab.kinds.ratings.splits import Ratings
from embedlab.models.fast_factorization.learners import AlternatingLeastSquares, Strengths
from embedlab.models.shared.rating_factors.fitted import Learned
from embedlab.models.shared.rating_factors.grouping import GroupedRatings
from embedlab.models.shared.rating_factors.tables import Workers

#: Candidates, as multiples of `usual_l2`: denser data need less.
CANDIDATES = (0.25, 0.4, 0.63, 1.0, 1.6)
#: The best strength depends little on more factors and epochs than these.
_MOST_FACTORS = 32
_EPOCHS = 8


def usual_l2(exponent: float) -> float:
    """Return the L2 regularization that is best on ml-latest-small (15, 1.5 and 0.15 for exponents 0, 0.5 and 1)."""
    return float(15.0 * 10 ** (-2 * exponent))


def choose_strengths(
    train: Ratings,
    validation: Ratings,
    learned: Learned,
    n_factors: int,
    given: tuple[float | None, float | None],
    biases: float,
    exponent: float,
    seed: int,
    workers: Workers,
    tried: Callable[[float, float], None] = lambda _l2, _rmse: None,
) -> Strengths:
    """Return the regularization whose factors predict the validation part best; strengths that are given stay.

    Of a large dataset, a sample of whole users is enough.

    Parameters
    ----------
    given
        Strengths of users and items; None to choose one. If both are chosen, they are equal.
    tried
        Called with each candidate and its validation RMSE.
    """

    def strengths(l2: float) -> Strengths:
        users, items = (l2 if each is None else each for each in given)
        return Strengths(users, items, biases, exponent)

    usual = usual_l2(exponent)
    if None not in given or not len(validation):
        return strengths(usual)
    n_users, n_items = (len(each) for each in learned.is_seen)
    if (is_sampled := sample_users(train, n_users, seed)) is not None:
        train, validation = (
            part.take(np.flatnonzero(is_sampled[np.maximum(part.users, 0)])) for part in (train, validation)
        )
    ratings = GroupedRatings.of(train, n_users, n_items)
    errors = {}
    for candidate in CANDIDATES:
        l2 = candidate * usual
        learner = AlternatingLeastSquares(
            ratings, min(n_factors, _MOST_FACTORS), strengths(l2), implicit=False, seed=seed
        )
        best = np.inf
        for _ in range(_EPOCHS):
            learner.train_epoch(workers)
            users, items, _ = learner.tables()
            squares = learned.squared_errors(learned.predict(users, items, validation), validation)
            best = min(best, float(np.sqrt(squares.mean())))
        errors[l2] = best
        tried(l2, best)
    return strengths(min(errors, key=lambda each: errors[each]))
