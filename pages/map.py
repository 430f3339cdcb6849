import streamlit as st

from embedlab.ui.map import page as map_page
from embedlab.ui.map.bookmarks import shown as bookmarks
from embedlab.ui.map.outside import highlights
from embedlab.ui.map.view import make_first_projection, open_view
from embedlab.ui.shell import current
from embedlab.ui.shell.frame import no_embedding
from embedlab.workspace.rows import EmbeddingRow


@st.fragment
def page(row: EmbeddingRow) -> None:
    """Draw the map and both panels; picking a point reruns only this fragment."""
    bookmarks.follow_address(row)
    highlights.follow_address(row)
    view = open_view(row)
    if view is None:
        make_first_projection(row)
    else:
        map_page.draw(view)


embedding = current.current_embedding()
if embedding is None:
    no_embedding("to show", ":material/scatter_plot:")
else:
    page(embedding)
