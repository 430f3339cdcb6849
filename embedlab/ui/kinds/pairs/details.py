"""The kinds of a dataset of pairs: their values, and a one-hot row beside the rows of an embedding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.kinds.pairs.forms import FORM_TITLES
from embedlab.kinds.reading_report import READ
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import size
from embedlab.workspace.rows import DatasetRow

#: Dimensions of an embedding in the comparison, the default of the model.
_DIMENSIONS = 32
_BYTES_PER_NUMBER = 4


def draw(row: DatasetRow) -> None:
    """Draw the kinds with their values and sizes, and the things in most pairs."""
    for sentence in row.details.get(READ, {}).get("assumptions", []):
        st.caption(plain(str(sentence), 300))
    kinds = [each for each in row.details.get("kinds", []) if isinstance(each, Mapping)]
    st.markdown("## Kinds of things")
    st.dataframe(
        pd.DataFrame(kinds_table(kinds)),
        hide_index=True,
        placeholder="",
        column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in ("Different values", "Missing cells", "One-hot row", "Rows of the embedding", "Pairs")
        },
    )
    st.caption(
        f"A one-hot row has as many numbers as there are different ids, tags or words; a row of an embedding has "
        f"{_DIMENSIONS}. Sizes are for all rows, with 4 bytes per number."
    )
    st.markdown("## Things in most pairs")
    for each, column in zip(kinds, st.columns(max(1, len(kinds)), gap="medium"), strict=False):
        frequent = [[one_line(str(value), 80), count] for value, count in each.get("frequent", [])]
        with column:
            st.markdown(f"**{plain(str(each.get('name', '')), 40)}**")
            st.dataframe(pd.DataFrame(frequent, columns=["Thing", "Pairs"]), hide_index=True, placeholder="")


def kinds_table(kinds: list[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return for each kind its values and missing cells, and the sizes of one-hot rows and of an embedding."""
    names = [f"{one_line(str(each.get('name', '')), 40)} ({each.get('side', '')})" for each in kinds]
    n_rows = [int(each.get("vocabulary", 0)) for each in kinds]
    return {
        "Kind": names,
        "Holds": [FORM_TITLES.get(str(each.get("form")), "") for each in kinds],
        "Pairs": [each.get("pairs") for each in kinds],
        "Different values": [each.get("values") for each in kinds],
        "Missing cells": [each.get("missing") for each in kinds],
        "One-hot row": [n or None for n in n_rows],
        "Rows of the embedding": [n + 1 if n else None for n in n_rows],
        "All one-hot rows": [size(n * n * _BYTES_PER_NUMBER) if n else "" for n in n_rows],
        "Embedding": [size((n + 1) * _DIMENSIONS * _BYTES_PER_NUMBER) if n else "" for n in n_rows],
    }
