"""The datasets as cards: kind, counts, size, date."""

from __future__ import annotations

import streamlit as st

from embedlab.kinds.registry import kind_or_unknown
from embedlab.models.registry import models_for
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import views
from embedlab.ui.widgets.wording import ago, counts, size
from embedlab.workspace.rows import DatasetRow

_A_ROW = 3
_MOST = 60


def draw(rows: list[DatasetRow]) -> None:
    """Draw the cards, newest first."""
    for start in range(0, min(len(rows), _MOST), _A_ROW):
        for row, column in zip(rows[start : start + _A_ROW], st.columns(_A_ROW, gap="medium"), strict=False):
            with column.container(border=True, height="stretch", gap="xsmall"):
                _card(row)
    if len(rows) > _MOST:
        st.caption(f"The newest {_MOST} of {len(rows)}. The switch at the top holds more.")


def size_bytes(row: DatasetRow) -> int:
    """Return the room a dataset takes; vectors lie in the embedding they became."""
    is_embedding = kind_or_unknown(row.kind).is_embedding
    became = resources.workspace().embeddings(dataset_id=row.id) if is_embedding else []
    return row.size_bytes + sum(embedding.size_bytes for embedding in became)


def _card(row: DatasetRow) -> None:
    st.markdown(f"{page_of(row.kind).icon} **{plain(row.name, 60)}**")
    title = plain(kind_or_unknown(row.kind).title)
    st.caption(f"{plain(counts(row.counts), 300)}  \n{title} · {size(size_bytes(row))} · {ago(row.created_at)}")
    st.space("stretch")
    with st.container(horizontal=True, vertical_alignment="center"):

        def opened() -> None:
            current.set_dataset(row.id)
            views.go("one")

        st.button("Open", key=f"open-{row.id}", on_click=opened)
        made = resources.workspace().embeddings(dataset_id=row.id)
        if made:
            query = current.link(dataset=row.id, embedding=current.first_of(made).id)
            page_link("map", label="Map", icon=":material/scatter_plot:", query=query)
        elif models_for(row.kind):
            page_link("train", label="Train", icon=":material/model_training:", query={"dataset": row.id})
