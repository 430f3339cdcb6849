"""Tables of labels and phrases of a text, before and after the import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from embedlab.ui.widgets.wording import counted, number

_ROWS_SHOWN = 7


def draw(details: Mapping[str, Any]) -> None:
    """Draw the labels and phrases in a text's details, if there are any."""
    parts = [part for part in (labels, phrases) if details.get(part.__name__) is not None]
    for column, part in zip(st.columns(max(1, len(parts)), gap="large"), parts, strict=False):
        with column:
            part(details[part.__name__])


def labels(statistics: Mapping[str, Any]) -> None:
    """Draw the number of documents, share and number of words of each label."""
    st.markdown(f"## Labels ({number(statistics['different'])} different)")
    rows = pd.DataFrame(statistics["most_frequent"])
    st.dataframe(
        rows.assign(share=100 * rows["share"]) if len(rows) else rows,
        hide_index=True,
        height="content" if len(rows) <= _ROWS_SHOWN else 300,
        column_config={
            "label": st.column_config.TextColumn("Label"),
            "documents": st.column_config.NumberColumn("Documents", format="localized"),
            "share": st.column_config.ProgressColumn("Share", format="%.1f %%", min_value=0, max_value=100),
            "tokens": st.column_config.NumberColumn("Words", format="localized"),
            "tokens_per_document": st.column_config.NumberColumn("Words per document", format="%.1f"),
        },
    )
    if statistics["different"] > len(rows):
        st.caption(f"The {len(rows)} most frequent are shown.")


def phrases(statistics: Mapping[str, Any]) -> None:
    """Draw the phrases, most frequent first."""
    st.markdown(f"## Phrases ({number(statistics['found'])} different)")
    if not statistics["found"]:
        st.caption("No two words occur together often enough. Lower the minimum count or the threshold.")
        return
    st.caption(f"Joined {counted(statistics['occurrences'], 'times')} in total.")
    rows = pd.DataFrame(statistics["most_frequent"], columns=["phrase", "count"])
    st.dataframe(
        rows,
        hide_index=True,
        height=260,
        column_config={
            "phrase": st.column_config.TextColumn("Phrase"),
            "count": st.column_config.NumberColumn("Count", format="localized"),
        },
    )
    if statistics["found"] > len(rows):
        st.caption(f"The {len(rows)} most frequent are shown.")
