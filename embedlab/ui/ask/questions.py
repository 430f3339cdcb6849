"""The questions an embedding is asked: what is near a key, how similar are two, what is an expression."""

from __future__ import annotations

from functools import partial

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.exploration.asking.analogies import analogy
from embedlab.exploration.asking.neighbors import neighbors, similarity
from embedlab.exploration.asking.search import Found
from embedlab.exploration.asking.spelling import name_of
from embedlab.ui.ask import analogy_picker as picking
from embedlab.ui.ask.stability import COLUMN, steady
from embedlab.ui.ask.unknown_word import answer_unknown_word
from embedlab.ui.map.page import metadata_line
from embedlab.ui.shell import current
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import answer_list
from embedlab.ui.widgets.examples import expressions
from embedlab.ui.widgets.key_box import Choice, key_box, offers
from embedlab.ui.widgets.key_offers import try_one
from embedlab.ui.widgets.key_search import respelled, understand
from embedlab.ui.widgets.map_link import on_the_map
from embedlab.workspace.rows import EmbeddingRow

#: The key in the address that the map knows too.
KEY = Choice(partial(current.get, "key"), partial(current.put, "key"))
OTHER = Choice(partial(address.read, "other"), partial(address.write, "other"))
_TOPN = (5, 10, 20, 50)


def topn_slider() -> int:
    """Draw the choice of how many answers there are, the same in every question."""
    return st.select_slider("How many", _TOPN, value=10, key="topn", bind="query-params", persist_state="session")


@st.fragment
def ask_neighbors(row: EmbeddingRow, embedding: Embedding) -> None:
    """Ask for the nearest neighbors of one key."""
    noun = wording.noun(row.name)
    question, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = topn_slider()
    with question:
        key = key_box(embedding, f"What is near this {noun}?", KEY, slot="near", placeholder="Type a few letters")
        try_one(embedding, KEY, "near")
    if key is None:
        answer_unknown_word(row, embedding, st.session_state["near-text"], topn, KEY.write)
        st.caption(wording.COSINE)
        return
    answers = neighbors(embedding, key, topn)
    stayed = steady(row, key, answers)
    listed, told = st.columns([3, 1], gap="medium")
    with listed:
        answer_list(
            embedding,
            answers,
            name=noun.capitalize(),
            slot=f"near-{row.id}-{key}-{topn}",
            on_pick=KEY.write,
            more={} if stayed is None else {COLUMN: stayed.column},
        )
    with told, st.container(border=True):
        st.markdown(f"##### {plain(wording.called(embedding, key))}")
        if about := metadata_line(embedding.metadata, embedding.index(key)):
            st.markdown(f":small[{about}]")
        if stayed is not None:
            st.markdown(f":small[:material/casino: {stayed.sentence}]")
        on_the_map(row, key)
        st.caption(f"{wording.COSINE} Click a {noun} to go on from there.")


@st.fragment
def ask_similarity(row: EmbeddingRow, embedding: Embedding) -> None:
    """Ask how similar two keys are."""
    noun = wording.noun(row.name)
    left, right = st.columns(2, gap="medium")
    with left:
        a = key_box(embedding, f"First {noun}", KEY, slot="first", placeholder="Type a few letters")
    with right:
        b = key_box(embedding, f"Second {noun}", OTHER, slot="second", placeholder="Type a few letters")
    if a is None or b is None:
        try_one(embedding, KEY, "first")
        st.caption(f"Choose two {wording.noun(row.name, 2)} and see how similar they are. {wording.COSINE}")
        return
    cosine = similarity(embedding, a, b)
    figure, told = st.columns([1, 2], gap="medium", vertical_alignment="center")
    figure.metric("Cosine similarity", f"{cosine:.3f}", border=True)
    with told:
        _cosine_bar(cosine)
        if a != b:
            st.markdown(_places(embedding, a, b, wording.noun(row.name, embedding.n_keys - 1)))
    with st.container(horizontal=True):
        for key in dict.fromkeys((a, b)):
            on_the_map(row, key, f"Show {plain(wording.called(embedding, key, 40))} on the map")
    st.caption(wording.COSINE)


def _cosine_bar(cosine: float) -> None:
    """Draw a bar from -1 to 1."""
    st.progress((cosine + 1) / 2)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for said in ("-1 opposite", "0 nothing in common", "1 same direction"):
            st.caption(said, width="content")


def _places(embedding: Embedding, a: str, b: str, others: str) -> str:
    """Say the place of each among the neighbors of the other: a cosine alone is large or small only beside others."""
    served = embedding.keyed_vectors
    n_others = f"{embedding.n_keys - 1:,} {others}"
    return "  \n".join(
        f"Of {n_others}, {wording.bold(embedding, other)} is {wording.place(served.rank(one, other))} to "
        f"{wording.bold(embedding, one)}."
        for one, other in ((a, b), (b, a))
    )


@st.fragment
def ask_analogy(row: EmbeddingRow, embedding: Embedding) -> None:
    """Ask what is near a sum and difference of keys."""
    address.follow()
    question, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = topn_slider()
    examples = expressions(embedding)
    with question:
        picked = picking.three_boxes(embedding, wording.noun(row.name))
        text = expression_box("Or write an expression", examples[0] if examples else "king - man + woman")
    if not picked.is_asked:
        return
    if not text.strip():
        _example_buttons(examples)
        st.caption("Vectors can be added and taken away like numbers. Put a space on both sides of + and -.")
        return
    try:
        understood = understand(embedding, text)
    except InputError as error:
        show(error)
        return
    if understood.unknown:
        unknown_terms(embedding, text, understood.unknown)
        return
    st.markdown(wording.in_words(embedding, understood.expression))
    try:
        answers = analogy(embedding, understood.text, topn)
    except InputError as error:
        show(error)
        return
    if answers:
        picked.answer(wording.called(embedding, answers[0].key, 40))
    noun = wording.noun(row.name)
    answer_list(embedding, answers, name=noun.capitalize(), slot=f"analogy-{row.id}-{text}-{topn}", on_pick=go_near)
    if answers:
        on_the_map(row, answers[0].key, f"Show {plain(wording.called(embedding, answers[0].key, 40))} on the map")
    st.caption(f"{wording.COSINE} The {wording.noun(row.name, 2)} of the question are left out of the answers.")


def expression_box(label: str, example: str) -> str:
    """Draw the field for an expression, which stays in the address; return what was written."""
    return st.text_input(
        label,
        key="q",
        bind="query-params",
        persist_state="session",
        placeholder=f"For example: {example}",
        icon=":material/function:",
    )


def ask_text(text: str) -> None:
    """Before the field is drawn or in a callback: make `text` the expression."""
    st.session_state["q"] = text


def _respell(embedding: Embedding, text: str, term: str, found: Found) -> None:
    ask_text(respelled(text, term, name_of(embedding, found.key)))


def go_near(key: str) -> None:
    """In a callback: ask for the neighbors of `key`."""
    KEY.write(key)
    address.open_view("neighbors")


def _example_buttons(examples: list[str]) -> None:
    if not examples:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(":small[Try one:]", width="content")
        for number, example in enumerate(examples):
            st.button(plain(example), key=f"example-{number}", on_click=ask_text, args=(example,), wrap=False)


def unknown_terms(embedding: Embedding, text: str, unknown: tuple[tuple[str, tuple[Found, ...]], ...]) -> None:
    """Tell the terms that are not in the vocabulary, each with names that a click puts in its place."""
    for number, (term, found) in enumerate(unknown):
        said = f"**{plain(term, 60)}** is not in the vocabulary."
        if not found:
            st.info(f"{said} Nothing is spelled like it.", icon=":material/search_off:")
            continue
        offers(
            f"{said} Did you mean:",
            found,
            slot=f"term-{number}",
            on_pick=partial(_respell, embedding, text, term),
        )
