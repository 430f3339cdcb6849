"""The same query on several embeddings, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from embedlab.core.counts import count_of, counted_noun, key_counts
from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError
from embedlab.core.plain import one_line
from embedlab.exploration.asking.spelling import name_of
from embedlab.exploration.comparison import Column, SideBySide, ask_side_by_side
from embedlab.ui.ask.questions import KEY, expression_box, set_expression, topn_slider, unknown_terms
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.frame import page_link, unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address, long_lists
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import picked_row
from embedlab.ui.widgets.examples import expressions, first_keys
from embedlab.ui.widgets.keys.key_search import parse_query
from embedlab.ui.widgets.map_link import show_on_map_link
from embedlab.ui.widgets.min_count import Rarity, min_count_control
from embedlab.workspace import listing
from embedlab.workspace.rows import EmbeddingRow

_OTHERS = "with"
#: In the URL, that no other embedding is chosen.
_NONE = "-"
#: Gray that is readable on the background of both themes.
_MUTED = "color: #767676"
# This many fit side by side on the page and in the server's memory.
_MAX_COLUMNS = 4


@st.fragment
def draw_side_by_side(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the results of one query for several embeddings."""
    workspace = resources.workspace()
    newest = listing.find_embeddings(workspace, most=long_lists.MOST_OPTIONS)
    words = long_lists.search_if_more(newest.n_found, "beside-search", "embeddings")
    matches = listing.find_embeddings(workspace, words, most=long_lists.MOST_OPTIONS) if words.strip() else newest
    # A link may name embeddings that are older than all that are offered.
    linked = listing.embeddings_of(workspace, address.read_list(_OTHERS, _MAX_COLUMNS))
    by_id = {each.id: each for each in (*matches.rows, *linked, *newest.rows[:2]) if each.id != row.id}
    others = list(by_id.values())
    if not others:
        st.info("There is only one embedding. Train another one to compare them.", icon=":material/view_column:")
        page_link("train", label="Train another one")
        return
    query_column, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = topn_slider()
        rarity = min_count_control(row.name, embedding)
    with query_column:
        rows = [row, *_choose_embeddings(row, others)]
        text = expression_box("Query for all of them", "hotel, or king - man + woman")
    if len(rows) == 1:
        st.info("Choose at least one embedding to compare with.", icon=":material/view_column:")
        return
    if not text.strip():
        _examples(embedding)
        st.caption("One query, the results of each embedding side by side, and their overlap.")
        return
    embeddings = [embedding, *(resources.load_embedding(each.id) for each in rows[1:])]
    try:
        comparison = _compare(embeddings, text, topn, rarity.min_count)
    except InputError as error:
        show(error)
        return
    if comparison is not None:
        _columns(rows, embeddings, comparison, (text, topn, rarity.min_count), rarity)


def _choose_embeddings(row: EmbeddingRow, others: Sequence[EmbeddingRow]) -> list[EmbeddingRow]:
    """Draw the choice of embeddings to compare with the current one."""
    by_id = {each.id: each for each in others}
    selected = [each for each in address.read_list(_OTHERS, _MAX_COLUMNS) if each in by_id]
    if not address.read_list(_OTHERS, _MAX_COLUMNS):
        selected = _first_choice(row, others)
    names = unique_names({each.id: one_line(each.title or each.name, 60) for each in (row, *others)})
    widget = "beside-embeddings"
    if st.session_state.get(widget) != selected[: _MAX_COLUMNS - 1]:
        st.session_state[widget] = selected[: _MAX_COLUMNS - 1]
    chosen = st.multiselect(
        f"Compare {plain(names[row.id], 60)} with",
        [each.id for each in others],
        format_func=lambda row_id: names.get(row_id, row_id),
        key=widget,
        max_selections=_MAX_COLUMNS - 1,
        select_all=False,
        # None chosen is a choice too.
        on_change=lambda: address.write_list(_OTHERS, st.session_state[widget] or [_NONE]),
    )
    return [by_id[each] for each in chosen]


def _first_choice(row: EmbeddingRow, others: Sequence[EmbeddingRow]) -> list[str]:
    """Return the embedding to begin with: of the same role, ideally of the same dataset; none if there is none."""
    same_role = [each for each in others if each.name == row.name]
    same_role.sort(key=lambda each: each.dataset_id != row.dataset_id)
    return [each.id for each in same_role[:1]]


def _compare(embeddings: Sequence[Embedding], text: str, topn: int, min_count: int) -> SideBySide | None:
    """Return the results; if no embedding knows a term, offer names from the first one and return None."""
    try:
        return ask_side_by_side(embeddings, text, topn, min_count)
    except NotFoundError:
        query = parse_query(embeddings[0], text)
        if not query.unknown:
            return ask_side_by_side(embeddings, query.text, topn, min_count)
        unknown_terms(embeddings[0], text, query.unknown)
        return None


def _examples(embedding: Embedding) -> None:
    key = KEY.read()
    keys = ([key] if key in embedding.key_to_index else []) + first_keys(embedding)[:3]
    texts = [*(name_of(embedding, each) for each in keys if each is not None), *expressions(embedding)[:2]]
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(":small[Try one:]", width="content")
        for number, text in enumerate(dict.fromkeys(texts)):
            st.button(
                plain(text, 60), key=f"beside-example-{number}", on_click=set_expression, args=(text,), wrap=False
            )


def _columns(
    rows: Sequence[EmbeddingRow],
    embeddings: Sequence[Embedding],
    comparison: SideBySide,
    question: tuple[object, ...],
    rarity: Rarity,
) -> None:
    if comparison.overlaps:
        st.markdown("  \n".join(_overlaps(comparison)))
    titles = unique_names({each.id: each.title or each.name for each in rows})
    columns = zip(st.columns(len(rows), gap="small"), comparison.columns, strict=True)
    for number, (column, column_answers) in enumerate(columns):
        with column, st.container(border=True):
            st.markdown(f"**{number + 1} · {plain(titles[rows[number].id], 80)}**")
            n_keys, noun = rows[number].n_keys, wording.noun(rows[number].name, rows[number].n_keys)
            st.caption(f"{n_keys:,} {noun}, {rows[number].vector_size} dimensions")
            # Embeddings of other roles may count something else.
            own = replace(rarity, what=counted_noun(embeddings[number], rows[number].name))
            _column(rows[number], embeddings[number], column_answers, len(rows), (*question, number), own)
    st.caption(
        "Jaccard overlap: shared answers divided by all different answers, from **0** (none in common) to **1** (the "
        f"same answers). {wording.COSINE} Cosines of different embeddings are on different scales: compare the ranks."
    )


def _overlaps(comparison: SideBySide) -> list[str]:
    return [
        f"**{each.first + 1}** and **{each.second + 1}** share {each.n_shared} of {each.n_union} different answers, "
        f"a Jaccard overlap of **{each.jaccard:.2f}**."
        for each in comparison.overlaps
    ]


def _column(
    row: EmbeddingRow,
    embedding: Embedding,
    column: Column,
    n_columns: int,
    question: tuple[object, ...],
    rarity: Rarity,
) -> None:
    for term, spellings in column.missing:
        hint = f" Closest spellings: {plain(', '.join(spellings), 120)}." if spellings else ""
        st.info(f"**{plain(term, 60)}** is not in this vocabulary.{hint}", icon=":material/search_off:")
    if column.refused:
        st.info(plain(column.refused, 200), icon=":material/block:")
    if not column.answers:
        return
    slot = f"beside-{row.id}-{hash(question)}"

    def picked() -> None:
        at = picked_row(st.session_state[slot])
        if at is not None and at < len(column.answers):
            set_expression(name_of(embedding, column.answers[at].key))

    table = pd.DataFrame(
        {
            "Answer": [wording.display_name(embedding, answer.key, 60) for answer in column.answers],
            "Cosine": [answer.score for answer in column.answers],
            "Also in": [_mark(others, n_columns) for others in column.shared_with],
        }
    )
    muted = [False] * len(table)
    if key_counts(embedding) is not None:
        muted = rarity.muted(embedding, column.answers)
        table["Count"] = [count_of(embedding, answer.key) for answer in column.answers]
    st.dataframe(
        table.style.apply(lambda _: [_MUTED if each else "" for each in muted]) if any(muted) else table,
        key=slot,
        hide_index=True,
        row_height=34,
        height=34 * (len(table) + 1) + 3,
        column_config={
            "Answer": st.column_config.TextColumn(width=70),
            "Cosine": st.column_config.ProgressColumn(format="%.3f", min_value=0.0, max_value=1.0, width=85),
            "Also in": st.column_config.TextColumn(width=55),
            "Count": st.column_config.NumberColumn(format="localized", width=60),
        },
        on_select=picked,
        selection_mode="single-cell",
        alt=f"Answers of {one_line(row.title or row.name, 60)}",
    )
    if sentence := rarity.sentence(sum(muted)) if key_counts(embedding) is not None else "":
        st.caption(sentence)
    show_on_map_link(
        row,
        column.answers[0].key,
        f"Show {plain(wording.display_name(embedding, column.answers[0].key, 24))} on the map",
    )


def _mark(others: Sequence[int], n_columns: int) -> str:
    """Return which other columns contain the answer too."""
    if len(others) == n_columns - 1 and n_columns > 2:
        return "all"
    return ", ".join(str(other + 1) for other in others)
