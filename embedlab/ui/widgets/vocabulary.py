"""The words of a dataset that a `min_count` keeps."""

from __future__ import annotations

import streamlit as st

from embedlab.kinds.registry import kind as kind_of
from embedlab.ui.shell import resources


@st.cache_data(max_entries=200, show_spinner=False)
def vocabulary_size(dataset_id: str, min_count: int) -> tuple[int, int]:
    """Return the number of different words, and of all words, with a `min_count`; zeros for data without words."""
    workspace = resources.workspace()
    known = kind_of(workspace.dataset(dataset_id).kind)
    return known.kept_words(workspace.open_dataset(dataset_id), min_count) if known.has_words else (0, 0)
