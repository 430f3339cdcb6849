"""The Map page: the map fills the window, and the panels float over it."""

from __future__ import annotations

import streamlit as st

from embedlab.ui.map.details import details_panel
from embedlab.ui.map.drawn_map import draw_map
from embedlab.ui.map.options import options_panel
from embedlab.ui.map.outside import highlights
from embedlab.ui.map.view import View


def draw(view: View) -> None:
    """Draw the map and both panels.

    Folding a panel changes only what is in it: the map stays mounted and keeps its view.
    """
    highlights.publish(view)
    with st.container(key="map-area"):
        draw_map(view)
    with st.container(key="map-options"):
        if panel_button("map:left", "Options", opens="right"):
            with st.container(key="map-options-body"):
                options_panel(view)
    with st.container(key="map-details"):
        if panel_button("map:right", "Details", opens="left"):
            with st.container(key="map-details-body"):
                details_panel(view)


def panel_button(key: str, name: str, *, opens: str) -> bool:
    """Draw the button that folds or unfolds a panel, and return whether it is unfolded.

    Parameters
    ----------
    key
        Where the session stores whether the panel is unfolded.
    name
        Title of the panel.
    opens
        The direction in which it unfolds, left or right.
    """
    is_open: bool = st.session_state.setdefault(key, True)
    hide, show = ("left", "right") if opens == "right" else ("right", "left")
    st.button(
        name,
        icon=f":material/chevron_{hide if is_open else show}:",
        key=f"{key}:fold",
        help=f"{'Hide' if is_open else 'Show'}: {name.lower()}",
        type="tertiary",
        on_click=lambda: st.session_state.update({key: not is_open}),
    )
    return is_open
