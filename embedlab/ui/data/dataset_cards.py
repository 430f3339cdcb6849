"""The datasets as cards: kind, counts, size, date."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from embedlab.kinds.registry import kind_or_unknown
from embedlab.models.registry import models_for
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import long_lists, views
from embedlab.ui.widgets.wording import ago, counts, size
from embedlab.workspace import listing
from embedlab.workspace.rows import DatasetItem, DatasetRow, EmbeddingRow

_N_COLUMNS = 3
_STEP = 18
_SHOWN = "datasets-shown"


def draw() -> None:
    """Draw the cards, newest first, with a search and a button for more."""
    workspace = resources.workspace()
    words = long_lists.search_box("datasets-search", "Name")
    datasets = listing.find_datasets(workspace, words, most=long_lists.shown(_SHOWN, _STEP))
    if not datasets.rows:
        st.info("No dataset matches. Clear the search.", icon=":material/filter_alt_off:")
    embeddings = listing.embeddings_by(workspace, "dataset_id", [row.id for row in datasets.rows])
    for start in range(0, len(datasets.rows), _N_COLUMNS):
        for row, column in zip(
            datasets.rows[start : start + _N_COLUMNS], st.columns(_N_COLUMNS, gap="medium"), strict=False
        ):
            with column.container(border=True, height="stretch", gap="xsmall"):
                _card(row, embeddings[row.id])
    long_lists.more_button(_SHOWN, _STEP, len(datasets.rows), datasets.n_found, "datasets")


def size_bytes(row: DatasetRow | DatasetItem, embeddings: Sequence[EmbeddingRow] | None = None) -> int:
    """Return the disk space of a dataset; imported vectors are stored as an embedding, which is included.

    Parameters
    ----------
    embeddings
        The embeddings of the dataset; by default they are looked up.
    """
    if not kind_or_unknown(row.kind).is_embedding:
        return row.size_bytes
    if embeddings is None:
        embeddings = resources.workspace().embeddings(dataset_id=row.id)
    return row.size_bytes + sum(embedding.size_bytes for embedding in embeddings)


def _card(row: DatasetItem, embeddings: Sequence[EmbeddingRow]) -> None:
    st.markdown(f"{page_of(row.kind).icon} **{plain(row.name, 60)}**")
    title = plain(kind_or_unknown(row.kind).title)
    st.caption(
        f"{plain(counts(row.counts), 300)}  \n{title} · {size(size_bytes(row, embeddings))} · {ago(row.created_at)}"
    )
    st.space("stretch")
    with st.container(horizontal=True, vertical_alignment="center"):

        def open_dataset() -> None:
            current.set_dataset(row.id)
            views.go("one")

        st.button("Open", key=f"open-{row.id}", on_click=open_dataset)
        if embeddings:
            query = current.link(dataset=row.id, embedding=current.first_of(embeddings).id)
            page_link("map", label="Map", icon=":material/scatter_plot:", query=query)
        elif models_for(row.kind):
            page_link("train", label="Train", icon=":material/model_training:", query={"dataset": row.id})
