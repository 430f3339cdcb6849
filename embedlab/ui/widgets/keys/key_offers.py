"""Example keys below an empty search box."""

from __future__ import annotations

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.search import Found
from embedlab.ui.widgets.examples import first_keys
from embedlab.ui.widgets.keys.key_box import Choice, offers, pick


def offer_examples(embedding: Embedding, choice: Choice, slot: str) -> None:
    """Draw example keys as buttons while the box of this slot is empty."""
    if st.session_state[f"{slot}-text"].strip():
        return
    examples = [Found(key, embedding.label(key), embedding.index(key)) for key in first_keys(embedding)]
    offers("Try one:", examples, slot=f"{slot}-try", on_pick=lambda each: pick(embedding, slot, choice, each.key))
