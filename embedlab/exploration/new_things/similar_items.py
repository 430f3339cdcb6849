"""Items similar to an item for a run without item vectors: what it recommends to somebody who chose only this item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embedlab.core.errors import InputError
from embedlab.exploration.new_things.item_filter import ItemFilter
from embedlab.exploration.new_things.own_ratings import CHOSEN, OwnRatings
from embedlab.exploration.new_things.recommender import Recommended, Recommender, Wish
from embedlab.models.contract.abilities import FoldsIn


def similar_by_choice(recommender: Recommender, item: int, topn: int = 10, min_count: int = 0) -> Sequence[Recommended]:
    """Return the items that the run recommends to somebody who chose only this item, or gave it the highest rating.

    For a model of item-to-item weights (EASE, item k-NN), the scores are the weights of the item.

    Raises
    ------
    InputError
        The run cannot place new users, recommends the same to everyone, or does not know the item.
    """
    if recommender.ability(FoldsIn) is None:
        raise InputError(
            "This run has neither item vectors nor weights between items, so it knows no similar items.",
            remedy="Choose a run of another model.",
        )
    best = CHOSEN if recommender.rating_scale is None else recommender.scale[1]
    own = OwnRatings((item,), (best,))
    scores = recommender.fold_in(own).scores
    if np.array_equal(scores, recommender.fold_in(OwnRatings()).scores):
        known = np.isfinite(scores[item])
        raise InputError(
            "This model recommends the same to everyone, so it knows no similar items."
            if known
            else "The training data has no ratings of this item, so the model does not know it.",
            remedy="Choose a run of another model." if known else "Choose another item.",
        )
    return recommender.recommend_for(own, Wish(topn, ItemFilter(min_count=min_count)))
