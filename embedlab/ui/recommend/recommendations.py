"""Recommendations: a user's ratings, predicted ratings of unrated items, and similar items."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.core.similarity import Answer
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.exploration.new_things.recommend import recommend
from embedlab.jobs.inference import models_with, open_with_dataset
from embedlab.kinds.ratings import RatingsDataset
from embedlab.models.contract.abilities import Rates
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address, long_lists
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import answer_list
from embedlab.ui.widgets.keys.key_box import Choice, key_box
from embedlab.ui.widgets.keys.key_offers import offer_examples
from embedlab.ui.widgets.keys.key_search import find_among
from embedlab.ui.widgets.map_link import show_on_map_link
from embedlab.ui.widgets.min_count import min_count_control
from embedlab.workspace import listing
from embedlab.workspace.rows import RunRow, Status

_ITEM = Choice(partial(address.read, "item"), partial(address.write, "item"))
_TOPN = (5, 10, 20, 50)
_N_BEST = 10


@dataclass(frozen=True)
class Recommender:
    """A run that predicts ratings, with its dataset and item vectors."""

    run: RunRow
    dataset: RatingsDataset
    predictor: Rates
    items: Embedding
    items_id: str

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating the run can predict: the range in its training data."""
        lowest, highest = getattr(self.predictor, "scale", self.dataset.scale)
        return float(lowest), float(highest)


def _rating_models() -> list[str]:
    return models_with(Rates)


def ratings_runs(words: str = "") -> listing.Found[tuple[str, str]]:
    """Return id and name of the newest finished runs that predict ratings, optionally filtered by a search text."""
    return listing.find_run_names(
        resources.workspace(), words, states=[Status.SUCCEEDED], models=_rating_models(), most=long_lists.MOST_OPTIONS
    )


def current_recommender() -> RunRow | None:
    """Return the current run if it predicts ratings, otherwise None."""
    run = current.current_run()
    return run if run is not None and run.status == Status.SUCCEEDED and run.model in _rating_models() else None


def choose_run(newest: listing.Found[tuple[str, str]]) -> None:
    """Draw why the current selection recommends nothing, and the runs that do; choosing one moves the selection.

    Parameters
    ----------
    newest
        Result of `ratings_runs`, with at least one run.
    """
    shown = current.current_run() or current.current_dataset()
    if shown is None:
        what = "The current embedding does not predict ratings."
    elif isinstance(shown, RunRow) and shown.status != Status.SUCCEEDED and shown.model in _rating_models():
        what = f"**{plain(shown.name, 60)}** is not trained."
    else:
        what = f"**{plain(shown.name, 60)}** does not predict ratings."
    st.info(f"{what} Choose a run that does.", icon=":material/star:")
    words = long_lists.search_if_more(newest.n_found, "recommend-search", "runs")
    names = dict((ratings_runs(words) if words.strip() else newest).rows)
    names = unique_names({run_id: one_line(name, 60) for run_id, name in names.items()})
    st.selectbox(
        "Run that predicts ratings",
        list(names),
        index=None,
        format_func=lambda run_id: names.get(run_id, run_id),
        key="recommend-run",
        placeholder="Choose a run",
        on_change=_switch_run,
        width=320,
    )


def _switch_run() -> None:
    current.put("run", st.session_state["recommend-run"])


def _open_recommender(run_id: str) -> Recommender:
    workspace = resources.workspace()
    run = workspace.run(run_id)
    predictor, dataset = open_with_dataset(workspace, run.id, Rates, RatingsDataset)
    row = workspace.resolve_embedding(f"{run.id}/items")
    return Recommender(run, dataset, predictor, resources.load_embedding(row.id), row.id)


def open_recommender(run: RunRow) -> Recommender:
    """Open a run's predictor, dataset and items without TensorFlow; raises `NotFoundError` or `StorageError`."""
    run_id = resources.workspace().run(run.id).id
    return resources.open_cached("recommender", run_id, lambda: _open_recommender(run_id), spinner="Opening the run")


def own_ratings(dataset: RatingsDataset, user: int) -> pd.DataFrame:
    """Return the items that user number `user` rated, best first: `key`, `label`, `rating`, and item metadata."""
    rows = np.flatnonzero(np.asarray(dataset.ratings.users) == user)
    items = dataset.items.iloc[np.asarray(dataset.ratings.items)[rows]].reset_index(drop=True)
    items["rating"] = np.asarray(dataset.ratings.ratings)[rows]
    return items.sort_values(["rating", "count"], ascending=False, kind="stable")


def choose_user(dataset: RatingsDataset) -> str | None:
    """Draw the search for a user; return the user's key, or None."""
    chosen = address.read("user")
    if chosen != st.session_state.get("user-shown") or "user-text" not in st.session_state:
        st.session_state["user-text"] = st.session_state["user-shown"] = chosen or dataset.user_keys[0]
    text = st.text_input("User", key="user-text", type="search", live="300ms")
    key, suggestions = find_among(dataset.user_keys, text)
    if key is not None:
        st.session_state["user-shown"] = key
        address.write("user", key)
        return key
    if suggestions:
        message = f"There is no user **{plain(text, 40)}**. Did you mean:" if text.strip() else "Try one:"
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.markdown(f":small[{message}]", width="content")
            for number, name in enumerate(suggestions):
                st.button(plain(name, 30), key=f"user-offer-{number}", on_click=_pick_user, args=(name,), wrap=False)
    else:
        st.info("Type the id of a user in the ratings.", icon=":material/person_search:")
    return None


def _pick_user(key: str) -> None:
    address.write("user", key)
    st.session_state["user-text"] = st.session_state["user-shown"] = key


@st.fragment
def for_a_user(recommender: Recommender) -> None:
    """Draw a user's ratings and recommendations."""
    address.follow()
    user_column, items_column = st.columns([2, 3], gap="medium")
    with user_column:
        user = choose_user(recommender.dataset)
        if user is None:
            return
        _user_summary(recommender.dataset, user)
    lowest, highest = recommender.scale
    with items_column:
        topn = st.select_slider(
            "Number of results", _TOPN, value=10, key="topn", bind="query-params", persist_state="session"
        )
        answers = recommend(recommender.predictor, recommender.dataset, user, topn)
        if not answers:
            st.info("This user has rated every item.", icon=":material/done_all:")
            return
        st.markdown(
            f"**Predicted ratings of unrated items**  \n:small[Clipped to the rating scale, {lowest:g} to "
            f"{highest:g}. Click an item to see similar ones.]"
        )
        if recommender.dataset.has_published_split:
            st.caption("Items that the user rated in the published test part are also left out.")
        _item_list(recommender, answers, slot=f"liked-{recommender.run.id}-{user}-{topn}")


def _item_list(recommender: Recommender, answers: list[Answer], slot: str) -> None:
    answer_list(
        recommender.items,
        answers,
        name="Item",
        slot=slot,
        on_pick=_show_similar,
        score="Predicted rating",
        scale=recommender.scale,
    )


def _show_similar(key: str) -> None:
    _ITEM.write(key)
    address.open_view("item")


def _user_summary(dataset: RatingsDataset, user: str) -> None:
    ratings = own_ratings(dataset, dataset.user_keys.index(user))
    if ratings.empty:
        st.markdown(
            f"**User {plain(user, 60)}** · no ratings outside the test part, so predictions are the same as for any "
            "new user."
        )
        return
    st.markdown(
        f"**User {plain(user, 60)}** · {len(ratings):,} ratings, {ratings['rating'].mean():.2f} on average  \n"
        ":small[Highest ratings:]"
    )
    best = ratings.head(_N_BEST)
    table = pd.DataFrame({"Item": [one_line(label, 120) for label in best["label"]], "Rating": list(best["rating"])})
    if table["Item"].duplicated().any():
        table.insert(1, "Key", [one_line(key, 40) for key in best["key"]])
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        row_height=34,
        height=34 * (len(table) + 1) + 3,
        column_config={"Rating": st.column_config.NumberColumn(format="%g", width="small")},
        alt=f"Highest ratings of user {one_line(user, 60)}",
    )


@st.fragment
def similar_items(recommender: Recommender) -> None:
    """Draw the items most similar to an item."""
    key = key_box(
        recommender.items,
        "Which items are similar to this one?",
        _ITEM,
        slot="item",
        placeholder="Type part of a title",
    )
    if key is None:
        offer_examples(recommender.items, _ITEM, "item")
        st.caption(wording.COSINE)
        return
    row = resources.workspace().embedding(recommender.items_id)
    list_column, settings = st.columns([3, 1], gap="medium")
    with settings:
        rarity = min_count_control(row.name, recommender.items)
    with list_column:
        answer_list(
            recommender.items,
            neighbors(recommender.items, key, 10, rarity.min_count),
            name="Item",
            slot=f"near-item-{recommender.run.id}-{key}-{rarity.min_count}",
            on_pick=_ITEM.write,
            rarity=rarity,
        )
    show_on_map_link(row, key)
    st.caption(wording.COSINE)
