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
from embedlab.ui.widgets import bounded, views
from embedlab.ui.widgets.wording import ago, counts, size
from embedlab.workspace import listing
from embedlab.workspace.rows import DatasetItem, DatasetRow, EmbeddingRow

_A_ROW = 3
_STEP = 18
_SHOWN = "datasets-shown"


def draw() -> None:
    """Draw the cards, newest first, with a search and a button for more."""
    workspace = resources.workspace()
    words = bounded.search_box("datasets-search", "Name")
    found = listing.find_datasets(workspace, words, most=bounded.shown(_SHOWN, _STEP))
    if not found.rows:
        st.info("No dataset has such a name. Clear the search.", icon=":material/filter_alt_off:")
    made = listing.embeddings_by(workspace, "dataset_id", [row.id for row in found.rows])
    for start in range(0, len(found.rows), _A_ROW):
        for row, column in zip(found.rows[start : start + _A_ROW], st.columns(_A_ROW, gap="medium"), strict=False):
            with column.container(border=True, height="stretch", gap="xsmall"):
                _card(row, made[row.id])
    bounded.more_button(_SHOWN, _STEP, len(found.rows), found.n_found, "datasets")


def size_bytes(row: DatasetRow | DatasetItem, made: Sequence[EmbeddingRow] | None = None) -> int:
    """Return the room a dataset takes; vectors lie in the embedding they became.

    Parameters
    ----------
    made
        The embeddings of the dataset; looked up when left out.
    """
    if not kind_or_unknown(row.kind).is_embedding:
        return row.size_bytes
    became = resources.workspace().embeddings(dataset_id=row.id) if made is None else made
    return row.size_bytes + sum(embedding.size_bytes for embedding in became)


def _card(row: DatasetItem, made: Sequence[EmbeddingRow]) -> None:
    st.markdown(f"{page_of(row.kind).icon} **{plain(row.name, 60)}**")
    title = plain(kind_or_unknown(row.kind).title)
    st.caption(f"{plain(counts(row.counts), 300)}  \n{title} · {size(size_bytes(row, made))} · {ago(row.created_at)}")
    st.space("stretch")
    with st.container(horizontal=True, vertical_alignment="center"):

        def opened() -> None:
            current.set_dataset(row.id)
            views.go("one")

        st.button("Open", key=f"open-{row.id}", on_click=opened)
        if made:
            query = current.link(dataset=row.id, embedding=current.first_of(made).id)
            page_link("map", label="Map", icon=":material/scatter_plot:", query=query)
        elif models_for(row.kind):
            page_link("train", label="Train", icon=":material/model_training:", query={"dataset": row.id})
