import streamlit as st

from embedlab.ui.map import page as map_page
from embedlab.ui.shell import current
from embedlab.ui.shell.frame import no_embedding

page = st.fragment(map_page.draw)

embedding = current.current_embedding()
if embedding is None:
    no_embedding("to show", ":material/scatter_plot:")
else:
    page(embedding)
