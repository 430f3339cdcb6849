"""The Map page: the map fills the window, and the panels float over it."""

from __future__ import annotations

import streamlit as st

from embedlab.ui.map import options
from embedlab.ui.map.bookmarks import panel as bookmark_panel
from embedlab.ui.map.bookmarks import shown as bookmarks
from embedlab.ui.map.details import details_panel
from embedlab.ui.map.drawn_map import draw_map
from embedlab.ui.map.film import replay
from embedlab.ui.map.outside import highlights
from embedlab.ui.map.view import View, make_first_projection, open_view
from embedlab.ui.shell import current, notices
from embedlab.workspace.rows import EmbeddingRow

#: Session key of what the options were last drawn for; missing while the whole page runs.
_OPTIONS_STATE = "map:options-state"


def draw(row: EmbeddingRow) -> None:
    """Draw the map and both panels. Call it as a fragment.

    Folding a panel changes only what is in it: the map stays mounted and keeps its view.
    """
    with st.container(key="map-notices"):
        notices.draw()
    bookmarks.follow_address(row)
    highlights.follow_address(row)
    replay.follow_address(row)
    if current.current_projection(row.id) is None:
        make_first_projection(row)
        return
    st.session_state.pop(_OPTIONS_STATE, None)
    view = _map_and_details(row)
    if view is None:
        return
    with st.container(key="map-options"):
        if panel_button("map:left", "Options", opens="right"):
            with st.container(key="map-options-body"):
                options.options_panel(view)
        else:
            options.follow_jobs(row)
    # Also while the options are folded: the key M needs no panel.
    bookmark_panel.draw_dialog(row)
    st.session_state[_OPTIONS_STATE] = options.state_of(view)


@st.fragment
def _map_and_details(row: EmbeddingRow) -> View | None:
    """Draw the map and the details, which is all that a pick changes; the options are not sent again.

    When it runs alone and the user has changed something that the options show, the whole page runs again.
    """
    view = open_view(row)
    is_alone = _OPTIONS_STATE in st.session_state
    if view is None or (is_alone and st.session_state[_OPTIONS_STATE] != options.state_of(view)):
        st.rerun()
    highlights.publish(view)
    # Always there, so that the map keeps its place.
    with st.container(key="map-pick-notices"):
        notices.draw()
    with st.container(key="map-area"):
        draw_map(view)
    with st.container(key="map-details"):
        if panel_button("map:right", "Details", opens="left"):
            with st.container(key="map-details-body"):
                details_panel(view)
    return view


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
