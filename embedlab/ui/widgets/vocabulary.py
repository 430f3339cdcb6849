"""The words of a text that a `min_count` keeps."""

from __future__ import annotations

import streamlit as st

from embedlab.kinds.text.dataset import TextDataset
from embedlab.ui.shell import resources


@st.cache_data(max_entries=200, show_spinner=False)
def kept_words(dataset_id: str, min_count: int) -> tuple[int, int]:
    """Return how many different words, and words in all, remain at a `min_count`."""
    dataset = resources.workspace().open_dataset(dataset_id)
    if not isinstance(dataset, TextDataset):
        return 0, 0
    return dataset.kept(min_count)
