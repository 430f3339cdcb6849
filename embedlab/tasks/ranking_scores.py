"""Ranking scores of a training, beside popularity and EASE trained on the same interactions."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import numpy as np

from embedlab.core.errors import InputError
from embedlab.evaluation.recommendation.ranking import NDCG, RECALL, ScoreUsers, ranking_test, score_ranking
from embedlab.kinds.ratings.interactions import InteractionsSplit
from embedlab.models.contract.abilities import Ranks
from embedlab.models.contract.base import TrainingResult
from embedlab.models.ease.solver import fit_ease
from embedlab.models.popularity.ranker import PopularityRanker
from embedlab.models.shared.recommenders.scorers import folding_scorer, user_scorer

BASELINES: Final = ("popularity", "ease")
#: EASE as a baseline knows this many items: on ml-latest-small more change its NDCG@10 by less than 0.001.
MOST_EASE_ITEMS: Final = 3_000
#: In the middle of what is best on data from 600 to 140,000 users.
_EASE_L2: Final = 200.0
_CANNOT_RANK: Final = "This model does not rank items."
_CANNOT_PLACE: Final = (
    "The evaluation protocol holds out whole users, and this model cannot place users it was not trained with."
)


def ranking_scores(result: TrainingResult, split: InteractionsSplit, *, seed: int) -> dict[str, Any]:
    """Return the ranking scores of a training on the test part, with those of the baselines.

    Parameters
    ----------
    result
        What the training returned.
    split
        With its test part.
    seed
        Of the protocol; it chooses the users if there are too many.

    Returns
    -------
    As `score_ranking`; if there is nothing to rank, or the model cannot rank it, the reason for each score under
    `not_computed`.
    """
    own = _scorer(result.abilities, split)
    if own is None:
        return not_computed(_CANNOT_PLACE if split.holds_out_users else _CANNOT_RANK)
    rated = split.rated
    users = np.concatenate([rated.known.users, rated.test_history.users])
    items = np.concatenate([rated.known.items, rated.test_history.items])
    test = ranking_test(split.test, split.known, (users, items), split.shape, seed=seed)
    baselines = {name: _scorer([ranker], split) for name, ranker in _baselines(split).items()}
    scores = score_ranking(own, {name: each for name, each in baselines.items() if each is not None}, test)
    if not scores["n_ranked_users"]:
        return {**scores, **not_computed(_nothing_to_find(split))}
    return scores


def not_computed(reason: str) -> dict[str, Any]:
    """Return why there are no ranking scores, as stored with a run."""
    return {"not_computed": dict.fromkeys((NDCG, RECALL), reason)}


def _nothing_to_find(split: InteractionsSplit) -> str:
    if split.positive_from is None:
        return "The test part has no choices to find."
    return (
        f"No rating of the test part counts as positive (from {split.positive_from:g}), so there is nothing to find. "
        "Lower the rating from which items count as positive."
    )


def _scorer(abilities: Any, split: InteractionsSplit) -> ScoreUsers | None:
    if split.holds_out_users:
        return folding_scorer(abilities, split.rated.test_history, split.test_history, split.shape)
    return user_scorer(abilities, split.shape[1])


def _baselines(split: InteractionsSplit) -> dict[str, Ranks]:
    counts = np.bincount(split.known.items, minlength=split.shape[1]).astype(np.float32)
    found: dict[str, Ranks] = {"popularity": PopularityRanker(counts)}
    # With weights in the millions there may be no solution, which is no reason to lose the scores of the model.
    with suppress(InputError):
        found["ease"] = fit_ease(split.known, split.shape, _EASE_L2, most_items=MOST_EASE_ITEMS)
    return found
