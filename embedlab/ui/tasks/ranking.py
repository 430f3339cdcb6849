"""How well a model ranks all items, and what kind of items it recommends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pandas as pd
import streamlit as st

from embedlab.evaluation.recommendation.ranking import LIST_LENGTH, NDCG, NDCG_AT, RECALL, RECALL_AT
from embedlab.evaluation.score import Score, baseline_title
from embedlab.evaluation.scores import read_baselines, read_scores
from embedlab.ui.tasks import baselines
from embedlab.ui.tasks.page import TaskPage
from embedlab.ui.widgets.wording import number

_HELPS: Mapping[str, str] = {
    NDCG: f"Normalized discounted cumulative gain of the first {NDCG_AT} recommendations: 1 if all held-out items come "
    "first, less the later they come. Higher is better.",
    RECALL: f"Of the up to {RECALL_AT} held-out items of a user, the share among the first {RECALL_AT} "
    "recommendations. Higher is better.",
}
_BEYOND = (f"coverage@{LIST_LENGTH}", f"gini@{LIST_LENGTH}", f"popularity@{LIST_LENGTH}")


class RankingPage(TaskPage):
    """Recall and NDCG beside popularity and EASE, and what kind of items are recommended."""

    noun: ClassVar[str] = "Recommendations"
    helps: ClassVar[Mapping[str, str]] = _HELPS

    def draw_scores(self, scores: Mapping[str, Any]) -> bool:
        """Draw the scores on the test part."""
        return draw_ranking(scores)


def draw_ranking(scores: Mapping[str, Any]) -> bool:
    """Draw the ranking scores of a run, their denominators, and what it recommends; return whether there are any."""
    own = read_scores(scores)
    names = [name for name in (NDCG, RECALL) if name in own and own[name].value is not None]
    if not names:
        return False
    baselines.draw(scores, names, noun=RankingPage.noun, cases="the held-out choices of {n} users", helps=_HELPS)
    st.caption(_denominators(scores))
    _recommended(scores, own)
    return True


def _denominators(scores: Mapping[str, Any]) -> str:
    n_items, n_users = scores.get("n_ranked_items"), scores.get("n_ranked_users")
    items = f"All {number(n_items)} items" if isinstance(n_items, int) else "All items"
    users = f"{number(n_users)} users" if isinstance(n_users, int) else "user"
    return (
        f"Recall@{RECALL_AT}: of the up to {RECALL_AT} held-out items of a user, the share among the first "
        f"{RECALL_AT} recommendations. {items} are ranked for each of the {users}, never a sample; what a user has "
        "already rated is left out."
    )


def _recommended(scores: Mapping[str, Any], own: Mapping[str, Score]) -> None:
    """Draw the measures that say nothing about accuracy, each with one sentence."""
    if not all(name in own and own[name].value is not None for name in _BEYOND):
        return
    st.markdown("## What is recommended")
    of_baselines = {name: each for name, each in read_baselines(scores).items() if _BEYOND[0] in each}
    rows = [("This run", own), *((baseline_title(name), each) for name, each in of_baselines.items())]
    coverage, exposure, popularity = ([_value(each, name) for _, each in rows] for name in _BEYOND)
    table = {
        RankingPage.noun: [title for title, _ in rows],
        "Catalog coverage": [None if value is None else 100 * value for value in coverage],
        "Gini of exposure": exposure,
        "Median popularity": popularity,
    }
    st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        placeholder="",
        column_config={
            RankingPage.noun: st.column_config.TextColumn(width=178),
            "Catalog coverage": st.column_config.NumberColumn(format="%.1f %%", width=120),
            "Gini of exposure": st.column_config.NumberColumn(format="%.3f", width=120),
            "Median popularity": st.column_config.NumberColumn(format="localized", width=130),
        },
    )
    rated = _value(own, "popularity_rated")
    beside = "" if rated is None else f"; of the items that these users had rated themselves it is {number(rated)}"
    st.caption(
        f"Catalog coverage: the share of all known items that are in at least one user's first {LIST_LENGTH} "
        "recommendations.  \n"
        "Gini of exposure: 0 if all items are recommended equally often, near 1 if always the same few.  \n"
        "Median popularity: how many users chose the median recommended item: "
        f"{number(popularity[0] or 0)} for this run{beside}."
    )


def _value(scores: Mapping[str, Score], name: str) -> float | None:
    return scores[name].value if name in scores else None
