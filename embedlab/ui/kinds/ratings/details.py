"""Figures of imported ratings."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from embedlab.core.embedding import MEAN_COUNT_COLUMN, MEAN_RATING_COLUMN
from embedlab.figures.palette import Theme
from embedlab.figures.ratings import count_histogram, popularity_tail, rating_histogram, sparsity
from embedlab.kinds.ratings import RatingsDataset
from embedlab.kinds.reading_report import READ
from embedlab.ui.kinds.ratings.words import words_for
from embedlab.ui.shell import resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.workspace.rows import DatasetRow


def draw(row: DatasetRow) -> None:
    """Draw the distribution of the ratings or counts, the long tail, their sparsity, and the most rated items."""
    for sentence in row.details.get(READ, {}).get("assumptions", []):
        st.caption(plain(str(sentence), 300))
    words = words_for(str(row.details.get("feedback", "")))
    is_constant = words.is_implicit and len(set(row.details.get("scale", []))) == 1
    if words.is_implicit:
        st.caption(plain(words.scaling_sentence(str(row.details.get("count_scaling", ""))), 300))
    histogram, tail, table = _rating_figures(row.id, run_figures.theme())
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"## {words.distribution}")
        if is_constant:
            st.caption("The file has no counts: each choice counts once.")
        else:
            run_figures.show(histogram, key="histogram", alt=words.distribution_alt)
    with right:
        st.markdown(f"## Long tail: few items get most of the {words.several}")
        run_figures.show(tail, key="tail", alt=f"Number of {words.several} of each item by rank, on logarithmic axes")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("## Sparsity")
        run_figures.show(
            table, key="sparsity", alt=f"A part of the user-item matrix, filled where there is a {words.one}"
        )
        st.caption(words.sparsity)
    with right:
        st.markdown(f"## {words.most}")
        dataset = RatingsDataset.open(resources.workspace().dataset_folder(row.id))
        offered = ("label", "count", MEAN_RATING_COLUMN, MEAN_COUNT_COLUMN, "year", "genres")
        # Without counts in the file, every mean is 1.
        columns = [
            name for name in offered if name in dataset.items and not (name == MEAN_COUNT_COLUMN and is_constant)
        ]
        st.dataframe(
            dataset.items[columns].head(100),
            hide_index=True,
            placeholder="",
            height=340,
            column_config={
                "label": st.column_config.TextColumn("Item", width="medium"),
                "count": st.column_config.NumberColumn(words.several.capitalize(), width="small"),
                MEAN_RATING_COLUMN: st.column_config.NumberColumn(words.mean, format="%.2f", width="small"),
                MEAN_COUNT_COLUMN: st.column_config.NumberColumn(words.mean, format="%.2f", width="small"),
                "year": st.column_config.NumberColumn("Year", format="%d", width="small"),
                "genres": st.column_config.TextColumn("Genres"),
            },
        )


@st.cache_data(max_entries=20, show_spinner="Drawing the ratings …")
def _rating_figures(dataset_id: str, theme: Theme) -> tuple[go.Figure, go.Figure, go.Figure]:
    dataset = RatingsDataset.open(resources.workspace().dataset_folder(dataset_id))
    ratings, words = dataset.ratings, words_for(dataset.feedback)
    n_users, n_items = len(dataset.users), len(dataset.items)
    draw_values = count_histogram if words.is_implicit else rating_histogram
    return (
        draw_values(ratings.ratings, theme=theme),
        popularity_tail(dataset.items["count"].to_numpy(), theme=theme, of=words.several),
        sparsity(ratings.users, ratings.items, n_users, n_items, theme=theme, of=words.one),
    )
