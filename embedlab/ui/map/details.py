"""The details of the map: the query, the picked item or the selection."""

from __future__ import annotations

import streamlit as st

from embedlab.exploration.asking.drawing import Drawing, MapQuery
from embedlab.ui.map import drawn_query, selection
from embedlab.ui.map.picked_item import minimum_count, picked_item
from embedlab.ui.map.view import PICKED, QUERY, SELECTION, TAB, View


def details_panel(view: View) -> None:
    """Draw the query, the picked item or the selection, whichever changed last."""
    rows = selection.selected(view.row.id, view.row.n_keys)
    tabs = [
        *([QUERY] if view.query is not None else []),
        PICKED,
        *([SELECTION] if rows is not None else []),
    ]
    tab = PICKED
    if len(tabs) > 1:
        if st.session_state.get(TAB) not in tabs:
            st.session_state[TAB] = tabs[0]
        st.segmented_control("Details", tabs, key=TAB, required=True, label_visibility="collapsed", width="stretch")
        tab = st.session_state[TAB]
    if tab == SELECTION and rows is not None:
        selection.panel(view.row, view.embedding, view.projection, rows)
    elif tab == QUERY and view.query is not None:
        _query_panel(view, view.query)
    else:
        picked_item(view)
    selection.named_selections(view.row, view.embedding)


def _query_panel(view: View, query: MapQuery) -> None:
    if isinstance(view.drawing, Drawing):
        drawn_query.panel(view.row, view.embedding, query, view.drawing, view.rarity)
    elif view.drawing is not None:
        drawn_query.failure(query, view.drawing)
    minimum_count(view)
