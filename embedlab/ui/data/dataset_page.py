"""One dataset: what is in it, what is odd about it, and what to do with it."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from embedlab.core.errors import NotFoundError
from embedlab.core.kind import Kind
from embedlab.figures.bars import frequent_words
from embedlab.figures.palette import Theme
from embedlab.figures.ratings import popularity_tail, rating_histogram, sparsity
from embedlab.kinds.ratings import RatingsDataset
from embedlab.kinds.text.dataset import TextDataset
from embedlab.models.contract.base import fourth_root_rule
from embedlab.models.registry import models_for
from embedlab.ui.data import protocol_panel
from embedlab.ui.data.dataset_cards import size_bytes
from embedlab.ui.kinds import one_hot_panel
from embedlab.ui.kinds.text import details as text_details
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import open_page, page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import dialogs, views
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.vocabulary import kept_words
from embedlab.ui.widgets.wording import KIND_ICONS, KIND_TITLES, ago, number, size, warnings_in_one
from embedlab.workspace.rows import DatasetRow

_FREQUENT = 14
_FIRST = 8
_SHOWN_COUNTS = {
    Kind.TEXT: {"documents": "Documents", "tokens": "Words", "vocabulary": "Different words"},
    Kind.RATINGS: {"ratings": "Ratings", "users": "Users", "items": "Items"},
    Kind.VECTORS: {"keys": "Vectors", "vector_size": "Dimensions"},
}


def draw(row: DatasetRow) -> None:
    """Draw a dataset's page."""
    _head(row)
    _counts(row)
    if row.warnings:
        st.warning(warnings_in_one(row.warnings), icon=":material/warning:")
    if row.kind == Kind.VECTORS:
        _vectors(row)
        return
    if row.kind == Kind.TEXT:
        _text(row)
    else:
        _ratings(row)
    protocol_panel.draw(row)
    with st.expander("What an embedding is, with this data", icon=":material/school:"):
        # The same defaults as the form on Train, so that both pages show the same table.
        n_values = int(row.counts.get("items") or row.counts.get("vocabulary") or 2)
        one_hot_panel.draw(row.id, max(8, fourth_root_rule(n_values)))
    _options(row)


def _head(row: DatasetRow) -> None:
    with st.container(gap="xxsmall"):
        _title(row)
        st.caption(f"{KIND_TITLES[row.kind]} · {size(size_bytes(row))} on disk · added {ago(row.created_at)}")


def _title(row: DatasetRow) -> None:
    workspace = resources.workspace()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{KIND_ICONS[row.kind]} {plain(row.name)}", anchor=False, width="stretch")
        if st.button("Rename", icon=":material/edit:", type="tertiary", key="rename-dataset"):
            dialogs.rename(row.name, lambda name: workspace.rename_dataset(row.id, name))
        if st.button("Delete", icon=":material/delete:", type="tertiary", key="delete-dataset"):
            dialogs.delete(row.name, workspace.dependents_of_dataset(row.id), lambda: _delete(row))
        if models_for(row.kind) and st.button(
            "Train on it", icon=":material/model_training:", type="primary", key="train-on-it"
        ):
            open_page("train", dataset=row.id)


def _delete(row: DatasetRow) -> None:
    resources.workspace().delete_dataset(row.id)
    current.set_dataset(None)
    views.go("all")


def _counts(row: DatasetRow) -> None:
    shown = {title: number(row.counts[name]) for name, title in _SHOWN_COUNTS[row.kind].items() if name in row.counts}
    if "density" in row.details:
        shown["Density"] = f"{row.details['density']:.2%}"
    for box, (title, value) in zip(st.columns(4, gap="small"), shown.items(), strict=False):
        box.metric(title, value, border=True)


def _vectors(row: DatasetRow) -> None:
    rows = resources.workspace().embeddings(dataset_id=row.id)
    st.markdown(
        f"{_cut_to(row)}These vectors are an embedding already: see it, ask it, take it away, or let a training "
        "on a text begin with it."
    )
    with st.container(horizontal=True):
        for embedding in rows[:1]:
            query = current.link(embedding=embedding.id)
            page_link("map", label="Open map", icon=":material/scatter_plot:", query=query)
            page_link("ask", label="Ask", icon=":material/forum:", query=query)
    for embedding in rows[:1]:
        keys = resources.load_embedding(embedding.id).keys[:200]
        st.markdown("##### First keys")
        st.dataframe(pd.DataFrame({"Key": keys}), hide_index=True, height=320, width=420)
    _options(row)


def _cut_to(row: DatasetRow) -> str:
    """Say whose words vectors were cut to; nothing where all were kept, or the text is gone."""
    try:
        text = resources.workspace().dataset(str(row.options.get("words_of") or ""))
    except NotFoundError:
        return ""
    return f"Kept were the vectors of the words in **{plain(text.name)}**. "


def _text(row: DatasetRow) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("##### Most frequent words")
        figure = _frequent(row.id, run_figures.theme())
        run_figures.show(figure, key="frequent", alt="The most frequent words with their counts")
    with right:
        st.markdown("##### How much remains when rare words are left out")
        _kept_table(row)
        st.markdown("##### First documents, as words")
        dataset = TextDataset.open(resources.workspace().dataset_folder(row.id))
        texts = [" ".join(tokens[:60]) for tokens in dataset.documents(0, min(_FIRST, dataset.n_documents))]
        st.dataframe(pd.DataFrame({"Document": texts}), hide_index=True, height=230)
    text_details.draw(row.details)


@st.cache_data(max_entries=20, show_spinner=False)
def _frequent(dataset_id: str, theme: Theme) -> go.Figure:
    top = TextDataset.open(resources.workspace().dataset_folder(dataset_id)).vocabulary.head(_FREQUENT)
    return frequent_words(list(zip(top["word"], top["count"].astype(int), strict=True)), theme=theme)


def _kept_table(row: DatasetRow) -> None:
    counts = (1, 2, 5, 10)
    remaining = [kept_words(row.id, min_count) for min_count in counts]
    n_tokens = max(1, row.counts.get("tokens", 1))
    st.dataframe(
        pd.DataFrame(
            {
                "min_count": counts,
                "Different words": [n_words for n_words, _ in remaining],
                "Share of the text": [100 * n_kept / n_tokens for _, n_kept in remaining],
            }
        ),
        hide_index=True,
        column_config={
            "Different words": st.column_config.NumberColumn(format="localized"),
            "Share of the text": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100),
        },
    )


def _ratings(row: DatasetRow) -> None:
    histogram, tail, table = _rating_figures(row.id, run_figures.theme())
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Distribution of ratings")
        run_figures.show(histogram, key="histogram", alt="How often each rating was given")
    with right:
        st.markdown("##### The long tail: few items get most of the ratings")
        run_figures.show(tail, key="tail", alt="Ratings of each item over its rank, both logarithmic")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Sparsity")
        run_figures.show(table, key="sparsity", alt="A part of the table of users and items, filled where rated")
        st.caption("Each mark is a rating; every empty cell is a rating that the model learns to predict.")
    with right:
        st.markdown("##### Most rated items")
        dataset = RatingsDataset.open(resources.workspace().dataset_folder(row.id))
        wanted = [name for name in ("label", "count", "mean_rating", "year", "genres") if name in dataset.items]
        st.dataframe(
            dataset.items[wanted].head(100),
            hide_index=True,
            height=340,
            column_config={
                "label": st.column_config.TextColumn("Item", width="medium"),
                "count": st.column_config.NumberColumn("Ratings", width="small"),
                "mean_rating": st.column_config.NumberColumn("Mean", format="%.2f", width="small"),
                "year": st.column_config.NumberColumn("Year", format="%d", width="small"),
                "genres": st.column_config.TextColumn("Genres"),
            },
        )


@st.cache_data(max_entries=20, show_spinner="Drawing the ratings …")
def _rating_figures(dataset_id: str, theme: Theme) -> tuple[go.Figure, go.Figure, go.Figure]:
    dataset = RatingsDataset.open(resources.workspace().dataset_folder(dataset_id))
    ratings = dataset.ratings
    n_users, n_items = len(dataset.users), len(dataset.items)
    return (
        rating_histogram(ratings.ratings, theme=theme),
        popularity_tail(dataset.items["count"].to_numpy(), theme=theme),
        sparsity(ratings.users, ratings.items, n_users, n_items, theme=theme),
    )


def _options(row: DatasetRow) -> None:
    with st.expander("How it was read", icon=":material/page_info:"):
        # JSON is shown as text, never as markup.
        st.json(row.options, expanded=True)
