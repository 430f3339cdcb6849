"""Who would like what: a user's own ratings, predicted ratings of what they have not rated, items near an item."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError
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
from embedlab.ui.widgets import address, bounded
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import answer_list
from embedlab.ui.widgets.key_box import Choice, key_box
from embedlab.ui.widgets.key_offers import try_one
from embedlab.ui.widgets.key_search import find_among
from embedlab.ui.widgets.map_link import on_the_map
from embedlab.workspace import listing
from embedlab.workspace.rows import RunRow, Status

_ITEM = Choice(partial(address.read, "item"), partial(address.write, "item"))
_TOPN = (5, 10, 20, 50)
_N_BEST = 10


@dataclass(frozen=True)
class Taste:
    """A run that predicts, with what it learned from."""

    run: RunRow
    dataset: RatingsDataset
    predictor: Rates
    items: Embedding
    items_id: str

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating the run predicts: its predictor knows the range it learned from."""
        lowest, highest = getattr(self.predictor, "scale", self.dataset.scale)
        return float(lowest), float(highest)


def _predicting() -> list[str]:
    return models_with(Rates)


def ratings_runs(words: str = "") -> listing.Found[tuple[str, str]]:
    """Return id and name of the newest finished runs that predict ratings, or of those that some words name."""
    return listing.find_run_names(
        resources.workspace(), words, states=[Status.SUCCEEDED], models=_predicting(), most=bounded.MOST_OPTIONS
    )


def _asked(run_id: str | None) -> RunRow | None:
    """Return a run that was asked for, which may be older than those offered; None when it predicts no ratings."""
    with suppress(NotFoundError):
        run = resources.workspace().run(run_id or "")
        if run.status == Status.SUCCEEDED and run.model in _predicting():
            return run
    return None


def choose_run(newest: listing.Found[tuple[str, str]]) -> RunRow:
    """Draw the choice between runs; the current one, the current embedding's, or the newest is chosen at first.

    Parameters
    ----------
    newest
        What `ratings_runs` found, one run at least.
    """
    embedding = current.current_embedding()
    asked = _asked(current.get("run")) or _asked(embedding.run_id if embedding else None)
    shown = asked or resources.workspace().run(newest.rows[0][0])
    words = bounded.search_if_more(newest.n_found, "recommend-search", "runs")
    by_id = {**dict((ratings_runs(words) if words.strip() else newest).rows), shown.id: shown.name}
    chosen = shown.id
    st.session_state["recommend-run"] = chosen
    names = unique_names({run_id: one_line(name, 60) for run_id, name in by_id.items()})
    st.selectbox(
        "Run",
        list(by_id),
        format_func=lambda run_id: names.get(run_id, run_id),
        key="recommend-run",
        on_change=_switch_run,
        width=320,
    )
    return shown


def _switch_run() -> None:
    """Make the chosen run current, and with it what it made: the whole frame speaks of one thing."""
    run_id = st.session_state["recommend-run"]
    current.put("run", run_id)
    with suppress(NotFoundError):
        current.put("embedding", resources.workspace().resolve_embedding(f"{run_id}/items").id)


def _taste(run_id: str) -> Taste:
    workspace = resources.workspace()
    run = workspace.run(run_id)
    predictor, dataset = open_with_dataset(workspace, run.id, Rates, RatingsDataset)
    row = workspace.resolve_embedding(f"{run.id}/items")
    return Taste(run, dataset, predictor, resources.load_embedding(row.id), row.id)


def open_taste(run: RunRow) -> Taste:
    """Open a run's predictor, dataset and items; raises `NotFoundError` or `StorageError`. Never TensorFlow."""
    run_id = resources.workspace().run(run.id).id
    return resources.opened("taste", run_id, lambda: _taste(run_id), spinner="Opening the run")


def own_ratings(dataset: RatingsDataset, user: int) -> pd.DataFrame:
    """Return what user number `user` rated, the best first: `key`, `label`, `rating`, and what is told of the items."""
    rows = np.flatnonzero(np.asarray(dataset.ratings.users) == user)
    rated = dataset.items.iloc[np.asarray(dataset.ratings.items)[rows]].reset_index(drop=True)
    rated["rating"] = np.asarray(dataset.ratings.ratings)[rows]
    return rated.sort_values(["rating", "count"], ascending=False, kind="stable")


def choose_user(dataset: RatingsDataset) -> str | None:
    """Draw the search for a user; return the user's key, or None."""
    chosen = address.read("user")
    if chosen != st.session_state.get("user-shown") or "user-text" not in st.session_state:
        st.session_state["user-text"] = st.session_state["user-shown"] = chosen or dataset.user_keys[0]
    text = st.text_input("User", key="user-text", type="search", live="300ms")
    key, offered = find_among(dataset.user_keys, text)
    if key is not None:
        st.session_state["user-shown"] = key
        address.write("user", key)
        return key
    if offered:
        said = f"There is no user **{plain(text, 40)}**. Did you mean:" if text.strip() else "Take one:"
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.markdown(f":small[{said}]", width="content")
            for number, name in enumerate(offered):
                st.button(plain(name, 30), key=f"user-offer-{number}", on_click=_pick_user, args=(name,), wrap=False)
    else:
        st.info("Type the id of a user, as it stands in the ratings.", icon=":material/person_search:")
    return None


def _pick_user(key: str) -> None:
    address.write("user", key)
    st.session_state["user-text"] = st.session_state["user-shown"] = key


@st.fragment
def for_a_user(taste: Taste) -> None:
    """Show who a user is, and what they would like."""
    address.follow()
    who, liked = st.columns([2, 3], gap="medium")
    with who:
        user = choose_user(taste.dataset)
        if user is None:
            return
        _who_it_is(taste.dataset, user)
    lowest, highest = taste.scale
    with liked:
        topn = st.select_slider("How many", _TOPN, value=10, key="topn", bind="query-params", persist_state="session")
        answers = recommend(taste.predictor, taste.dataset, user, topn)
        if not answers:
            st.info("This user has rated everything there is.", icon=":material/done_all:")
            return
        st.markdown(
            f"**Predicted for what they have not rated**  \n:small[Clipped to the scale {lowest:g} to {highest:g}: "
            "no prediction lies outside it. Click one to see what is near it.]"
        )
        if taste.dataset.has_published_split:
            st.caption("Items the user rated in the published test part are left out too.")
        _liked(taste, answers, slot=f"liked-{taste.run.id}-{user}-{topn}")


def _liked(taste: Taste, answers: list[Answer], slot: str) -> None:
    answer_list(
        taste.items,
        answers,
        name="Item",
        slot=slot,
        on_pick=_look_near,
        score="Predicted rating",
        scale=taste.scale,
    )


def _look_near(key: str) -> None:
    _ITEM.write(key)
    address.open_view("item")


def _who_it_is(dataset: RatingsDataset, user: str) -> None:
    rated = own_ratings(dataset, dataset.user_keys.index(user))
    if rated.empty:
        st.markdown(
            f"**User {plain(user, 60)}** · no ratings outside the test part, so predictions are those for anyone."
        )
        return
    st.markdown(
        f"**User {plain(user, 60)}** · {len(rated):,} ratings, {rated['rating'].mean():.2f} on average  \n"
        ":small[Highest ratings:]"
    )
    best = rated.head(_N_BEST)
    table = pd.DataFrame({"Item": [one_line(label, 120) for label in best["label"]], "Rating": list(best["rating"])})
    if table["Item"].duplicated().any():
        table.insert(1, "Key", [one_line(key, 40) for key in best["key"]])
    st.dataframe(
        table,
        hide_index=True,
        row_height=34,
        height=34 * (len(table) + 1) + 3,
        column_config={"Rating": st.column_config.NumberColumn(format="%g", width="small")},
        alt=f"What user {one_line(user, 60)} rated best",
    )


@st.fragment
def near_an_item(taste: Taste) -> None:
    """Show the items nearest to an item."""
    key = key_box(taste.items, "What is near this item?", _ITEM, slot="item", placeholder="Type part of a title")
    if key is None:
        try_one(taste.items, _ITEM, "item")
        st.caption(wording.COSINE)
        return
    answer_list(
        taste.items,
        neighbors(taste.items, key, 10),
        name="Item",
        slot=f"near-item-{taste.run.id}-{key}",
        on_pick=_ITEM.write,
    )
    row = resources.workspace().embedding(taste.items_id)
    on_the_map(row, key)
    st.caption(wording.COSINE)
