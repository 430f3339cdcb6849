"""Scores of all items for users, from whatever ability a model has: for users of the training, or folded in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.recommendation.ranking import ScoreUsers
from embedlab.kinds.ratings.interactions import Interactions
from embedlab.kinds.ratings.splits import Ratings
from embedlab.models.contract.abilities import Ability, FoldsIn, Ranks, Rates


def user_scorer(abilities: Iterable[Ability[Any]], n_items: int) -> ScoreUsers | None:
    """Return how a model scores all items for users it was trained with; None if it can neither rank nor rate.

    A model that ranks is asked for scores, others for predicted ratings.
    """
    available = tuple(abilities)
    ranks = next((each for each in available if isinstance(each, Ranks)), None)
    if ranks is not None:
        return ranks.scores
    rates = next((each for each in available if isinstance(each, Rates)), None)
    return None if rates is None else lambda users: rates.rank_by_rating(users, n_items)


def folding_scorer(
    abilities: Iterable[Ability[Any]], ratings: Ratings, interactions: Interactions, shape: tuple[int, int]
) -> ScoreUsers | None:
    """Return how a model scores all items for users it was not trained with; None if it cannot place new users.

    Parameters
    ----------
    ratings, interactions
        What is known of these users: their ratings, and those that count as positive.
    shape
        Number of users and items in the dataset.
    """
    folds_in = next((each for each in abilities if isinstance(each, FoldsIn)), None)
    if folds_in is None:
        return None
    if folds_in.folds_in == "interactions":
        known = interactions
    else:
        known = Interactions(ratings.users, ratings.items, ratings.ratings)
    order = np.argsort(known.users, kind="stable")
    items, values = known.items[order], known.weights[order]
    ends = np.cumsum(np.bincount(known.users, minlength=shape[0]))
    starts = np.concatenate([[0], ends[:-1]])

    def score(users: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        parts = (slice(starts[user], ends[user]) for user in users)
        return np.stack([folds_in.fold_in(items[part], values[part]).scores for part in parts])

    return score
