"""Keys offered to somebody who does not know what to type."""

from __future__ import annotations

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.search import Found
from embedlab.ui.widgets.examples import first_keys
from embedlab.ui.widgets.key_box import Choice, offers, pick


def try_one(embedding: Embedding, choice: Choice, slot: str) -> None:
    """While the box of this slot is empty, offer the most frequent keys to somebody who does not know what to type."""
    if st.session_state[f"{slot}-text"].strip():
        return
    found = [Found(key, embedding.label(key), embedding.index(key)) for key in first_keys(embedding)]
    offers("Try one:", found, slot=f"{slot}-try", on_pick=lambda each: pick(embedding, slot, choice, each.key))
