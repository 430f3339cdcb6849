"""Questions about what a run has not seen: a new text among its documents."""

from __future__ import annotations

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.exploration.new_things.inference import near_text
from embedlab.jobs.inference import has_ability, open_with_dataset
from embedlab.kinds.text.dataset import TextDataset
from embedlab.models.contract.abilities import PlacesText
from embedlab.ui.ask.questions import KEY
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.runs import run_behind
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.answer_list import answer_list
from embedlab.ui.widgets.map_link import on_the_map
from embedlab.workspace.rows import EmbeddingRow

#: Characters that can be pasted; longer texts go by command.
LONGEST_PASTED = 100_000
_N_ANSWERS = (5, 10, 20, 50)


def _text_inference(run_id: str) -> tuple[PlacesText, TextDataset]:
    workspace = resources.workspace()
    return resources.opened(
        "text-inference",
        run_id,
        lambda: open_with_dataset(workspace, run_id, PlacesText, TextDataset),
        spinner="Opening the run",
    )


def can_place_texts(row: EmbeddingRow) -> bool:
    """Tell whether the run behind an embedding places new texts among its documents."""
    run = run_behind(row)
    return run is not None and has_ability(run, PlacesText)


@st.fragment
def ask_new_text(row: EmbeddingRow, embedding: Embedding) -> None:
    """Ask which documents are near a text that is pasted."""
    del embedding
    address.follow()
    question, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = st.select_slider("How many", _N_ANSWERS, value=10, key="topn", bind="query-params")
    with question:
        text = st.text_area(
            "Which documents are near this text?",
            key="new-text",
            persist_state="session",
            max_chars=LONGEST_PASTED,
            height=160,
            placeholder="Paste or write a text; press Ctrl+Enter to ask.",
        )
    if not text.strip():
        st.caption("The text is placed among the documents by what the run has learned; nothing is trained again.")
        return
    try:
        documents = resources.workspace().resolve_embedding(f"{row.run_id}/documents")
        inference, dataset = _text_inference(str(row.run_id))
        opened = resources.load_embedding(documents.id)
        found = near_text(inference, opened, text, dataset.tokenize, topn)
    except EmbedLabError as error:
        show(error)
        return
    st.caption(f"{found.n_known:,} of {found.n_words:,} words are known to this run.")

    def go_near(key: str) -> None:
        current.put("embedding", documents.id)
        KEY.write(key)
        address.open_view("neighbors")

    slot = f"text-{documents.id}-{hash(text)}-{topn}"
    answer_list(opened, found.answers, name="Document", slot=slot, on_pick=go_near)
    on_the_map(documents, found.answers[0].key, "Show the nearest on the map")
    st.caption(f"{wording.COSINE} Click a document to go on from there.")
