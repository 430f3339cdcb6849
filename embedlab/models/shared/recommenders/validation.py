"""Evaluation of a ranking model on the validation part, while it is trained or its settings are chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from embedlab.evaluation.recommendation.ranking import NDCG, RECALL, RankingTest, rank, ranking_test
from embedlab.kinds.ratings.interactions import InteractionsSplit
from embedlab.models.contract.abilities import Ranks
from embedlab.models.shared.recommenders.scorers import folding_scorer, user_scorer

VALIDATION_NDCG = f"validation_{NDCG}"
VALIDATION_RECALL = f"validation_{RECALL}"
#: Enough users to choose settings: the standard error of the mean NDCG is then about 0.005.
_MOST_USERS = 3_000


@dataclass(frozen=True)
class ValidationRanking:
    """The validation part of a split as a ranking test; false if there is nothing to evaluate on.

    Parameters
    ----------
    split
        The split; only its training and validation parts are used.
    test
        The validation users and their items.
    """

    split: InteractionsSplit
    test: RankingTest

    @classmethod
    def of(cls, split: InteractionsSplit) -> ValidationRanking:
        """Prepare the test."""
        rated = split.rated
        users = np.concatenate([rated.train.users, rated.validation_history.users])
        items = np.concatenate([rated.train.items, rated.validation_history.items])
        test = ranking_test(split.validation, split.train, (users, items), split.shape, most_users=_MOST_USERS)
        return cls(split, test)

    def __bool__(self) -> bool:
        return len(self.test.users) > 0

    def scores(self, ranker: Ranks, tick: Callable[[], None] = lambda: None) -> dict[str, float]:
        """Return `validation_ndcg@10` and `validation_recall@20` of a model trained on the training part.

        Empty if there is nothing to evaluate on, or if whole users are held out and the model cannot place them.

        Parameters
        ----------
        tick
            Called after each batch of users; may raise to stop.
        """
        split = self.split
        if split.holds_out_users:
            score = folding_scorer([ranker], split.rated.validation_history, split.validation_history, split.shape)
        else:
            score = user_scorer([ranker], split.shape[1])
        if not self or score is None:
            return {}
        result = rank(score, self.test, tick)
        return {VALIDATION_NDCG: float(result.ndcg.mean()), VALIDATION_RECALL: float(result.recall.mean())}
