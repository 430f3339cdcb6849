"""How near predicted ratings are to the true ones, and how well the same model ranks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import streamlit as st

from embedlab.evaluation.recommendation.ranking import NDCG, RECALL
from embedlab.evaluation.score import Score
from embedlab.evaluation.scores import read_scores
from embedlab.ui.tasks.page import TaskPage
from embedlab.ui.tasks.ranking import draw_ranking


class RatingPage(TaskPage):
    """Errors of predicted ratings beside those of simpler predictions, then the ranking by predicted rating."""

    noun: ClassVar[str] = "Prediction"
    helps: ClassVar[Mapping[str, str]] = {
        "test_rmse": "Root mean squared error; lower is better",
        "test_mae": "Mean absolute error; lower is better",
    }

    def draw_scores(self, scores: Mapping[str, Any]) -> bool:
        """Draw the errors, and below them the ranking."""
        has_errors = super().draw_scores(scores)
        own = read_scores(scores)
        if not any(name in own and own[name].value is not None for name in (NDCG, RECALL)):
            return has_errors
        st.markdown("## Ranking by the same model")
        st.caption(
            "A model that is good at predicting ratings need not be good at ranking: most items of the catalog are "
            "never rated, and predictions for them are not part of RMSE and MAE. Popularity and EASE learn from "
            "choices instead."
        )
        return draw_ranking(scores) or has_errors

    def _names(self, scores: Mapping[str, Score]) -> list[str]:
        """Return the errors; the ranking has a table of its own."""
        return [name for name in super()._names(scores) if name in self.helps]
