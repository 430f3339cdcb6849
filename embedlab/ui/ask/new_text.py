"""Nearest documents of a new text."""

from __future__ import annotations

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.exploration.asking.drawing import TEXT, MapQuery
from embedlab.exploration.new_things.inference import near_text
from embedlab.ui.ask.questions import KEY
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import show
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import answer_list
from embedlab.ui.widgets.map_link import draw_on_map_link, show_on_map_link
from embedlab.ui.widgets.new_texts import can_place_texts as can_place_texts
from embedlab.ui.widgets.new_texts import text_inference
from embedlab.workspace.rows import EmbeddingRow

#: Maximum number of characters; for longer texts there is the command line.
MAX_TEXT_CHARACTERS = 100_000
_N_ANSWERS = (5, 10, 20, 50)


@st.fragment
def ask_new_text(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the text field and the documents nearest to the text."""
    del embedding
    address.follow()
    question, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = st.select_slider("Number of results", _N_ANSWERS, value=10, key="topn", bind="query-params")
    with question:
        text = st.text_area(
            "Which documents are near this text?",
            key="new-text",
            persist_state="session",
            max_chars=MAX_TEXT_CHARACTERS,
            height=160,
            placeholder="Paste or type a text, then press Ctrl+Enter.",
        )
    if not text.strip():
        st.caption("The trained model places the text among the documents; nothing is trained again.")
        return
    try:
        documents = resources.workspace().resolve_embedding(f"{row.run_id}/documents")
        inference, dataset = text_inference(str(row.run_id))
        document_vectors = resources.load_embedding(documents.id)
        result = near_text(inference, document_vectors, text, dataset.tokenize, topn)
    except EmbedLabError as error:
        show(error)
        return
    st.caption(f"{result.n_known:,} of {result.n_words:,} words are in the vocabulary.")

    def go_near(key: str) -> None:
        current.put("embedding", documents.id)
        KEY.write(key)
        address.open_view("neighbors")

    slot = f"text-{documents.id}-{hash(text)}-{topn}"
    answer_list(document_vectors, result.answers, name="Document", slot=slot, on_pick=go_near)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        draw_on_map_link(documents, MapQuery(TEXT, expression=text.strip()), "Show the text on the map")
        show_on_map_link(documents, result.answers[0].key, "Show the nearest on the map")
    st.caption(f"{wording.COSINE} Click a document to see its neighbors.")
