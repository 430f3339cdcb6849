"""What two runs know about one item: its neighbors by both, with the number of ratings of each."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.ui.recommend.runs import OpenRun, open_run, recommending_runs
from embedlab.ui.recommend.similar import ITEM, draw_similar, has_place, no_place
from embedlab.ui.shell import errors, resources
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.keys.key_box import key_box
from embedlab.ui.widgets.keys.key_offers import offer_examples
from embedlab.ui.widgets.min_count import read_rarity
from embedlab.ui.widgets.wording import counted

_OTHER = "with"


@st.fragment
def two_runs(opened: OpenRun) -> None:
    """Draw the same item in two runs on the dataset, side by side."""
    names = _other_runs(opened)
    if not names:
        st.info(
            "This dataset has no other run that recommends. Train a second model to compare what both know.",
            icon=":material/view_column:",
        )
        return
    left, right = st.columns(2, gap="medium")
    catalog = opened.recommender.full_catalog
    with left:
        key = key_box(catalog, "Item", ITEM, slot="both", placeholder="Type part of a title", narrow=True)
    with right:
        other = _choose(names)
    if key is None:
        offer_examples(catalog, ITEM, "both")
        return
    for column, run_id in zip(st.columns(2, gap="medium"), (opened.run.id, other), strict=True):
        with column, st.container(border=True, key=f"both-{run_id}"):
            try:
                _card(opened if run_id == opened.run.id else open_run(resources.workspace().run(run_id)), key)
            except EmbedLabError as error:
                errors.show(error)


def _other_runs(opened: OpenRun) -> dict[str, str]:
    newest = recommending_runs(dataset_id=opened.run.dataset_id).rows
    names = {run_id: one_line(name, 60) for run_id, name in newest if run_id != opened.run.id}
    return unique_names(names)


def _choose(names: dict[str, str]) -> str:
    stored = address.read(_OTHER)
    st.session_state["both-run"] = stored if stored in names else next(iter(names))
    chosen: str = st.selectbox(
        "Compare with",
        list(names),
        format_func=lambda run_id: names.get(run_id, run_id),
        key="both-run",
        on_change=lambda: address.write(_OTHER, st.session_state["both-run"]),
    )
    return chosen


def _card(opened: OpenRun, key: str) -> None:
    recommender = opened.recommender
    st.markdown(f"**{plain(opened.run.name, 80)}**")
    items = opened.items
    if not has_place(opened, key):
        st.info(no_place(opened, key), icon=":material/location_off:")
        return
    is_rated = key in recommender.catalog.key_to_index
    label = plain(wording.display_name(recommender.full_catalog, key, 60))
    size = f", {items.vector_size} dimensions" if items is not None else ", no vectors"
    count = int(recommender.columns.counts[recommender.catalog.index(key)]) if is_rated else 0
    rated = counted(count, recommender.counted) if is_rated else f"no {recommender.counted}"
    st.caption(f"{label}: {rated}{size}")
    rarity = read_rarity("items", items if items is not None else recommender.catalog)
    draw_similar(opened, key, rarity, slot="both", narrow=True)
