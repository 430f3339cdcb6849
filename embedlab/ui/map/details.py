"""The details of the map: the query, the picked item or the selection."""

from __future__ import annotations

import streamlit as st

from embedlab.exploration.asking.drawing import Drawing, MapQuery
from embedlab.ui.map import cluster_panel, drawn_query, pairs
from embedlab.ui.map.film import replay
from embedlab.ui.map.picked_item import minimum_count, picked_item
from embedlab.ui.map.selecting.isolating import isolated_banner
from embedlab.ui.map.selecting.named import named_selections
from embedlab.ui.map.selecting.panel import selection_panel
from embedlab.ui.map.view import CLUSTERS, PICKED, QUERY, SELECTION, TAB, View


def details_panel(view: View) -> None:
    """Draw the query, the picked item or the selection, whichever changed last."""
    isolated_banner(view)
    tabs = [
        *([QUERY] if view.query is not None else []),
        PICKED,
        *([replay.TAB] if view.film is not None else []),
        SELECTION,
        *([CLUSTERS] if view.has_clusters else []),
        *([pairs.PAIRS] if pairs.is_open() else []),
    ]
    if st.session_state.get(TAB) not in tabs:
        st.session_state[TAB] = tabs[0]
    st.segmented_control("Details", tabs, key=TAB, required=True, label_visibility="collapsed", width="stretch")
    tab = st.session_state[TAB]
    if tab == SELECTION:
        selection_panel(view)
    elif tab == pairs.PAIRS and pairs.is_open():
        pairs.panel(view)
    elif tab == QUERY and view.query is not None:
        _query_panel(view, view.query)
    elif tab == CLUSTERS:
        cluster_panel.draw(view)
    elif tab == replay.TAB and view.film is not None:
        replay.panel(view.row, view.embedding, view.film, view.picked)
    else:
        picked_item(view)
    named_selections(view)


def _query_panel(view: View, query: MapQuery) -> None:
    if isinstance(view.drawing, Drawing):
        drawn_query.panel(view.row, view.embedding, query, view.drawing, view.rarity)
    elif view.drawing is not None:
        drawn_query.failure(query, view.drawing)
    minimum_count(view)
