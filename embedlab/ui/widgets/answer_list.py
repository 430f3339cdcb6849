"""Answers as a table of bars; a click on one asks about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.core.similarity import Answer

# What people want to know about an answer, in this order, where it is known.
_TOLD = {"class": "Class", "year": "Year", "genres": "Genres", "mean_rating": "Mean rating", "count": "Count"}
_MOST_TOLD = 3
_LONGEST = 120
_ROW_HEIGHT = 34
_NAME_WIDTH = 260


def table_of(
    embedding: Embedding,
    answers: Sequence[Answer],
    name: str,
    score: str,
    more: Mapping[str, Sequence[Any]] | None = None,
) -> pd.DataFrame:
    """Return the answers as a table: name, score, what else is said of them, and what the metadata tell of each."""
    rows = [embedding.index(answer.key) for answer in answers]
    labels = [one_line(answer.label, _LONGEST) for answer in answers]
    scores = [float(answer.score) for answer in answers]
    table = pd.DataFrame({name: labels, score: scores, **(more or {})})
    if len(set(labels)) < len(labels):
        # Where nothing else is known of an embedding its answers are called keys already.
        heading = "Key" if name != "Key" else "Id"
        table.insert(1, heading, [one_line(answer.key, 40) for answer in answers])
    metadata = embedding.metadata.iloc[rows]
    told = [column for column in _TOLD if column in metadata.columns]
    if "year" in told and all(_says(label, year) for label, year in zip(labels, metadata["year"], strict=True)):
        told.remove("year")
    told = told[:_MOST_TOLD]
    for column in told:
        table[_TOLD[column]] = [_cell(value) for value in metadata[column]]
    return table


def _says(label: str, year: Any) -> bool:
    """Tell whether a title says its year already: `Heat (1995)`. Years of imported vectors may be anything."""
    if isinstance(year, float | np.floating):
        return bool(np.isnan(year)) or f"({year:.0f})" in label
    return year is None or year is pd.NA or f"({year})" in label


def _cell(value: Any) -> Any:
    """Return a cell for showing; several values (genres) as one text."""
    if isinstance(value, str):
        return one_line(value.replace("|", ", "), _LONGEST)
    if hasattr(value, "__iter__"):
        return one_line(", ".join(map(str, value)), _LONGEST)
    return value


def answer_list(
    embedding: Embedding,
    answers: Sequence[Answer],
    *,
    name: str,
    slot: str,
    on_pick: Callable[[str], None],
    score: str = "Cosine similarity",
    scale: tuple[float, float] | None = None,
    more: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Draw the answers with a bar each.

    Parameters
    ----------
    embedding
        Where the answers come from.
    answers
        The best first.
    name
        Heading of the column of names.
    slot
        A name for this list that differs between questions, so that a click on an answer is heard once.
    on_pick
        Called with the key of an answer that was clicked.
    score
        Heading of the bars.
    scale
        Ends of the bars; by default 0 to 1.
    more
        Further columns, one value an answer.
    """
    if not answers:
        st.info("There is nothing else in this embedding.", icon=":material/check:")
        return
    # A bar shows what is above zero; below it the number alone speaks.
    least, most = scale or (0.0, 1.0)
    table = table_of(embedding, answers, name, score, more)

    def picked() -> None:
        row = picked_row(st.session_state[slot])
        if row is not None and row < len(answers):
            on_pick(answers[row].key)

    st.dataframe(
        table,
        key=slot,
        hide_index=True,
        height=_ROW_HEIGHT * (len(table) + 1) + 3,
        row_height=_ROW_HEIGHT,
        column_config={
            name: st.column_config.TextColumn(width=_NAME_WIDTH),
            score: st.column_config.ProgressColumn(
                format="%.3f" if scale is None else "%.2f", min_value=least, max_value=most, width="medium"
            ),
            "Year": st.column_config.NumberColumn(format="%d", width="small"),
            "Mean rating": st.column_config.NumberColumn(format="%.2f", width="small"),
            "Count": st.column_config.NumberColumn(format="localized", width="small"),
        },
        on_select=picked,
        selection_mode="single-cell",
        alt=f"{name} by {score.lower()}",
    )


def picked_row(state: Mapping[str, Any]) -> int | None:
    """Return the row of the clicked cell, or None."""
    cells = state["selection"].get("cells") or []
    return int(cells[0][0]) if cells else None
