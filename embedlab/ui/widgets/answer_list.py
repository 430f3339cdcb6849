"""Answers as a table with bars; clicking an answer queries it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler
from streamlit.delta_generator import DeltaGenerator

from embedlab.core.embedding import MEAN_COUNT_COLUMN, Embedding
from embedlab.core.plain import one_line
from embedlab.core.similarity import Answer
from embedlab.ui.widgets.min_count import Rarity

# Metadata columns shown for an answer, in this order, if present.
_METADATA_TITLES = {
    "count": "Count",
    "class": "Class",
    "year": "Year",
    "genres": "Genres",
    "mean_rating": "Mean rating",
    "mean_count": "Mean count",
}
_MAX_METADATA_COLUMNS = 3
_LONGEST = 120
_ROW_HEIGHT = 34
_NAME_WIDTH = 260
_NARROW_NAME_WIDTH = 210
_NARROW_SCORE_WIDTH = 130
# Gray with a contrast above 4.5 on the background of both themes.
_MUTED = {"light": "color: #6a727b", "dark": "color: #8f99a4"}


def table_of(
    embedding: Embedding,
    answers: Sequence[Answer],
    name: str,
    score: str,
    more: Mapping[str, Sequence[Any]] | None = None,
) -> pd.DataFrame:
    """Return the answers as a table: name, score, further columns, and metadata."""
    rows = [embedding.index(answer.key) for answer in answers]
    labels = [one_line(answer.label, _LONGEST) for answer in answers]
    scores = [float(answer.score) for answer in answers]
    table = pd.DataFrame({name: labels, score: scores, **(more or {})})
    if len(set(labels)) < len(labels):
        # Without another noun for its keys, the first column is already called Key.
        heading = "Key" if name != "Key" else "Id"
        table.insert(1, heading, [one_line(answer.key, 40) for answer in answers])
    metadata = embedding.metadata.iloc[rows]
    columns = [column for column in _METADATA_TITLES if column in metadata.columns]
    if "year" in columns and all(
        _contains_year(label, year) for label, year in zip(labels, metadata["year"], strict=True)
    ):
        columns.remove("year")
    if MEAN_COUNT_COLUMN in columns and embedding.metadata[MEAN_COUNT_COLUMN].nunique() < 2:
        # The data have no counts: every mean is 1.
        columns.remove(MEAN_COUNT_COLUMN)
    columns = columns[:_MAX_METADATA_COLUMNS]
    for column in columns:
        table[_METADATA_TITLES[column]] = [_cell(value) for value in metadata[column]]
    return table


def _contains_year(label: str, year: Any) -> bool:
    """Return whether a title contains its year, as in `Heat (1995)`. Years of imported vectors may be anything."""
    if isinstance(year, float | np.floating):
        return bool(np.isnan(year)) or f"({year:.0f})" in label
    return year is None or year is pd.NA or f"({year})" in label


def _cell(value: Any) -> Any:
    """Return a cell for display; several values (genres) become one text."""
    if isinstance(value, str):
        return one_line(value.replace("|", ", "), _LONGEST)
    if hasattr(value, "__iter__"):
        return one_line(", ".join(map(str, value)), _LONGEST)
    return value


def answer_columns() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return a wide column for a list of answers and a narrow one for details, which is below on a small screen."""
    # app.css uses this name.
    with st.container(key="answers"):
        wide, narrow = st.columns([3, 1], gap="medium")
    return wide, narrow


def answer_list(
    embedding: Embedding,
    answers: Sequence[Answer],
    *,
    name: str,
    slot: str,
    on_pick: Callable[[str], None],
    score: str = "Cosine similarity",
    scale: tuple[float, float] | None = None,
    score_format: str | None = None,
    more: Mapping[str, Sequence[Any]] | None = None,
    rarity: Rarity | None = None,
    narrow: bool = False,
) -> None:
    """Draw the answers with a bar each.

    Parameters
    ----------
    embedding
        The embedding of the answers.
    answers
        Answers, best first.
    name
        Heading of the name column.
    slot
        Widget key, different for every query, so that a click is handled only once.
    on_pick
        Called with the key of the clicked answer.
    score
        Heading of the score column.
    scale
        Range of the bars; by default 0 to 1.
    score_format
        Format of the scores, as in C; by default three decimals, or two on a scale.
    more
        Further columns, one value per answer.
    rarity
        Which answers to mute, since they are rare; the page says so below the list.
    narrow
        Whether the list has half of the page: then the columns are narrower.
    """
    rarity = rarity or Rarity()
    if not answers:
        st.info(
            f"This embedding has no other keys. {rarity.sentence(0)}"
            if rarity.is_left_out
            else "This embedding has no other keys.",
            icon=":material/check:",
        )
        return
    # Bars show only positive scores; negative ones have just the number.
    least, most = scale or (0.0, 1.0)
    table = table_of(embedding, answers, name, score, more)
    muted = rarity.muted(embedding, answers)

    def picked() -> None:
        row = picked_row(st.session_state[slot])
        if row is not None and row < len(answers):
            on_pick(answers[row].key)

    st.dataframe(
        _with_muted_rows(table, muted) if any(muted) else table,
        key=slot,
        hide_index=True,
        placeholder="",
        height=_ROW_HEIGHT * (len(table) + 1) + 3,
        row_height=_ROW_HEIGHT,
        column_config={
            name: st.column_config.TextColumn(width=_NARROW_NAME_WIDTH if narrow else _NAME_WIDTH),
            score: st.column_config.ProgressColumn(
                format=score_format or ("%.3f" if scale is None else "%.2f"),
                min_value=least,
                max_value=most,
                width=_NARROW_SCORE_WIDTH if narrow else "medium",
            ),
            "Year": st.column_config.NumberColumn(format="%d", width="small"),
            "Mean rating": st.column_config.NumberColumn(format="%.2f", width="small"),
            "Mean count": st.column_config.NumberColumn(format="%.2f", width="small"),
            "Count": st.column_config.NumberColumn(format="localized", width="small"),
        },
        on_select=picked,
        selection_mode="single-cell",
        alt=f"{name} by {score.lower()}",
    )
    if sentence := rarity.sentence(sum(muted)):
        st.caption(sentence)


def _with_muted_rows(table: pd.DataFrame, muted: Sequence[bool]) -> Styler:
    color = _MUTED["dark" if st.context.theme.type == "dark" else "light"]
    return table.style.apply(lambda row: [color if muted[int(row.name)] else ""] * len(row), axis=1)


def picked_row(state: Mapping[str, Any]) -> int | None:
    """Return the row of the clicked cell, or None."""
    cells = state["selection"].get("cells") or []
    return int(cells[0][0]) if cells else None
