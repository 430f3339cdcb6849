"""Recommendations for a user of the dataset, with everything that the user rated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.exploration.new_things.histories import PARTS
from embedlab.exploration.new_things.reasons import explain_user
from embedlab.exploration.new_things.recommender import Recommended, Recommender
from embedlab.models.contract.abilities import Rates
from embedlab.ui.recommend import downloads
from embedlab.ui.recommend.controls import wish_controls
from embedlab.ui.recommend.results import draw_list, draw_reasons, picked
from embedlab.ui.recommend.runs import OpenRun
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets.keys.key_search import find_among
from embedlab.ui.widgets.wording import counted

_MOST_ROWS = 1000
_TABLE_HEIGHT = 380
_ROW_HEIGHT = 34
_N_NEAR = 6
#: What each part of the split means to a reader.
PART_TITLES = {
    "train": "training",
    "validation": "validation",
    "validation_history": "given",
    "test_history": "given",
    "test": "test",
}

#: Users offered if no id is similar to what was typed: those with the most ratings.
_N_EXAMPLES = 3


@st.fragment
def for_a_user(opened: OpenRun) -> None:
    """Draw a user's ratings and recommendations."""
    address.follow()
    recommender = opened.recommender
    user_column, items_column = st.columns([2, 3], gap="medium")
    with user_column:
        user = choose_user(recommender.dataset.user_keys)
        if user is None:
            return
        reasons = st.container()
        _user_summary(opened, user)
    with items_column:
        wish = wish_controls(opened, has_test_toggle=True)
        found = recommender.recommend(user, wish)
        _heading(recommender, user)
        draw_list(
            opened,
            found,
            wish,
            slot=f"user-{user}",
            is_rating=recommender.rates_users,
            predicted=_predicted(recommender, user, found),
        )
        if found:
            downloads.button(opened, wish, user=user)
    if (chosen := picked(found, f"user-{user}")) is not None and recommender.explains:
        with reasons:
            draw_reasons(opened, explain_user(recommender, user, chosen))


def _predicted(recommender: Recommender, user: str, found: Sequence[Recommended]) -> list[float] | None:
    """Return the predicted ratings of recommended items, if the run orders by other scores and predicts too."""
    if recommender.rates_users or recommender.ability(Rates) is None:
        return None
    rows = np.array([each.row for each in found], np.int32)
    users = np.full(len(rows), recommender.user_row(user), np.int32)
    return [float(rating) for rating in recommender.predict(users, rows)]


def choose_user(keys: list[str]) -> str | None:
    """Draw the search for a user; return the user's key, or None."""
    chosen = address.read("user")
    if chosen != st.session_state.get("user-shown") or "user-text" not in st.session_state:
        st.session_state["user-text"] = st.session_state["user-shown"] = chosen or keys[0]
    text = st.text_input("User", key="user-text", type="search", live="300ms")
    key, suggestions = find_among(keys, text)
    if key is not None:
        st.session_state["user-shown"] = key
        address.write("user", key)
        return key
    if text.strip():
        message = f"There is no user **{plain(text, 40)}**. {'Did you mean:' if suggestions else 'Try one:'}"
    else:
        message = "Type the id of a user, or try one:"
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(f":small[{message}]", width="content")
        for number, name in enumerate(suggestions or keys[:_N_EXAMPLES]):
            st.button(plain(name, 30), key=f"user-offer-{number}", on_click=_pick_user, args=(name,), wrap=False)
    return None


def _pick_user(key: str) -> None:
    address.write("user", key)
    st.session_state["user-text"] = st.session_state["user-shown"] = key


def _heading(recommender: Recommender, user: str) -> None:
    row = recommender.user_row(user)
    if recommender.rates_users:
        title = "Predicted ratings of unrated items"
    else:
        title = "Unrated items by score" if recommender.positive_from is not None else "New items by score"
    note = ""
    if recommender.is_folded(row):
        note = "The training left this user out: the user is placed by the given ratings."
    elif not recommender.history(row).is_given.any():
        note = "Nothing about this user is known outside the test part, so the list is the same as for any new user."
    st.markdown(f"**{title}**" + (f"  \n:small[{note}]" if note else ""))


def rated_table(recommender: Recommender, user: int) -> pd.DataFrame:
    """Return what a user rated, best first: item, rating or count, part, and for models of choices whether it is used.

    Items with the same title have their key too.
    """
    history = recommender.history(user)
    order = np.lexsort((-recommender.columns.counts[history.items], history.is_test, -history.ratings))[:_MOST_ROWS]
    rows = history.items[order]
    labels = [one_line(recommender.catalog.labels[row], 120) for row in rows]
    table = pd.DataFrame({"Item": labels, "Rating": history.ratings[order].astype(float)})
    if table["Item"].duplicated().any():
        table.insert(1, "Key", [one_line(recommender.catalog.keys[row], 40) for row in rows])
    table["Part"] = [PART_TITLES[PARTS[code]] for code in history.parts[order]]
    if not recommender.reads_ratings and recommender.positive_from is not None:
        is_used = history.ratings[order] >= recommender.positive_from
        table["Used"] = np.where(is_used & ~history.is_test[order], "yes", "")
    if recommender.positive_from is None and (history.ratings == 1).all():
        table = table.drop(columns="Rating")
    return table if recommender.rating_scale is not None else table.rename(columns={"Rating": "Count"})


def _user_summary(opened: OpenRun, user: str) -> None:
    recommender = opened.recommender
    row = recommender.user_row(user)
    history = recommender.history(row)
    n_test = int(history.is_test.sum())
    has_average = recommender.positive_from is not None and len(history) > 0
    average = f", {history.ratings.mean():.2f} on average" if has_average else ""
    about = _parts_sentence(opened, n_test)
    st.markdown(
        f"**User {plain(user, 60)}** · {counted(len(history), recommender.counted)}{average}"
        + (f"  \n:small[{about}]" if about else "")
    )
    table = rated_table(recommender, row)
    height = _ROW_HEIGHT * (len(table) + 1) + 3
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        row_height=_ROW_HEIGHT,
        height=min(height, _TABLE_HEIGHT),
        column_config={
            "Item": st.column_config.TextColumn(width=185),
            "Key": st.column_config.TextColumn(width=60),
            "Rating": st.column_config.NumberColumn(format="%g", width=58),
            "Count": st.column_config.NumberColumn(format="localized", width=58),
            "Part": st.column_config.TextColumn(width=70),
            "Used": st.column_config.TextColumn(width=60),
        },
        alt=f"Ratings of user {one_line(user, 60)}, best first",
    )
    if len(history) > _MOST_ROWS:
        st.caption(f"The {_MOST_ROWS:,} highest of {len(history):,} are shown.")
    _near_users(opened, user)


def _parts_sentence(opened: OpenRun, n_test: int) -> str:
    recommender = opened.recommender
    parts = [f"{counted(n_test, recommender.counted)} in the test part, which the model never saw." if n_test else ""]
    if not recommender.reads_ratings and recommender.positive_from is not None:
        parts.append(f"The model learns only from ratings of at least {recommender.positive_from:g}.")
    return " ".join(part for part in parts if part)


def _near_users(opened: OpenRun, user: str) -> None:
    users = opened.users
    if users is None:
        st.caption("This model has no vectors of users, so it knows no similar users.")
        return
    if user not in users.key_to_index:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(":small[Users near this one:]", width="content")
        for place, each in enumerate(neighbors(users, user, _N_NEAR)):
            st.button(
                plain(each.label, 20),
                key=f"near-user-{place}",
                on_click=_pick_user,
                args=(each.key,),
                help=f"Cosine similarity {each.score:.3f}",
                wrap=False,
            )
