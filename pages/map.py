import streamlit as st

from embedlab.ui.map import page as map_page
from embedlab.ui.shell import current
from embedlab.ui.shell.frame import empty_state
from embedlab.workspace.rows import EmbeddingRow

LEFT, RIGHT, FOLDED = 0.19, 0.33, 0.03


@st.fragment
def page(row: EmbeddingRow) -> None:
    """Draw strip, map and panel; a pick reruns this and nothing around it."""
    view = map_page.open_view(row)
    if view is None:
        map_page.make_first_projection(row)
        return
    left_open = st.session_state.setdefault("map:left", True)
    right_open = st.session_state.setdefault("map:right", True)
    # Folding changes widths only: the map keeps its place on the page, and so its view.
    left, middle, right = st.columns(
        [LEFT if left_open else FOLDED, 1, RIGHT if right_open else FOLDED], gap="small", wrap=False
    )
    with middle:
        map_page.the_map(view)
    with left:
        map_page.fold("map:left", "Choices", opens="right")
        if left_open:
            map_page.strip(view)
    with right:
        map_page.fold("map:right", "Details", opens="left")
        if right_open:
            map_page.panel(view)


chosen = current.current_embedding()
if chosen is None:
    if current.current_dataset() is None:
        empty_state(
            "There is no embedding to show yet.", "Train one on a sample", "start", icon=":material/scatter_plot:"
        )
    else:
        empty_state("There is no embedding to show yet.", "Train one", "train", icon=":material/scatter_plot:")
else:
    page(chosen)
