import streamlit as st

from embedlab.ui.ask import classify as classifying
from embedlab.ui.ask import new_text as unseen
from embedlab.ui.ask import questions, several
from embedlab.ui.ask import side_by_side as beside
from embedlab.ui.export.dialog import take_away_window
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets import views

ASKED = {
    "neighbors": (":material/near_me: Neighbors", questions.ask_neighbors),
    "together": (":material/join_inner: Mean", several.ask_mean),
    "similarity": (":material/compare_arrows: Similarity", questions.ask_similarity),
    "heatmap": (":material/grid_on: All pairs", several.ask_heatmap),
    "odd": (":material/filter_vintage: Odd one out", several.ask_odd),
    "analogy": (":material/function: Analogy", questions.ask_analogy),
    "beside": (":material/view_column: Side by side", beside.ask_beside),
}
NEW_TEXT = (":material/article: A new text", unseen.ask_new_text)
CLASSIFY = (":material/label: Classify", classifying.ask_label)

row = current.current_embedding()
if row is None:
    empty_state("There is no embedding to ask yet.", "Train one on a sample", "start", icon=":material/forum:")
    st.stop()
with st.spinner("Opening the embedding"):
    embedding = resources.load_embedding(row.id)


with st.container(horizontal=True, vertical_alignment="center"):
    asked = (
        ASKED
        | ({"text": NEW_TEXT} if unseen.can_place_texts(row) else {})
        | ({"classify": CLASSIFY} if classifying.can_classify(row) else {})
    )
    view = views.choose({name: title for name, (title, _) in asked.items()}, "neighbors")
    st.space("stretch")
    about = f"{row.n_keys:,} {wording.noun(row.name, row.n_keys)} of {row.vector_size} dimensions, as a file"
    if st.button("Export", icon=":material/download:", help=about):
        take_away_window(row)
asked[view][1](row, embedding)
