"""Vocabulary size of a text for a `min_count`."""

from __future__ import annotations

import streamlit as st

from embedlab.kinds.text.dataset import TextDataset
from embedlab.ui.shell import resources


@st.cache_data(max_entries=200, show_spinner=False)
def vocabulary_size(dataset_id: str, min_count: int) -> tuple[int, int]:
    """Return the number of different words and of all words that remain with a `min_count`."""
    dataset = resources.workspace().open_dataset(dataset_id)
    if not isinstance(dataset, TextDataset):
        return 0, 0
    return dataset.kept(min_count)
