"""The same question to several embeddings, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError
from embedlab.core.plain import one_line
from embedlab.exploration.asking.spelling import name_of
from embedlab.exploration.comparison import Column, SideBySide, ask_side_by_side
from embedlab.ui.ask.questions import KEY, ask_text, expression_box, topn_slider, unknown_terms
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.frame import page_link, unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address, bounded
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import picked_row
from embedlab.ui.widgets.examples import expressions, first_keys
from embedlab.ui.widgets.key_search import understand
from embedlab.ui.widgets.map_link import on_the_map
from embedlab.workspace import listing
from embedlab.workspace.rows import EmbeddingRow

_OTHERS = "with"
# As many as fit beside each other, and as stay open in the server's memory.
_MOST_COLUMNS = 4


@st.fragment
def ask_beside(row: EmbeddingRow, embedding: Embedding) -> None:
    """Ask several embeddings the same question."""
    workspace = resources.workspace()
    newest = listing.find_embeddings(workspace, most=bounded.MOST_OPTIONS)
    words = bounded.search_if_more(newest.n_found, "beside-search", "embeddings")
    found = listing.find_embeddings(workspace, words, most=bounded.MOST_OPTIONS) if words.strip() else newest
    # What a link asks for may be older than all that is offered.
    asked = listing.embeddings_of(workspace, address.read_list(_OTHERS, _MOST_COLUMNS))
    by_id = {each.id: each for each in (*found.rows, *asked, *newest.rows[:2]) if each.id != row.id}
    others = list(by_id.values())
    if not others:
        st.info("There is only one embedding yet. Train another, and ask both the same.", icon=":material/view_column:")
        page_link("train", label="Train another")
        return
    choice, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = topn_slider()
    with choice:
        rows = [row, *_chosen(row, others)]
        text = expression_box("What do you want to ask all of them?", "hotel, or king - man + woman")
    if not text.strip():
        _try_one(embedding)
        st.caption("One question, the answers of each embedding beside each other, and what they share.")
        return
    opened = [embedding, *(resources.load_embedding(each.id) for each in rows[1:])]
    try:
        answered = _answered(opened, text, topn)
    except InputError as error:
        show(error)
        return
    if answered is not None:
        _columns(rows, opened, answered, text, topn)


def _chosen(row: EmbeddingRow, others: Sequence[EmbeddingRow]) -> list[EmbeddingRow]:
    """Draw the choice of embeddings to ask beside the current one."""
    by_id = {each.id: each for each in others}
    asked = [each for each in address.read_list(_OTHERS, _MOST_COLUMNS) if each in by_id]
    if not asked:
        # Those of the same things are worth comparing, best of all from the same dataset.
        alike = sorted(others, key=lambda each: (each.name != row.name, each.dataset_id != row.dataset_id))
        asked = [alike[0].id]
    names = unique_names({each.id: one_line(each.title or each.name, 60) for each in (row, *others)})
    widget = "beside-embeddings"
    if st.session_state.get(widget) != asked[: _MOST_COLUMNS - 1]:
        st.session_state[widget] = asked[: _MOST_COLUMNS - 1]
    chosen = st.multiselect(
        f"Beside {plain(names[row.id], 60)}, ask",
        [each.id for each in others],
        format_func=lambda row_id: names.get(row_id, row_id),
        key=widget,
        max_selections=_MOST_COLUMNS - 1,
        select_all=False,
        on_change=lambda: address.write_list(_OTHERS, st.session_state[widget]),
    )
    return [by_id[each] for each in chosen]


def _answered(opened: Sequence[Embedding], text: str, topn: int) -> SideBySide | None:
    """Return the answers; where no embedding knows a term, offer what the first knows, and return None."""
    try:
        return ask_side_by_side(opened, text, topn)
    except NotFoundError:
        understood = understand(opened[0], text)
        if not understood.unknown:
            return ask_side_by_side(opened, understood.text, topn)
        unknown_terms(opened[0], text, understood.unknown)
        return None


def _try_one(embedding: Embedding) -> None:
    key = KEY.read()
    keys = ([key] if key in embedding.key_to_index else []) + first_keys(embedding)[:3]
    texts = [*(name_of(embedding, each) for each in keys if each is not None), *expressions(embedding)[:2]]
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(":small[Try one:]", width="content")
        for number, text in enumerate(dict.fromkeys(texts)):
            st.button(plain(text, 60), key=f"beside-example-{number}", on_click=ask_text, args=(text,), wrap=False)


def _columns(
    rows: Sequence[EmbeddingRow], opened: Sequence[Embedding], asked: SideBySide, text: str, topn: int
) -> None:
    if asked.overlaps:
        st.markdown("  \n".join(_shared(asked)))
    titles = unique_names({each.id: each.title or each.name for each in rows})
    for number, place in enumerate(st.columns(len(rows), gap="small")):
        with place, st.container(border=True):
            st.markdown(f"**{number + 1} · {plain(titles[rows[number].id], 80)}**")
            n_keys, noun = rows[number].n_keys, wording.noun(rows[number].name, rows[number].n_keys)
            st.caption(f"{n_keys:,} {noun}, {rows[number].vector_size} dimensions")
            _column(rows[number], opened[number], asked.columns[number], len(rows), (text, topn, number))
    st.caption(
        "The Jaccard overlap is the share of all the different answers that both give: **1** the same answers, **0** "
        f"none in common. {wording.COSINE} Cosines of different embeddings are on different scales: compare the ranks."
    )


def _shared(asked: SideBySide) -> list[str]:
    return [
        f"**{each.first + 1}** and **{each.second + 1}** share {each.n_shared} of {each.n_union} different answers: "
        f"a Jaccard overlap of **{each.jaccard:.2f}**."
        for each in asked.overlaps
    ]


def _column(
    row: EmbeddingRow, embedding: Embedding, column: Column, n_columns: int, question: tuple[object, ...]
) -> None:
    for term, spellings in column.missing:
        near = f" Closest here: {plain(', '.join(spellings), 120)}." if spellings else ""
        st.info(f"**{plain(term, 60)}** is not in this vocabulary.{near}", icon=":material/search_off:")
    if column.refused:
        st.info(plain(column.refused, 200), icon=":material/block:")
    if not column.answers:
        return
    slot = f"beside-{row.id}-{hash(question)}"

    def picked() -> None:
        at = picked_row(st.session_state[slot])
        if at is not None and at < len(column.answers):
            ask_text(name_of(embedding, column.answers[at].key))

    table = pd.DataFrame(
        {
            "Answer": [wording.called(embedding, answer.key, 60) for answer in column.answers],
            "Cosine": [answer.score for answer in column.answers],
            "Also in": [_mark(others, n_columns) for others in column.shared_with],
        }
    )
    st.dataframe(
        table,
        key=slot,
        hide_index=True,
        row_height=34,
        height=34 * (len(table) + 1) + 3,
        column_config={
            "Cosine": st.column_config.ProgressColumn(format="%.3f", min_value=0.0, max_value=1.0, width="small"),
            "Also in": st.column_config.TextColumn(width="small"),
        },
        on_select=picked,
        selection_mode="single-cell",
        alt=f"Answers of {one_line(row.title or row.name, 60)}",
    )
    on_the_map(
        row, column.answers[0].key, f"Show {plain(wording.called(embedding, column.answers[0].key, 24))} on the map"
    )


def _mark(others: Sequence[int], n_columns: int) -> str:
    """Return in which other columns an answer stands too."""
    if len(others) == n_columns - 1 and n_columns > 2:
        return "all"
    return ", ".join(str(other + 1) for other in others)
