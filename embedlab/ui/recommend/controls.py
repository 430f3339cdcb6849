"""What to recommend: number of results, popularity, and filters."""

from __future__ import annotations

import streamlit as st

from embedlab.exploration.new_things.item_filter import ItemFilter
from embedlab.exploration.new_things.recommender import Wish
from embedlab.ui.recommend.runs import OpenRun
from embedlab.ui.widgets.wording import counted

_TOPN = (5, 10, 20, 50)
_LARGEST_MIN_COUNT = 1_000_000
_POPULARITY_HELP = (
    "0 is the order of the model. Above 0, items are ordered by z(score) - penalty x z(log count), both in standard "
    "deviations over all items. z(score) comes from the rank of the score, z(log count) from the logarithm of the "
    "count of the item. At 1, an item ranks by how much higher its score is than its popularity suggests."
)


def wish_controls(opened: OpenRun, *, has_test_toggle: bool) -> Wish:
    """Draw the controls in one row and return what they say."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        topn = st.select_slider(
            "Number of results",
            _TOPN,
            value=10,
            key="topn",
            bind="query-params",
            persist_state="session",
            width=170,
        )
        weight = st.slider(
            "Popularity penalty",
            0.0,
            1.0,
            0.0,
            0.1,
            key="unpopular",
            bind="query-params",
            persist_state="session",
            help=_POPULARITY_HELP,
            width=190,
        )
        with st.popover("Filters", icon=":material/filter_list:"):
            chosen = _filters(opened)
            with_test_items = has_test_toggle and st.toggle(
                "Include items of the test part",
                key="with-test",
                persist_state="session",
                help="Items that the user rated in the held-out test part, with these ratings, to compare.",
            )
    return Wish(topn, chosen, weight, with_test_items)


def _filters(opened: OpenRun) -> ItemFilter:
    columns, slot = opened.recommender.columns, opened.run.dataset_id
    # The names contain the dataset: filters of one dataset say nothing about the items of another.
    text = st.text_input(
        "Title contains", key=f"filter-text-{slot}", bind="query-params", persist_state="session", max_chars=200
    )
    genres: list[str] = []
    if columns.genre_names:
        genres = st.multiselect(
            "Genres",
            columns.genre_names[:500],
            key=f"filter-genres-{slot}",
            bind="query-params",
            persist_state="session",
            placeholder="Any",
            help="Items with at least one of them.",
        )
    first, last = _years(opened)
    min_count = st.number_input(
        f"Minimum {opened.recommender.counted}",
        0,
        _LARGEST_MIN_COUNT,
        0,
        key=f"filter-count-{slot}",
        bind="query-params",
        persist_state="session",
    )
    return ItemFilter(tuple(genres), first, last, int(min_count), text)


def _years(opened: OpenRun) -> tuple[int | None, int | None]:
    years = opened.recommender.columns.years
    if years is None:
        return None, None
    known = years[years == years]
    lowest, highest = int(known.min()), int(known.max())
    if lowest == highest:
        return None, None
    first, last = st.slider(
        "Years",
        lowest,
        highest,
        (lowest, highest),
        key=f"filter-years-{opened.run.dataset_id}",
        bind="query-params",
        persist_state="session",
        help="Items without a year are left out unless all years are chosen.",
    )
    return (None if first == lowest else first), (None if last == highest else last)


def filter_sentence(wish: Wish, of: str) -> str:
    """Return which filters are set, in plain text; empty if none is. `of`: plural noun for what is counted."""
    items = wish.items
    parts = [
        f"title contains “{items.text.strip()}”" if items.text.strip() else "",
        f"genre {' or '.join(items.genres)}" if items.genres else "",
        f"from {items.first_year}" if items.first_year is not None else "",
        f"until {items.last_year}" if items.last_year is not None else "",
        f"at least {counted(items.min_count, of)}" if items.min_count else "",
    ]
    return ", ".join(part for part in parts if part)
