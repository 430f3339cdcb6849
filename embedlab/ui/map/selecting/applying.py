"""Applies the user's actions on the map to the current selection."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from embedlab.ui.map import isolated, trust_columns
from embedlab.ui.map.color_columns import ColorColumn
from embedlab.ui.map.data import Column
from embedlab.ui.map.selecting import state
from embedlab.ui.map.selecting.changes import Points, changed, number_of, parse_changes
from embedlab.ui.map.view import SELECTION, TAB, View
from embedlab.ui.shell import errors, resources


def points_of(view: View) -> Points:
    """Return the points that the map shows."""
    return Points(
        view.embedding,
        resources.workspace().coordinates(view.projection.id),
        partial(_column, view.source_id),
        view.rarity.min_count,
    )


def _column(source_id: str, name: str) -> Column | ColorColumn:
    return trust_columns.column(source_id, name) or isolated.load_column(source_id, name)


def apply_changes(view: View, value: Any) -> None:
    """Apply the changes that the browser sent, each once; a change that does not fit is shown as an error.

    The browser sends a change again until it has an answer, so none is lost if two arrive at once.
    """
    parsed = parse_changes(value)
    if parsed is None or parsed[0] != view.source_id:
        return
    history = state.history_of(view.source_id, view.embedding.n_keys)
    number = state.number_of(view.source_id, view.embedding.n_keys)
    new = [change for change in parsed[1] if number_of(change) > number]
    if not new:
        return
    points = points_of(view)
    for change in new:
        with errors.shown_errors():
            history = changed(history, change, points)
    state.put_history(view.source_id, history, number_of(new[-1]))
    if history.current.count:
        st.session_state[TAB] = SELECTION
