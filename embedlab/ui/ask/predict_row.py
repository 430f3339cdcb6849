"""Prediction for a new row of a table: a form with its columns, and what the model answers."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.jobs.inference import has_ability, open_with_dataset
from embedlab.kinds.table import TableDataset
from embedlab.models.contract.rows import PredictsRows, RowInput, RowPrediction
from embedlab.ui.ask.classify import percent
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.runs import run_of
from embedlab.workspace.rows import EmbeddingRow

_MOST_CLASSES = 10
#: Values that a box offers; any other can be typed.
_MOST_VALUES = 1000
_MOST_CHARACTERS = 20_000
#: Above it, a prediction is shown without decimals.
_LARGE = 1e4


def can_predict(row: EmbeddingRow) -> bool:
    """Return whether the run of an embedding predicts new rows."""
    run = run_of(row)
    return run is not None and has_ability(run, PredictsRows)


def _predictor(run_id: str) -> tuple[PredictsRows, TableDataset]:
    workspace = resources.workspace()
    return resources.open_cached(
        "row-predictor",
        run_id,
        lambda: open_with_dataset(workspace, run_id, PredictsRows, TableDataset),
        spinner="Opening the run …",
    )


@st.fragment
def ask_row(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the form of a row and the predicted target."""
    del embedding
    try:
        predictor, dataset = _predictor(str(row.run_id))
    except EmbedLabError as error:
        show(error)
        return
    form, answer = st.columns([2, 1], gap="large")
    with form:
        st.caption(
            "Fill in a row. A field left empty is missing. The trained model predicts; nothing is trained again."
        )
        st.button(
            "Fill in a usual row",
            icon=":material/edit_note:",
            help="The middle of each column of numbers, and the most frequent category.",
            key="fill-row",
            on_click=_fill,
            args=(predictor.inputs, str(row.run_id)),
        )
        record = _form(predictor.inputs, str(row.run_id))
    with answer:
        target = "" if dataset.target is None else dataset.target.name
        _answer(predictor.predict([record])[0], target)


def _fill(inputs: Sequence[RowInput], run_id: str) -> None:
    """Fill in the categories and numbers that are empty."""
    for each in inputs:
        key = _key(run_id, each)
        if each.kind in _FILLED and each.example and not st.session_state.get(key):
            st.session_state[key] = each.example


def _form(inputs: Sequence[RowInput], run_id: str) -> dict[str, str]:
    """Draw a field for each column; return the cells."""
    record: dict[str, str] = {}
    short = [each for each in inputs if each.kind != _TEXT]
    boxes = st.columns(3, gap="small")
    for place, each in enumerate(short):
        with boxes[place % len(boxes)]:
            record[each.column] = _field(each, run_id)
    for each in inputs:
        if each.kind == _TEXT:
            record[each.column] = st.text_area(
                plain(each.column, 60), key=_key(run_id, each), max_chars=_MOST_CHARACTERS, height=100
            )
    return record


_TEXT = "text"
#: Kinds of columns of which there is a usual value.
_FILLED = ("category", "number")


def _field(each: RowInput, run_id: str) -> str:
    label, key = plain(each.column, 60), _key(run_id, each)
    if each.values:
        value = st.selectbox(
            label,
            list(each.values[:_MOST_VALUES]),
            index=None,
            format_func=lambda one: one_line(one, 60),
            accept_new_options=True,
            placeholder=one_line(each.example, 40),
            key=key,
        )
        return value or ""
    return st.text_input(label, key=key, placeholder=one_line(each.example, 40), max_chars=200)


def _key(run_id: str, each: RowInput) -> str:
    return f"row:{run_id}:{each.column}"


def _answer(predicted: RowPrediction, target: str) -> None:
    with st.container(border=True, gap="small"):
        if predicted.value is not None:
            answer = predicted.value
            st.metric(plain(target, 60), f"{answer:,.4g}" if abs(answer) < _LARGE else f"{answer:,.0f}")
        else:
            shown = list(predicted.probabilities.items())[:_MOST_CLASSES]
            st.markdown(f"**{plain(target, 60)}:** {plain(shown[0][0], 60)} ({percent(shown[0][1])})")
            table = pd.DataFrame(
                {"Class": [one_line(name, 60) for name, _ in shown], "Probability": [share for _, share in shown]}
            )
            column = st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)
            st.dataframe(table, hide_index=True, placeholder="", column_config={"Probability": column})
    for column_name, value in predicted.unseen.items():
        st.caption(
            f":material/help: **{plain(column_name, 60)}**: no training row has “{plain(value, 60)}”. The vector for "
            "unseen values is used: the mean of the known ones."
        )
    for column_name, cell in predicted.unreadable.items():
        st.caption(
            f":material/warning: **{plain(column_name, 60)}**: “{plain(cell, 60)}” cannot be read as a value of this "
            "column, so it counts as missing."
        )
    if predicted.empty:
        st.caption(f"Missing: {', '.join(plain(name, 60) for name in predicted.empty)}.")
    if predicted.n_words:
        n_known = predicted.n_words - predicted.n_unknown_words
        st.caption(f"{n_known:,} of {predicted.n_words:,} words are in the vocabulary.")
