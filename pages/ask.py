import streamlit as st

from embedlab.ui import current, resources
from embedlab.ui.asking import questions, wording
from embedlab.ui.asking.take_away import take_away_window
from embedlab.ui.frame import empty_state
from embedlab.ui.parts import views

ASKED = {
    "neighbors": (":material/near_me: Nearest neighbours", questions.ask_neighbors),
    "similarity": (":material/compare_arrows: Similarity of two", questions.ask_similarity),
    "analogy": (":material/function: Analogy", questions.ask_analogy),
}

row = current.current_embedding()
if row is None:
    empty_state("There is no embedding to ask yet.", "Train one on a sample", "start", icon=":material/forum:")
    st.stop()
with st.spinner("Opening the embedding"):
    embedding = resources.load_embedding(row.id)


with st.container(horizontal=True, vertical_alignment="center"):
    view = views.choose({name: title for name, (title, _) in ASKED.items()}, "neighbors")
    st.space("stretch")
    st.caption(f"{row.n_keys:,} {wording.noun(row.name, row.n_keys)} · {row.vector_size} dimensions", width="content")
    if st.button("Take away", icon=":material/download:"):
        take_away_window(row)
ASKED[view][1](row, embedding)
