"""Neighbours of a word outside the vocabulary, where the run knows the parts of words."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from embedlab.datasets.tokenizing import TokenizerOptions
from embedlab.embedding import Embedding
from embedlab.errors import EmbedLabError
from embedlab.exploration.inference import near_unknown_word
from embedlab.jobs.inference import infers_words, open_word_inference
from embedlab.models.base import WordInference
from embedlab.ui import resources
from embedlab.ui.asking.answer_list import answer_list
from embedlab.ui.asking.behind import run_behind
from embedlab.ui.plain import plain
from embedlab.workspace.rows import EmbeddingRow


# Keyed by the run's id, whose files never change.
@st.cache_resource(max_entries=4, show_spinner="Opening the run")
def _word_inference(run_id: str) -> tuple[WordInference, TokenizerOptions]:
    return open_word_inference(resources.workspace(), run_id)


def knows_parts(row: EmbeddingRow) -> bool:
    """Tell whether the run behind an embedding makes vectors of unknown words."""
    run = run_behind(row) if row.name == "words" else None
    return run is not None and infers_words(run)


def answer_unknown_word(
    row: EmbeddingRow, embedding: Embedding, text: str, topn: int, on_pick: Callable[[str], None]
) -> bool:
    """Show what is near an unknown word by its parts, and say so; return whether there was anything to show.

    Parameters
    ----------
    text
        What was typed and is no key.
    on_pick
        Called with the key of an answer that was clicked.
    """
    if not text.strip() or not knows_parts(row):
        return False
    try:
        inference, tokenizer = _word_inference(str(row.run_id))
        answers = near_unknown_word(inference, embedding, text, tokenizer, topn)
    except EmbedLabError as error:
        st.caption(plain(f"{error.what} {error.remedy or ''}", 300))
        return True
    st.info(
        f"**{plain(text, 60)}** is not in the vocabulary. Its vector is made of its parts: "
        "the groups of letters it shares with known words.",
        icon=":material/extension:",
    )
    answer_list(embedding, answers, name="Word", slot=f"parts-{row.id}-{hash(text)}-{topn}", on_pick=on_pick)
    return True
