"""Items similar to an item: by vectors, or by what the model recommends to somebody who chose only this item."""

from __future__ import annotations

from functools import partial

import streamlit as st

from embedlab.core.errors import InputError
from embedlab.core.similarity import Answer
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.exploration.new_things.similar_items import similar_by_choice
from embedlab.ui.recommend.runs import OpenRun
from embedlab.ui.shell import current
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import answer_list
from embedlab.ui.widgets.keys.key_box import Choice, key_box
from embedlab.ui.widgets.keys.key_offers import offer_examples
from embedlab.ui.widgets.map_link import show_on_map_link
from embedlab.ui.widgets.min_count import Rarity, min_count_control

#: The item of this page, shared by its views.
ITEM = Choice(partial(address.read, "item"), partial(address.write, "item"))
_N_SIMILAR = 10
#: What the score is if a run has no vectors of items.
BY_CHOICE = "This model has no vectors of items. The score is what it gives to somebody who chose only this item."


@st.fragment
def similar_items(opened: OpenRun) -> None:
    """Draw the items most similar to an item."""
    catalog = opened.recommender.full_catalog
    key = key_box(
        catalog, "Which items are similar to this one?", ITEM, slot="item", placeholder="Type part of a title"
    )
    items = opened.items
    if key is None:
        offer_examples(catalog, ITEM, "item")
        st.caption(wording.COSINE if items is not None else BY_CHOICE)
        return
    if not has_place(opened, key):
        st.info(no_place(opened, key), icon=":material/location_off:")
        return
    list_column, settings = st.columns([3, 1], gap="medium")
    with settings:
        # Without vectors the minimum belongs to the items all the same.
        rarity = min_count_control("items", items if items is not None else catalog)
    with list_column:
        draw_similar(opened, key, rarity, slot="near")
    if opened.items_row is not None:
        with st.container(horizontal=True):
            show_on_map_link(opened.items_row, key)
            query = current.link(embedding=opened.items_row.id) | {"view": "together", "keys": key}
            page_link("ask", label="Average with other items", icon=":material/join_inner:", query=query)


def has_place(opened: OpenRun, key: str) -> bool:
    """Return whether a run knows an item: by its vector, or as one of the rated items if the run has no vectors."""
    items = opened.items
    return key in (opened.recommender.catalog if items is None else items).key_to_index


def no_place(opened: OpenRun, key: str) -> str:
    """Return why an item is not among those that a run knows, as Markdown."""
    label = plain(wording.display_name(opened.recommender.full_catalog, key))
    if key not in opened.recommender.catalog.key_to_index:
        return f"**{label}** has no ratings, so it has no place on the map of a model that learns from ratings alone."
    return f"**{label}** has no ratings in the training data, so it has no place among the items of this run."


def draw_similar(opened: OpenRun, key: str, rarity: Rarity, *, slot: str, narrow: bool = False) -> None:
    """Draw the similar items of an item that the run knows, or a sentence that says why there are none."""
    items = opened.items
    slot = f"{slot}-item-{opened.run.id}-{key}-{rarity.min_count}"
    if items is not None:
        answers = neighbors(items, key, _N_SIMILAR, rarity.min_count)
        answer_list(items, answers, name="Item", slot=slot, on_pick=ITEM.write, rarity=rarity, narrow=narrow)
        st.caption(wording.COSINE)
        return
    recommender = opened.recommender
    try:
        found = similar_by_choice(recommender, recommender.catalog.index(key), _N_SIMILAR, rarity.min_count)
    except InputError as error:
        st.info(plain(f"{error.what} {error.remedy}", 300), icon=":material/block:")
        return
    highest = max((each.score for each in found), default=1.0)
    answer_list(
        recommender.catalog,
        [Answer(each.key, each.label, each.score) for each in found],
        name="Item",
        slot=slot,
        on_pick=ITEM.write,
        score="Score",
        scale=(0.0, max(highest, 1e-9)),
        score_format="%.3f",
        rarity=rarity,
        narrow=narrow,
    )
    st.caption(BY_CHOICE)
