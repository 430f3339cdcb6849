"""Neighbors of an out-of-vocabulary word, for runs with subword vectors."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.exploration.new_things.inference import near_unknown_word
from embedlab.ui.map.unknown_words import has_subwords, word_inference
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.answer_list import answer_list
from embedlab.ui.widgets.map_link import show_on_map_link
from embedlab.ui.widgets.min_count import Rarity
from embedlab.workspace.rows import EmbeddingRow


def answer_unknown_word(
    row: EmbeddingRow, embedding: Embedding, text: str, topn: int, on_pick: Callable[[str], None], rarity: Rarity
) -> bool:
    """Draw the neighbors of an out-of-vocabulary word; return whether there was anything to draw.

    Parameters
    ----------
    text
        What the user typed; not a key.
    on_pick
        Called with the key of an answer that was clicked.
    rarity
        Which answers are muted or left out.
    """
    if not text.strip() or not has_subwords(row):
        return False
    try:
        with st.spinner("Opening the run …"):
            inference, tokenizer = word_inference(str(row.run_id))
        answers = near_unknown_word(inference, embedding, text, tokenizer, topn, rarity.min_count)
    except EmbedLabError as error:
        st.caption(plain(f"{error.what} {error.remedy or ''}", 300))
        return True
    st.info(
        f"**{plain(text, 60)}** is out of vocabulary. Its vector is built from subwords it shares with known words.",
        icon=":material/extension:",
    )
    show_on_map_link(row, text.strip())
    slot = f"parts-{row.id}-{hash(text)}-{topn}-{rarity.min_count}"
    answer_list(embedding, answers, name="Word", slot=slot, on_pick=on_pick, rarity=rarity)
    return True
