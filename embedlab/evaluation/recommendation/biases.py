"""User and item bias terms in closed form: rating predictions without vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.splits import Ratings

Doubles = npt.NDArray[np.float64]

_MOST_SWEEPS = 100
_CONVERGED = 1e-6
#: Strengths are ratios of variances and do not depend on the number of ratings: this many are enough to choose them.
_MOST_FOR_CHOICE = 1_000_000


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
        """Predict the ratings of pairs of rows; -1 and rows beyond the arrays have bias 0."""
        return _at(self.users, users) + _at(self.items, items)


def _at(biases: Doubles, rows: npt.NDArray[np.int32]) -> Doubles:
    known = (rows >= 0) & (rows < len(biases))
    found: Doubles = np.where(known, biases[np.where(known, rows, 0)], 0.0)
    return found


def fit_biases(
    train: Ratings, targets: Doubles, n_users: int, n_items: int, user_strength: float, item_strength: float
) -> Biases:
    """Minimize ``sum (t - b_u - b_i)^2 + user_strength |b_u|^2 + item_strength |b_i|^2`` by alternating least squares.

    Parameters
    ----------
    train
        The ratings.
    targets
        `(n,)` float64 centered ratings, which the biases fit.
    n_users, n_items
        Number of users and items in the dataset.
    user_strength, item_strength
        L2 regularization of each side, in neutral pseudo-ratings.

    Notes
    -----
    Koren, "Factor in the Neighbors", 2010, section 2.1, which uses gradient descent instead of alternating exact
    solutions.
    """
    # Without regularization, a row without ratings would divide by zero; its sum is zero too.
    user_weight = np.maximum(np.bincount(train.users, minlength=n_users) + user_strength, 1e-12)
    item_weight = np.maximum(np.bincount(train.items, minlength=n_items) + item_strength, 1e-12)
    user_biases, item_biases = np.zeros(n_users), np.zeros(n_items)
    for _ in range(_MOST_SWEEPS):
        item_biases = np.bincount(train.items, targets - user_biases[train.users], n_items) / item_weight
        before = user_biases
        user_biases = np.bincount(train.users, targets - item_biases[train.items], n_users) / user_weight
        if np.abs(user_biases - before).max() < _CONVERGED:
            break
    return Biases(user_biases, item_biases)


def sample_users(train: Ratings, n_users: int, seed: int) -> npt.NDArray[np.bool_] | None:
    """Return a random sample of users whose ratings are enough to choose strengths; None means all users.

    Whole users are sampled, so that their numbers of ratings do not change.

    Returns
    -------
    `(n_users,)` bool.
    """
    if len(train) <= _MOST_FOR_CHOICE:
        return None
    n_sampled = n_users * _MOST_FOR_CHOICE / len(train)
    sampled: npt.NDArray[np.bool_] = np.random.default_rng(seed).permutation(n_users) < n_sampled
    return sampled
