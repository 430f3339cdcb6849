"""Figures of an imported text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.figures.bars import frequent_words
from embedlab.figures.palette import Theme
from embedlab.kinds.text.dataset import TextDataset
from embedlab.ui.kinds.text import labels_and_phrases
from embedlab.ui.shell import resources
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.vocabulary import vocabulary_size
from embedlab.workspace.rows import DatasetRow

_FREQUENT = 14
_FIRST = 8
_LONGEST = 400


def draw(row: DatasetRow) -> None:
    """Draw frequent words, vocabulary size by minimum count, first documents, labels and phrases."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("## Most frequent words")
        figure = _frequent(row.id, run_figures.theme())
        run_figures.show(figure, key="frequent", alt="The most frequent words with their counts")
    with right:
        st.markdown("## Vocabulary coverage by minimum count")
        _coverage_table(row)
        st.markdown("## First documents")
        dataset = TextDataset.open(resources.workspace().dataset_folder(row.id))
        documents = dataset.documents(0, min(_FIRST, dataset.n_documents))
        shown = {"Words": [" ".join(tokens[:60]) for tokens in documents]}
        if dataset.has_originals:
            originals = dataset.originals(np.arange(len(documents)), _LONGEST)
            shown = {"Document": [one_line(" ".join(text.split()), _LONGEST) for text in originals], **shown}
        st.dataframe(pd.DataFrame(shown), hide_index=True, height=230)
    labels_and_phrases.draw(row.details)


@st.cache_data(max_entries=20, show_spinner=False)
def _frequent(dataset_id: str, theme: Theme) -> go.Figure:
    top = TextDataset.open(resources.workspace().dataset_folder(dataset_id)).vocabulary.head(_FREQUENT)
    return frequent_words(list(zip(top["word"], top["count"].astype(int), strict=True)), theme=theme)


def _coverage_table(row: DatasetRow) -> None:
    counts = (1, 2, 5, 10)
    remaining = [vocabulary_size(row.id, min_count) for min_count in counts]
    n_tokens = max(1, row.counts.get("tokens", 1))
    st.dataframe(
        pd.DataFrame(
            {
                "min_count": counts,
                "Different words": [n_words for n_words, _ in remaining],
                "Share of the text": [100 * n_remaining / n_tokens for _, n_remaining in remaining],
            }
        ),
        hide_index=True,
        column_config={
            "Different words": st.column_config.NumberColumn(format="localized"),
            "Share of the text": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100),
        },
    )
