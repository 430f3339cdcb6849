"""A list of recommendations, and on demand the reasons for one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.core.similarity import Answer
from embedlab.exploration.new_things.reasons import Explanation
from embedlab.exploration.new_things.recommender import Recommended, Wish
from embedlab.ui.recommend.controls import filter_sentence
from embedlab.ui.recommend.runs import OpenRun
from embedlab.ui.shell.icon_button import icon_button
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets.answer_list import answer_list
from embedlab.ui.widgets.wording import counted

_WHY = "why"
_ROW_HEIGHT = 34


def draw_list(
    opened: OpenRun,
    found: Sequence[Recommended],
    wish: Wish,
    *,
    slot: str,
    is_rating: bool,
    predicted: Sequence[float] | None = None,
) -> None:
    """Draw recommendations; a click on one shows its reasons, or similar items if the run cannot explain.

    Parameters
    ----------
    slot
        Names who the list is for.
    is_rating
        Whether the scores are predicted ratings.
    predicted
        Predicted ratings of the items, of a run that orders by other scores.
    """
    recommender = opened.recommender
    if filters := filter_sentence(wish, recommender.counted):
        st.caption(f":material/filter_list: Only items: {plain(filters, 300)}.")
    if not found:
        st.info(
            "No item is left to recommend. Remove a filter."
            if filters
            else "No item is left to recommend: every item that the model knows is rated.",
            icon=":material/done_all:",
        )
        return
    more: dict[str, list[Any]] = {}
    if predicted is not None:
        more["Predicted"] = [round(float(each), 2) for each in predicted]
    if any(each.adjusted is not None for each in found):
        more["Adjusted"] = [round(float(each.adjusted or 0.0), 2) for each in found]
    if any(each.held_out is not None for each in found):
        more["Test rating" if recommender.rating_scale is not None else "Test count"] = [
            each.held_out for each in found
        ]
    scores = [each.score for each in found]
    lowest, highest = recommender.scale if is_rating else (min(0.0, *scores), max(*scores, 1e-9))
    answer_list(
        recommender.catalog,
        [Answer(each.key, each.label, each.score) for each in found],
        name="Item",
        slot=f"list-{opened.run.id}-{slot}-{hash((wish, tuple(each.row for each in found)))}",
        on_pick=(lambda key: _ask_why(slot, key)) if recommender.explains else show_similar,
        score="Predicted rating" if is_rating else "Score",
        scale=(lowest, highest),
        score_format="%.2f" if is_rating else "%.3f" if highest < 10 else "%.0f",
        more=more,
        narrow=True,
    )
    click = "Click an item to see why." if recommender.explains else "Click an item to see similar ones."
    median = int(np.median([each.n_ratings for each in found]))
    scale = f" Clipped to the rating scale, {lowest:g} to {highest:g}." if is_rating else ""
    st.caption(f"{click} Half of these items have at most {counted(median, recommender.counted)}.{scale}")


def _ask_why(slot: str, key: str) -> None:
    st.session_state[_WHY] = (slot, key)


def show_similar(key: str) -> None:
    """Show items similar to this one. Call it in a callback."""
    address.write("item", key)
    address.open_view("item")


def picked(found: Sequence[Recommended], slot: str) -> Recommended | None:
    """Return the item whose reasons are asked for; None if there is none in this list."""
    stored_slot, key = st.session_state.get(_WHY, ("", ""))
    return next((each for each in found if each.key == key), None) if stored_slot == slot else None


def draw_reasons(opened: OpenRun, explanation: Explanation, explain_close: Callable[[], None] | None = None) -> None:
    """Draw what adds up to the score of an item."""
    with st.container(border=True, gap="small", key="reasons"):
        title, close = st.columns([9, 1], gap="xsmall", vertical_alignment="center")
        title.markdown(f"**Why {plain(explanation.label, 60)}?**")
        with close:
            icon_button("Hide the reasons", "close", "why-close", explain_close or _forget_why)
        st.dataframe(
            reasons_table(explanation, opened.recommender.rating_scale is not None),
            hide_index=True,
            row_height=_ROW_HEIGHT,
            placeholder="",
            column_config={
                "Rated item": st.column_config.TextColumn(width=200),
                "Chosen item": st.column_config.TextColumn(width=260),
                "Rating": st.column_config.NumberColumn(format="%g", width=60),
                "Adds": st.column_config.NumberColumn(format="%.4f", width=75),
            },
            alt=f"What adds up to the score of {one_line(explanation.label, 60)}",
        )
        st.caption(sum_sentence(explanation, opened.recommender.scale))
        st.button(
            "Similar items",
            icon=":material/near_me:",
            key="why-similar",
            type="tertiary",
            on_click=show_similar,
            args=(explanation.key,),
        )


def _forget_why() -> None:
    st.session_state.pop(_WHY, None)


def reasons_table(explanation: Explanation, has_ratings: bool) -> pd.DataFrame:
    """Return the base, the contributions and their sum as rows."""
    rows: list[tuple[str, float | None, float]] = []
    if explanation.base:
        rows.append(("Base, the same whatever is rated", None, explanation.base))
    rows += [(one_line(each.label, 80), each.rating, each.amount) for each in explanation.contributions]
    if explanation.n_others:
        rows.append((counted(explanation.n_others, "more items"), None, explanation.others))
    rows.append(("Sum", None, explanation.total))
    table = pd.DataFrame(rows, columns=["Rated item", "Rating", "Adds"])
    return table if has_ratings else table.drop(columns="Rating").rename(columns={"Rated item": "Chosen item"})


def sum_sentence(explanation: Explanation, scale: tuple[float, float]) -> str:
    """Return how the sum and the score in the list are related."""
    if not explanation.contributions:
        return "Nothing that is rated changes this score: it is the same for everyone."
    if explanation.is_score:
        return "The numbers add up to the score in the list."
    clipped = min(max(explanation.total, scale[0]), scale[1])
    if abs(clipped - explanation.score) <= 1e-3 * abs(explanation.score):
        return f"The sum is outside the rating scale, so it is clipped to {explanation.score:g}."
    return (
        f"The list shows {explanation.score:.4f}, from the vector of this user in the training. The reasons compute it "
        "again from the ratings, in closed form."
    )
