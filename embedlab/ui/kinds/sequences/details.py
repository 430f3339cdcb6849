"""Figures of imported sequences: whether order matters, lengths, frequent items, and what one-hot would cost."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from embedlab.figures.palette import Theme
from embedlab.figures.ratings import count_histogram, popularity_tail
from embedlab.kinds.reading_report import READ
from embedlab.kinds.sequences.dataset import SequencesDataset
from embedlab.models.contract.base import fourth_root_rule
from embedlab.ui.shell import resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.wording import number, size
from embedlab.workspace.rows import DatasetRow

_MOST_ITEMS = 100
_BYTES = 4
_USUAL_SIZE = 64


def draw(row: DatasetRow) -> None:
    """Draw the figures."""
    for sentence in row.details.get(READ, {}).get("assumptions", []):
        st.caption(plain(str(sentence), 300))
    order = row.details.get("order")
    if isinstance(order, dict) and order.get("sentence"):
        st.info(plain(str(order["sentence"]), 400), icon=":material/swap_vert:")
    else:
        st.caption("There are too few sequences of two events to tell whether the order matters.")
    dataset = SequencesDataset.open(resources.workspace().dataset_folder(row.id))
    lengths, tail = _figures(row.id, run_figures.theme())
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("## Events per sequence")
        run_figures.show(lengths, key="lengths", alt="Number of sequences by number of events, in doubling bins")
        st.caption(_lengths_sentence(row))
    with right:
        st.markdown("## Long tail: few items get most of the events")
        run_figures.show(tail, key="tail", alt="Events of each item by rank, on logarithmic axes")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("## Most frequent items")
        st.dataframe(
            dataset.items[["label", "count", "users"]].head(_MOST_ITEMS),
            hide_index=True,
            placeholder="",
            height=340,
            column_config={
                "label": st.column_config.TextColumn("Item", width="medium"),
                "count": st.column_config.NumberColumn("Events", width="small"),
                "users": st.column_config.NumberColumn("Users", width="small"),
            },
        )
    with right:
        st.markdown("## One-hot rows and embedding")
        st.markdown(one_hot_sentence(int(row.counts["items"])))


def one_hot_sentence(n_items: int) -> str:
    """Return how long a one-hot row of the items would be, beside an embedding, and the memory of both."""
    d = fourth_root_rule(n_items)
    one_hot = size(n_items * n_items * _BYTES)
    embeddings = " or ".join(f"{columns} columns ({size(n_items * columns * _BYTES)})" for columns in (d, _USUAL_SIZE))
    return (
        f"The **{number(n_items)} items** have no missing values: events without an item are left out.  \n"
        f"**One-hot:** a row has {number(n_items)} numbers, a single 1 among them. The rows of all items take "
        f"{one_hot}.  \n"
        f"**Embedding:** {number(n_items)} rows of {embeddings}. The smaller is a rule of thumb: the fourth "
        "root of the number of items."
    )


def _lengths_sentence(row: DatasetRow) -> str:
    lengths = row.details.get("lengths") or {}
    repeats = float(row.details.get("share_of_repeats") or 0.0)
    predicted = "may be predicted again" if row.details.get("predict_repeats") else "are not predicted again"
    return (
        f"Median {lengths.get('median', 0):g}, longest {number(lengths.get('longest', 0))}. "
        f"{100 * float(lengths.get('share_of_one', 0)):.0f} % of the sequences have one event, which says nothing "
        f"about what comes next. {100 * repeats:.1f} % of the events repeat an item of their sequence; such items "
        f"{predicted}."
    )


@st.cache_data(max_entries=20, show_spinner="Drawing the sequences …")
def _figures(dataset_id: str, theme: Theme) -> tuple[go.Figure, go.Figure]:
    dataset = SequencesDataset.open(resources.workspace().dataset_folder(dataset_id))
    lengths = count_histogram(dataset.sequences.lengths.astype(np.float64), theme=theme)
    lengths.update_layout(xaxis_title="events", yaxis_title="sequences")
    lengths.update_traces(hovertemplate="%{y:,} sequences of %{x} events<extra></extra>")
    return lengths, popularity_tail(dataset.items["count"].to_numpy(), theme=theme, of="events")
