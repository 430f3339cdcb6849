import streamlit as st

from embedlab.ui.ask import (
    bias,
    classify,
    multiple_keys,
    new_row,
    new_text,
    predict_row,
    questions,
    side_by_side,
)
from embedlab.ui.export.dialog import export_dialog
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import no_embedding
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets import views

QUERIES = {
    "neighbors": (":material/near_me: Neighbors", questions.ask_neighbors),
    "together": (":material/join_inner: Mean", multiple_keys.ask_mean),
    "similarity": (":material/compare_arrows: Similarity", questions.ask_similarity),
    "heatmap": (":material/grid_on: All pairs", multiple_keys.ask_heatmap),
    "odd": (":material/filter_vintage: Odd one out", multiple_keys.ask_odd),
    "analogy": (":material/function: Analogy", questions.ask_analogy),
    "bias": (":material/balance: Association", bias.ask_bias),
    "beside": (":material/view_column: Side by side", side_by_side.draw_side_by_side),
}
NEW_TEXT = (":material/article: New text", new_text.ask_new_text)
NEW_ROW = (":material/table_rows: New row", new_row.ask_new_row)
CLASSIFY = (":material/label: Classify", classify.ask_label)
PREDICT = (":material/table_rows: New row", predict_row.ask_row)

row = current.current_embedding()
if row is None:
    no_embedding("to query", ":material/forum:")
    st.stop()
with st.spinner("Opening the embedding …"):
    embedding = resources.load_embedding(row.id)


with st.container(horizontal=True, vertical_alignment="center"):
    queries = (
        QUERIES
        | ({"text": NEW_TEXT} if new_text.can_place_texts(row) else {})
        | ({"row": NEW_ROW} if new_row.can_place_rows(row) else {})
        | ({"classify": CLASSIFY} if classify.can_classify(row) else {})
        | ({"row": PREDICT} if predict_row.can_predict(row) else {})
    )
    view = views.choose({name: title for name, (title, _) in queries.items()}, "neighbors")
    st.space("stretch")
    about = f"{row.n_keys:,} {wording.noun(row.name, row.n_keys)}, {row.vector_size} dimensions, as a file"
    if st.button("Export", icon=":material/download:", help=about):
        export_dialog(row)
queries[view][1](row, embedding)
