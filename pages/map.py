import streamlit as st

from embedlab.ui.map import page as map_page
from embedlab.ui.shell import current
from embedlab.ui.shell.frame import no_embedding
from embedlab.workspace.rows import EmbeddingRow

LEFT, RIGHT, COLLAPSED = 0.19, 0.33, 0.03


@st.fragment
def page(row: EmbeddingRow) -> None:
    """Draw both side panels and the map; picking a point reruns only this fragment."""
    view = map_page.open_view(row)
    if view is None:
        map_page.make_first_projection(row)
        return
    left_open = st.session_state.setdefault("map:left", True)
    right_open = st.session_state.setdefault("map:right", True)
    # Collapsing a panel changes only widths: the map element stays mounted and keeps its view.
    left, middle, right = st.columns(
        [LEFT if left_open else COLLAPSED, 1, RIGHT if right_open else COLLAPSED], gap="small", wrap=False
    )
    with middle:
        map_page.draw_map(view)
    with left:
        map_page.collapse_button("map:left", "Options", opens="right")
        if left_open:
            map_page.options_panel(view)
    with right:
        map_page.collapse_button("map:right", "Details", opens="left")
        if right_open:
            map_page.details_panel(view)


embedding = current.current_embedding()
if embedding is None:
    no_embedding("to show", ":material/scatter_plot:")
else:
    page(embedding)
