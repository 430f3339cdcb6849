"""Details of imported vectors: links to the embedding, and its first keys."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from embedlab.core.errors import NotFoundError
from embedlab.kinds.reading_report import READ
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.workspace.rows import DatasetRow


def draw(row: DatasetRow) -> None:
    """Draw links to the embedding, and its first keys."""
    rows = resources.workspace().embeddings(dataset_id=row.id)
    st.markdown(
        f"{_vocabulary_limit(row)}These vectors are already an embedding. You can view it, query it, export it, or "
        "use it to initialize training on a text."
    )
    for sentence in row.details.get(READ, {}).get("assumptions", []):
        st.caption(plain(str(sentence), 300))
    with st.container(horizontal=True):
        for embedding in rows[:1]:
            query = current.link(embedding=embedding.id)
            page_link("map", label="Open map", icon=":material/scatter_plot:", query=query)
            page_link("ask", label="Query", icon=":material/forum:", query=query)
    for embedding in rows[:1]:
        keys = resources.load_embedding(embedding.id).keys[:200]
        st.markdown("## First keys")
        st.dataframe(pd.DataFrame({"Key": keys}), hide_index=True, height=320, width=420)


def _vocabulary_limit(row: DatasetRow) -> str:
    """Return the text whose vocabulary limits the vectors; empty if there is no limit or the text was deleted."""
    try:
        text = resources.workspace().dataset(str(row.options.get("words_of") or ""))
    except NotFoundError:
        return ""
    return f"Limited to the vocabulary of **{plain(text.name)}**. "
