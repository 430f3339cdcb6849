"""From a thing of one kind, chosen, typed or uploaded, to the nearest things of the other kinds."""

from __future__ import annotations

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.exploration.new_things.across_kinds import NearThings, near_image, near_thing, near_value
from embedlab.jobs.inference import has_ability, open_ability
from embedlab.kinds.pairs.forms import TEXT
from embedlab.models.contract.things import PlacesThings
from embedlab.ui.ask.questions import KEY, topn_slider
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.runs import run_of
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import answer_list
from embedlab.ui.widgets.keys.key_box import key_box
from embedlab.ui.widgets.keys.key_offers import offer_examples
from embedlab.ui.widgets.map_link import show_on_map_link
from embedlab.workspace.rows import EmbeddingRow

MAX_TEXT_CHARACTERS = 100_000
_CHOOSE, _TYPE, _UPLOAD = "Choose a thing", "Type something new", "Upload an image"
_LISTS_BESIDE = 3
_PICTURES = ["png", "jpg", "jpeg", "gif", "bmp"]


def can_place_things(row: EmbeddingRow) -> bool:
    """Return whether an embedding has things of several kinds whose run can place new ones."""
    run = run_of(row)
    return run is not None and has_ability(run, PlacesThings)


@st.fragment
def ask_across(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the question and the nearest things of each other kind."""
    workspace = resources.workspace()
    try:
        placer = resources.open_cached(
            "places-things",
            str(row.run_id),
            lambda: open_ability(workspace, str(row.run_id), PlacesThings),
            spinner="Opening the run …",
        )
    except EmbedLabError as error:
        show(error)
        return
    kinds = placer.kinds
    question, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = topn_slider()
    with question:
        ways = [_CHOOSE, _TYPE, *([_UPLOAD] if any(each.shape is not None for each in kinds) else [])]
        way = st.segmented_control("Query", ways, default=_CHOOSE, key="across-way", required=True)
        try:
            found = _found(str(way), placer, embedding, topn)
        except EmbedLabError as error:
            show(error)
            return
    if found is None:
        st.caption("All kinds are in one space: the nearest things of the other kinds are the answers.")
        return
    if found.n_known < found.n_tokens:
        known = f"{found.n_known:,} of {found.n_tokens:,} words or tags are known"
        st.caption(f":material/info: {known}; all others are treated as one unknown word.")
    _draw_lists(row, embedding, found)
    st.caption(f"{wording.COSINE} Click a thing to see what is near it.")


def _found(way: str, placer: PlacesThings, embedding: Embedding, topn: int) -> NearThings | None:
    if way == _CHOOSE:
        key = key_box(embedding, "What is near this thing?", KEY, slot="across", placeholder="Type a few letters")
        offer_examples(embedding, KEY, "across")
        return None if key is None else near_thing(placer.kinds, embedding, key, topn)
    if way == _UPLOAD:
        image = st.file_uploader("Image", _PICTURES, key="across-image")
        return None if image is None else near_image(placer, embedding, image.getvalue(), topn)
    typed = [each for each in placer.kinds if each.form != "image"]
    name = typed[0].name
    if len(typed) > 1:
        name = st.selectbox(
            "Kind", [each.name for each in typed], key="across-kind", format_func=lambda each: one_line(each, 40)
        )
    form = next(each.form for each in typed if each.name == name)
    if form == TEXT:
        value = st.text_area(
            "Text",
            key="across-text",
            max_chars=MAX_TEXT_CHARACTERS,
            height=120,
            placeholder="Paste or type a text, then press Ctrl+Enter.",
        )
    else:
        help_text = "Several tags are separated as in the file; their mean is queried." if form == "tags" else None
        value = st.text_input(plain(name, 40), key="across-value", max_chars=1000, help=help_text)
    return near_value(placer, embedding, name, value, topn) if value.strip() else None


def _draw_lists(row: EmbeddingRow, embedding: Embedding, found: NearThings) -> None:
    names = list(found.answers)
    for start in range(0, len(names), _LISTS_BESIDE):
        shown = names[start : start + _LISTS_BESIDE]
        for name, column in zip(shown, st.columns(len(shown), gap="medium"), strict=True):
            answers = found.answers[name]
            with column:
                st.markdown(f"## Nearest: {plain(name, 40)}")
                slot = f"across-{row.id}-{name}-{hash(tuple(each.key for each in answers))}"
                answer_list(
                    embedding, answers, name=one_line(name, 40), slot=slot, on_pick=_pick, narrow=len(names) > 1
                )
                if answers:
                    show_on_map_link(row, answers[0].key, "Show the nearest on the map")


def _pick(key: str) -> None:
    KEY.write(key)
    st.session_state["across-way"] = _CHOOSE
