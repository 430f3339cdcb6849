import streamlit as st

from embedlab.ui.ask.registry import titles_of, views_of
from embedlab.ui.export.dialog import export_dialog
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import no_embedding
from embedlab.ui.shell.open_dialog import dialog_button
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets import views

row = current.current_embedding()
if row is None:
    no_embedding("to query", ":material/forum:")
    st.stop()
with st.spinner("Opening the embedding …"):
    embedding = resources.load_embedding(row.id)

with st.container(horizontal=True, vertical_alignment="center"):
    queries, first = views_of(row)
    view = views.choose(titles_of(queries.values()), first)
    st.space("stretch")
    about = f"{row.n_keys:,} {wording.noun(row.name, row.n_keys)}, {row.vector_size} dimensions, as a file"
    if dialog_button("Export", "download", "export", row.id, type="secondary", help=about):
        export_dialog(row)
queries[view].draw(row, embedding)
