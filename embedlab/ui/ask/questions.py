"""Queries about one or two keys: nearest neighbors, similarity, analogy."""

from __future__ import annotations

from functools import partial

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.roles import role
from embedlab.exploration.asking.analogies import analogy
from embedlab.exploration.asking.drawing import MapQuery
from embedlab.exploration.asking.neighbors import neighbors, similarity
from embedlab.exploration.asking.search import Found
from embedlab.exploration.asking.spelling import name_of
from embedlab.ui.ask import analogy_picker
from embedlab.ui.ask.near_pictures import draw_near_pictures
from embedlab.ui.ask.stability import COLUMN, seed_agreement
from embedlab.ui.ask.unknown_word import answer_unknown_word
from embedlab.ui.map.picked_item import metadata_line
from embedlab.ui.shell import current
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import answer_columns, answer_list
from embedlab.ui.widgets.examples import expressions
from embedlab.ui.widgets.keys.key_box import Choice, key_box, offers
from embedlab.ui.widgets.keys.key_offers import offer_examples
from embedlab.ui.widgets.keys.key_search import parse_query, replace_term
from embedlab.ui.widgets.map_link import draw_on_map_link, show_on_map_link
from embedlab.ui.widgets.min_count import min_count_control, read_rarity
from embedlab.workspace.rows import EmbeddingRow

#: The current key, shared with the map through the URL.
KEY = Choice(partial(current.get, "key"), partial(current.put, "key"))
OTHER = Choice(partial(address.read, "other"), partial(address.write, "other"))
_TOPN = (5, 10, 20, 50)


def topn_slider() -> int:
    """Draw the slider for the number of results; every query shares its value."""
    return st.select_slider(
        "Number of results", _TOPN, value=10, key="topn", bind="query-params", persist_state="session"
    )


@st.fragment
def ask_neighbors(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the nearest neighbors of one key."""
    noun = wording.noun(row.name)
    question, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = topn_slider()
    with question:
        key = key_box(embedding, f"What is near this {noun}?", KEY, slot="near", placeholder="Type a few letters")
        offer_examples(embedding, KEY, "near")
        if caution := role(row.name).caution:
            st.caption(caution)
    if key is None:
        rarity = read_rarity(row.name, embedding)
        answer_unknown_word(row, embedding, st.session_state["near-text"], topn, KEY.write, rarity)
        st.caption(wording.COSINE)
        return
    list_column, details_column = answer_columns()
    with details_column:
        details = st.container(border=True)
        rarity = min_count_control(row.name, embedding)
    answers = neighbors(embedding, key, topn, rarity.min_count)
    agreement = seed_agreement(row, key, answers)
    with list_column:
        draw_near_pictures(row, answers)
        answer_list(
            embedding,
            answers,
            name=noun.capitalize(),
            slot=f"near-{row.id}-{key}-{topn}-{rarity.min_count}",
            on_pick=KEY.write,
            rarity=rarity,
            more={} if agreement is None else {COLUMN: agreement.column},
        )
    with details:
        st.markdown(f"## {plain(wording.display_name(embedding, key))}")
        if about := metadata_line(embedding.metadata, embedding.index(key), row.name):
            st.markdown(f":small[{about}]")
        if agreement is not None:
            st.markdown(f":small[:material/casino: {agreement.sentence}]")
        show_on_map_link(row, key)
        st.caption(f"{wording.COSINE} Click {wording.with_article(noun)} to see its neighbors.")


@st.fragment
def ask_similarity(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the similarity of two keys."""
    noun = wording.noun(row.name)
    left, right = st.columns(2, gap="medium")
    with left:
        a = key_box(embedding, f"First {noun}", KEY, slot="first", placeholder="Type a few letters")
    with right:
        b = key_box(embedding, f"Second {noun}", OTHER, slot="second", placeholder="Type a few letters")
    if a is None or b is None:
        offer_examples(embedding, KEY, "first")
        st.caption(f"Choose two {wording.noun(row.name, 2)} to see how similar they are. {wording.COSINE}")
        return
    cosine = similarity(embedding, a, b)
    metric_column, details_column = st.columns([1, 2], gap="medium", vertical_alignment="center")
    metric_column.metric("Cosine similarity", f"{cosine:.3f}", border=True)
    with details_column:
        _cosine_bar(cosine)
        if a != b:
            st.markdown(_ranks(embedding, a, b, wording.noun(row.name, embedding.n_keys - 1)))
    with st.container(horizontal=True):
        if a != b:
            draw_on_map_link(row, MapQuery("pair", keys=(a, b)), "Show both on the map")
        for key in dict.fromkeys((a, b)):
            show_on_map_link(row, key, f"Show {plain(wording.display_name(embedding, key, 40))} on the map")
    st.caption(wording.COSINE)


def _cosine_bar(cosine: float) -> None:
    """Draw a bar from -1 to 1."""
    st.progress((cosine + 1) / 2)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for label in ("-1 opposite", "0 nothing in common", "1 same direction"):
            st.caption(label, width="content")


def _ranks(embedding: Embedding, a: str, b: str, others: str) -> str:
    """Return the rank of each among the neighbors of the other, since a cosine means little without a comparison."""
    vectors = embedding.keyed_vectors
    n_others = f"{embedding.n_keys - 1:,} {others}"
    return "  \n".join(
        f"Of {n_others}, {wording.bold(embedding, other)} is {wording.rank_text(vectors.rank(one, other))} to "
        f"{wording.bold(embedding, one)}."
        for one, other in ((a, b), (b, a))
    )


@st.fragment
def ask_analogy(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the analogy boxes, the expression field and the nearest neighbors of the expression."""
    address.follow()
    question, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = topn_slider()
        rarity = min_count_control(row.name, embedding)
    examples = expressions(embedding)
    with question:
        boxes = analogy_picker.draw_boxes(embedding, wording.noun(row.name))
        text = expression_box("Or type an expression", examples[0] if examples else "king - man + woman")
    if not boxes.is_complete:
        return
    if not text.strip():
        _example_buttons(examples)
        st.caption("Vectors can be added and subtracted like numbers. Put a space on both sides of + and -.")
        return
    try:
        query = parse_query(embedding, text)
    except InputError as error:
        show(error)
        return
    if query.unknown:
        unknown_terms(embedding, text, query.unknown)
        return
    st.markdown(wording.in_words(embedding, query.expression))
    try:
        answers = analogy(embedding, query.text, topn, rarity.min_count)
    except InputError as error:
        show(error)
        return
    if answers:
        boxes.draw_answer(wording.display_name(embedding, answers[0].key, 40))
    draw_on_map_link(row, MapQuery("analogy", expression=query.text))
    noun = wording.noun(row.name)
    answer_list(
        embedding,
        answers,
        name=noun.capitalize(),
        slot=f"analogy-{row.id}-{text}-{topn}-{rarity.min_count}",
        on_pick=show_neighbors,
        rarity=rarity,
    )
    st.caption(f"{wording.COSINE} The {wording.noun(row.name, 2)} in the query are excluded from the results.")


def expression_box(label: str, example: str) -> str:
    """Draw the field for an expression, which is also in the URL; return its text."""
    return st.text_input(
        label,
        key="q",
        bind="query-params",
        persist_state="session",
        placeholder=f"For example: {example}",
        icon=":material/function:",
    )


def set_expression(text: str) -> None:
    """Set the expression. Call it in a callback, or before the field is drawn."""
    st.session_state["q"] = text


def _replace_term(embedding: Embedding, text: str, term: str, match: Found) -> None:
    set_expression(replace_term(text, term, name_of(embedding, match.key)))


def show_neighbors(key: str) -> None:
    """Show the neighbors of `key`. Call it in a callback."""
    KEY.write(key)
    address.open_view("neighbors")


def _example_buttons(examples: list[str]) -> None:
    if not examples:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(":small[Try one:]", width="content")
        for number, example in enumerate(examples):
            st.button(plain(example), key=f"example-{number}", on_click=set_expression, args=(example,), wrap=False)


def unknown_terms(embedding: Embedding, text: str, unknown: tuple[tuple[str, tuple[Found, ...]], ...]) -> None:
    """Draw a message for each term outside the vocabulary, with buttons that replace it by a similar name."""
    for number, (term, matches) in enumerate(unknown):
        message = f"**{plain(term, 60)}** is not in the vocabulary."
        if not matches:
            st.info(f"{message} No similar spelling found.", icon=":material/search_off:")
            continue
        offers(
            f"{message} Did you mean:",
            matches,
            slot=f"term-{number}",
            on_pick=partial(_replace_term, embedding, text, term),
        )
