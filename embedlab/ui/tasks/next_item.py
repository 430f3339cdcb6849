"""How well a run predicts the next item of a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import streamlit as st

from embedlab.evaluation.recommendation.next_items import MRR, NAMES, RECALL_5, RECALL_10
from embedlab.evaluation.scores import read_scores
from embedlab.ui.tasks import baselines
from embedlab.ui.tasks.page import TaskPage
from embedlab.ui.widgets.wording import number


class NextItemPage(TaskPage):
    """Recall and mean reciprocal rank beside popularity, co-occurrence, a Markov table and VSKNN."""

    noun: ClassVar[str] = "Predictions"
    helps: ClassVar[Mapping[str, str]] = {
        RECALL_5: "Share of the held-out users whose next item is among the first five predictions. Higher is better.",
        RECALL_10: "Share of the held-out users whose next item is among the first ten predictions. Higher is better.",
        MRR: "Mean of 1 / rank of the next item among all items: 1 if it always comes first. Higher is better.",
    }

    def draw_scores(self, scores: Mapping[str, Any]) -> bool:
        """Draw the scores on the test part, and what they are measured on."""
        own = read_scores(scores)
        names = [name for name in NAMES if name in own and own[name].value is not None]
        if not names:
            return False
        baselines.draw(scores, names, noun=self.noun, cases="the last event of {n} held-out users", helps=self.helps)
        items = scores.get("n_ranked_items")
        st.caption(
            f"All {number(items) if isinstance(items, int) else ''} items are ranked, never a sample. The model sees "
            "the events before the last one of a user whose sequences it was not trained on."
        )
        return True
