"""The text of a document as it was written, where its dataset stores it."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.kinds.registry import kind as kind_of
from embedlab.ui.shell import resources
from embedlab.workspace.rows import EmbeddingRow

#: Characters that are shown; a book would make the page slow.
_MOST_SHOWN = 20_000
_HEIGHT = 220


def original_text(row: EmbeddingRow, key: str) -> None:
    """Draw the original text of a key, in full up to 20,000 characters; nothing where none is stored."""
    if row.dataset_id is None:
        return
    text = _original(row.dataset_id, row.name, key)
    if text is None:
        return
    with st.container(height=_HEIGHT if len(text) > 400 else "content", border=True):
        # Users' text is data: it is shown as it is, never as markup.
        st.text(text[:_MOST_SHOWN])
    if len(text) > _MOST_SHOWN:
        st.caption(f"The first {_MOST_SHOWN:,} of {len(text):,} characters.")


@st.cache_data(max_entries=200, show_spinner=False)
def _original(dataset_id: str, role: str, key: str) -> str | None:
    workspace = resources.workspace()
    try:
        known = kind_of(workspace.dataset(dataset_id).kind)
        if known.is_embedding:
            return None
        return known.original(known.open(workspace.dataset_folder(dataset_id)), role, key)
    except EmbedLabError:
        # The dataset was deleted, or is damaged; the map remains usable.
        return None
