"""Recommendations for the visitor: rate or choose a few items, and see recommendations and the own place at once."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import TooLargeError
from embedlab.core.plain import one_line
from embedlab.exploration.asking.drawing import PERSON, MapQuery
from embedlab.exploration.asking.search import Found
from embedlab.exploration.new_things.own_ratings import CHOSEN, MOST_RATED, OwnRatings, from_address, to_address
from embedlab.exploration.new_things.reasons import explain_own
from embedlab.exploration.new_things.recommender import Recommender
from embedlab.jobs.inference import models_with
from embedlab.models.contract.abilities import FoldsIn
from embedlab.models.registry import MODELS
from embedlab.ui.recommend import downloads
from embedlab.ui.recommend.controls import wish_controls
from embedlab.ui.recommend.results import draw_list, draw_reasons, picked
from embedlab.ui.recommend.runs import OpenRun
from embedlab.ui.shell import errors
from embedlab.ui.shell.icon_button import icon_button
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.keys.key_box import Choice, key_box, offers
from embedlab.ui.widgets.map_link import draw_on_map_link
from embedlab.ui.widgets.wording import counted

_RATED = "rated"
_DATASET = "rated-dataset"
_BOX = "rate"
_CLEAR = "rate-clear"
_N_EXAMPLES = 8
#: A title and a rating fit in one line of the left column.
_TITLE_PX, _RATING_PX = 185, 125


@st.fragment
def for_you(opened: OpenRun) -> None:
    """Draw the visitor's ratings and recommendations."""
    address.follow()
    recommender = opened.recommender
    if recommender.ability(FoldsIn) is None:
        titles = ", ".join(MODELS[name].title for name in models_with(FoldsIn))
        st.info(
            f"This model cannot place new users without training. Train one of these: {plain(titles, 400)}.",
            icon=":material/person_off:",
        )
        return
    catalog = recommender.catalog
    own, problems = _read(opened)
    you_column, items_column = st.columns([2, 3], gap="medium")
    with you_column:
        _search(catalog, own, recommender)
        for problem in problems:
            st.caption(f":material/link_off: {plain(problem, 300)}")
        reasons = st.container()
        _rated_items(recommender, own)
    with items_column:
        if not len(own):
            _invitation(recommender)
            return
        wish = wish_controls(opened, has_test_toggle=False)
        found = recommender.recommend_for(own, wish)
        st.markdown(f"**{'Your predicted ratings' if recommender.folds_in_ratings else 'Items for you by score'}**")
        draw_list(opened, found, wish, slot="you", is_rating=recommender.folds_in_ratings)
        with st.container(horizontal=True, vertical_alignment="center"):
            _map_link(opened, own)
            if found:
                downloads.button(opened, wish, own=own)
    if (chosen := picked(found, "you")) is not None and recommender.explains:
        with reasons:
            draw_reasons(opened, explain_own(recommender, own, chosen))


def _read(opened: OpenRun) -> tuple[OwnRatings, list[str]]:
    """Return the ratings in the address or the session, and what is wrong with them."""
    recommender, dataset_id = opened.recommender, opened.run.dataset_id
    texts = address.read_list(_RATED, MOST_RATED + 1)
    own, problems = from_address(texts, recommender.catalog, recommender.rating_scale)
    before = st.session_state.get(_DATASET, dataset_id)
    st.session_state[_DATASET] = dataset_id
    if before != dataset_id and not len(own):
        # The session has ratings of another dataset; a link would have some of this one.
        address.write_list(_RATED, [])
        return own, []
    return own, problems


def _search(catalog: Embedding, own: OwnRatings, recommender: Recommender) -> None:
    """Draw the search box; a name that matches is added and the box is emptied."""
    if st.session_state.pop(_CLEAR, False):
        st.session_state[f"{_BOX}-text"] = ""
    verb = "rate" if recommender.rating_scale is not None else "choose"
    add = partial(_add, recommender)
    key_box(
        catalog,
        f"Search an item to {verb}",
        Choice(lambda: None, lambda key: None if key is None else add(own, key)),
        slot=_BOX,
        placeholder="Type part of a title",
        narrow=True,
    )
    if st.session_state.get(_CLEAR):
        st.rerun()


def _add(recommender: Recommender, own: OwnRatings, key: str) -> None:
    row = recommender.catalog.index(key)
    st.session_state[_CLEAR] = True
    if row in own.items:
        return
    try:
        _store(recommender, own.with_rating(row, CHOSEN if recommender.rating_scale is None else recommender.scale[1]))
    except TooLargeError as error:
        errors.show(error)


def _store(recommender: Recommender, own: OwnRatings) -> None:
    address.write_list(_RATED, to_address(own, recommender.catalog.keys))


def _rated_items(recommender: Recommender, own: OwnRatings) -> None:
    """Draw a line for each rated item, the newest first: its title, its rating, and a button that removes it."""
    if not len(own):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Your {recommender.counted}** · {len(own)}", width="stretch")
        st.button(
            "Remove all",
            key="own-clear",
            type="tertiary",
            on_click=_store,
            args=(recommender, OwnRatings()),
        )
    used = recommender.model_input(*own.arrays).is_used
    for place in range(len(own) - 1, -1, -1):
        _rated_item(recommender, own, place, is_used=bool(used[place]))
    if not used.all():
        st.caption(
            f"Muted: {counted(int((~used).sum()), 'ratings')} below {recommender.positive_from:g}. This model learns "
            "from positive ratings only, so they do not count; the items are only left out."
        )


def _rated_item(recommender: Recommender, own: OwnRatings, place: int, *, is_used: bool) -> None:
    item, rating = own.items[place], own.ratings[place]
    key = recommender.catalog.keys[item]
    name = plain(wording.display_name(recommender.catalog, key, 60))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"own-row-{item}"):
        st.markdown(name if is_used else f":gray[{name}]", width=_TITLE_PX)
        if recommender.rating_scale is not None:
            _rating_input(recommender, own, item, rating)
        icon_button("Remove", "close", f"own-remove-{item}", lambda: _store(recommender, own.without(item)))


def _rating_input(recommender: Recommender, own: OwnRatings, item: int, rating: float) -> None:
    slot, label = f"own-rating-{item}", f"Rating of {one_line(recommender.catalog.labels[item], 60)}"

    def changed() -> None:
        value = st.session_state[slot]
        if value is not None:
            _store(recommender, own.with_rating(item, float(value)))

    values = recommender.rating_values
    if values:
        options = sorted({*values, rating})
        st.session_state[slot] = rating
        st.select_slider(
            plain(label),
            options,
            key=slot,
            format_func=lambda value: f"{value:g}",
            label_visibility="collapsed",
            on_change=changed,
            width=_RATING_PX,
        )
        return
    lowest, highest = recommender.scale
    st.session_state[slot] = rating
    st.number_input(
        plain(label),
        lowest,
        highest,
        step=(highest - lowest) / 20,
        key=slot,
        label_visibility="collapsed",
        on_change=changed,
        width=_RATING_PX,
    )


def _invitation(recommender: Recommender) -> None:
    """Draw what to do while nothing is rated, and items to begin with."""
    catalog = recommender.catalog
    has_ratings = recommender.rating_scale is not None
    with st.container(border=True):
        st.markdown(f"## :material/person_add: {'Rate' if has_ratings else 'Choose'} a few items")
        st.markdown(
            "Your recommendations appear here and change with every item. Nothing is trained: your place among the "
            f"users is computed at once. Your {recommender.counted} are kept in the address of this page, so a "
            "bookmark keeps them."
        )
        rows = np.argsort(-recommender.columns.counts, kind="stable")[:_N_EXAMPLES].tolist()
        examples = [Found(catalog.keys[row], catalog.labels[row], row) for row in rows]
        offers("Begin with one:", examples, slot="rate-try", on_pick=lambda each: _begin(recommender, each.key))


def _begin(recommender: Recommender, key: str) -> None:
    _add(recommender, OwnRatings(), key)


def _map_link(opened: OpenRun, own: OwnRatings) -> None:
    vector = opened.recommender.fold_in(own).vector
    items = opened.items
    if vector is None or items is None or opened.items_row is None or vector.shape != (items.vector_size,):
        st.caption("This model has no vectors of users, so you have no place on the map.", width="content")
        return
    keys = tuple(opened.recommender.catalog.keys[item] for item in own.items)
    draw_on_map_link(opened.items_row, MapQuery(PERSON, keys=keys, weights=own.ratings), "Show me on the map")
