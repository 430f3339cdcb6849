"""What an embedding is, step by step, using a dataset of the user."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from embedlab.core.errors import InputError
from embedlab.core.plain import one_line
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.kinds.registry import kind_or_unknown
from embedlab.models.contract.base import fourth_root_rule
from embedlab.ui.kinds import one_hot_panel
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import number
from embedlab.workspace.rows import DatasetRow, EmbeddingRow

_LARGEST = 300
_SHOWN_KEYS = 12
_SHOWN_NUMBERS = 8
_NEIGHBORS = 5
# The most frequent words have no meaning of their own.
_FIRST_KEY = 40


def introduction() -> None:
    """Draw what an embedding is in two sentences."""
    st.markdown(
        "An **embedding** gives every word, film or other thing a short list of numbers, its **vector**. Training "
        "moves the vectors until things that are used or liked in similar ways have similar vectors."
    )


def draw(dataset: DatasetRow) -> None:
    """Draw the steps for a dataset: one-hot row, table, and the learned vectors if there are any."""
    kind = kind_or_unknown(dataset.kind)
    rows = resources.workspace().embeddings(dataset_id=dataset.id, most=1)
    with shown_errors():
        if kind.one_hot_count is not None:
            st.markdown(f"## 1. From a value to a row of a table: {plain(dataset.name)}")
            n_values = int(dataset.counts.get(kind.one_hot_count) or 2)
            fourth_root = fourth_root_rule(n_values)
            size = st.slider(
                "Dimensions: numbers per vector",
                2,
                _LARGEST,
                min(max(8, fourth_root), _LARGEST),
                key=f"basics-size:{dataset.id}",
                help=f"Rule of thumb: the fourth root of {number(n_values)} values, about {fourth_root}.",
            )
            one_hot_panel.draw(dataset.id, size)
        if rows:
            st.markdown("## 2. What training made of it")
            _learned(rows[0])
        else:
            st.markdown("## 2. Train, and the rows fill with numbers")
            page_link("train", label="Train on this dataset", icon=":material/model_training:")


def _learned(row: EmbeddingRow) -> None:
    """Draw some rows of a trained table, and the nearest neighbors of one of them."""
    embedding = resources.load_embedding(row.id)
    shown = min(_SHOWN_NUMBERS, embedding.vector_size)
    n_keys = min(_SHOWN_KEYS, embedding.n_keys)
    table = pd.DataFrame(
        embedding.vectors[:n_keys, :shown],
        columns=[str(place) for place in range(shown)],
        index=[one_line(label, 40) for label in embedding.labels[:n_keys]],
    )
    st.dataframe(table.style.format("{:.2f}"), height=38 + 35 * min(n_keys, 6))
    rest = embedding.vector_size - shown
    more = f" and {number(rest)} more columns" if rest else ""
    st.caption(f"The first rows of {plain(row.title or row.name)}: {number(embedding.n_keys)} rows{more}.")
    key = st.selectbox(
        "Whose vectors are most similar to that of",
        embedding.keys[: one_hot_panel.OFFERED],
        index=min(embedding.n_keys - 1, _FIRST_KEY),
        format_func=lambda each: one_line(embedding.label(each), 60),
        key=f"basics-key:{row.id}",
        width=320,
    )
    try:
        answers = neighbors(embedding, key, _NEIGHBORS)
    except InputError as error:
        st.info(plain(error.what, 200))
        return
    listed = ", ".join(f"**{plain(one_line(each.label, 40))}** ({each.score:.2f})" for each in answers)
    st.markdown(f"Nearest by cosine similarity: {listed}.")
    with st.container(horizontal=True):
        query = current.link(embedding=row.id, key=key)
        page_link("map", label="See it on the map", icon=":material/scatter_plot:", query=query)
        page_link("ask", label="Query it", icon=":material/forum:", query=query)
