"""The columns of a table: types, values, missing cells, and the size of one-hot rows beside that of embeddings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from pydantic import BaseModel

from embedlab.core.plain import one_line
from embedlab.kinds.one_hot import OneHotSteps
from embedlab.kinds.reading_report import READ
from embedlab.kinds.table import TableDataset
from embedlab.kinds.table.columns import TARGET_REASON
from embedlab.models.contract.base import fourth_root_rule
from embedlab.ui.kinds.table.wording import TYPE_TITLES, target_sentence
from embedlab.ui.shell import resources
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import number, size
from embedlab.workspace.rows import DatasetRow

_ROWS_SHOWN = 50
_LONGEST = 300
_MOST_PX, _MOST_WITHOUT_SCROLLING = 420, 11


def columns_table(columns: Sequence[Mapping[str, Any]]) -> None:
    """Draw a row for each column: how it is read, and why."""
    rows = [
        {
            "Column": one_line(str(column["name"]), 80),
            "Read as": _title(column),
            "Values": int(column["n_values"]),
            "Missing": int(column["n_missing"]),
            "Why": one_line(" ".join(column["reasons"]), _LONGEST),
        }
        for column in columns
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="",
        height=_MOST_PX if len(rows) > _MOST_WITHOUT_SCROLLING else "content",
        column_config={
            "Column": st.column_config.TextColumn(width=180),
            "Read as": st.column_config.TextColumn(width=150),
            "Values": st.column_config.NumberColumn(format="localized", width=76),
            "Missing": st.column_config.NumberColumn(format="localized", width=76),
            "Why": st.column_config.TextColumn(width=500),
        },
    )


def sizes_table(columns: Sequence[Mapping[str, Any]], size_of: Callable[[int], int]) -> None:
    """Draw for each categorical column how long a one-hot row is, and the embedding's rows and columns.

    Parameters
    ----------
    size_of
        Returns the vector size for a number of values.
    """
    rows = []
    for column in columns:
        n_values = int(column["n_values"])
        if column["type"] != "category" or not column["is_used"]:
            continue
        # A row for each value, and one for values that do not occur in training.
        steps = OneHotSteps("", 0, n_values + 1, size_of(n_values), 0, ())
        rows.append(
            {
                "Column": one_line(str(column["name"]), 80),
                "Values": n_values,
                "Missing": int(column["n_missing"]),
                "One-hot row": f"{number(steps.input_dim)} numbers",
                "Embedding": f"{number(steps.input_dim)} \u00d7 {number(steps.output_dim)}",
                "All one-hot rows": size(steps.one_hot_size_mb * 1e6),
                "Embedding in memory": size(steps.table_size_mb * 1e6),
            }
        )
    if not rows:
        st.caption("No column of categories: there is nothing to embed but the words of texts.")
        return
    st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="", height=min(320, 38 + 35 * len(rows)))
    st.caption("One row of each embedding is for values that do not occur in training.")


def draw_details(row: DatasetRow) -> None:
    """Draw the target, the columns, the sizes of embeddings, and the first rows of an imported table."""
    target, columns = row.details.get("target"), row.details.get("columns", [])
    if target:
        st.markdown(target_sentence(target))
    else:
        st.markdown("This table has no target: models compare its rows by their numbers.")
    for sentence in row.details.get(READ, {}).get("assumptions", []):
        st.caption(plain(str(sentence), _LONGEST))
    st.markdown("## Columns")
    columns_table(columns)
    if any(column["type"] == "category" and column["is_used"] for column in columns):
        st.markdown("## One-hot rows and embeddings")
        sizes_table(columns, fourth_root_rule)
    st.markdown("## First rows")
    st.dataframe(_first_rows(row.id), hide_index=True, placeholder="", height=320)


def draw_sizes(row: DatasetRow, parameters: BaseModel) -> None:
    """Draw the sizes of the embeddings for the parameters of a model that has a vector size for each column."""
    size_of = getattr(parameters, "size_of", None)
    if size_of is None:
        return
    left_out = {name.strip() for name in str(getattr(parameters, "leave_out", "")).split(",")}
    columns = [column for column in row.details.get("columns", []) if column["name"] not in left_out]
    with st.expander("One-hot rows and embeddings", icon=":material/school:", key="expander-sizes"):
        sizes_table(columns, size_of)


@st.cache_data(max_entries=20, show_spinner=False)
def _first_rows(dataset_id: str) -> pd.DataFrame:
    dataset = TableDataset.open(resources.workspace().dataset_folder(dataset_id))
    cells = dataset.first_rows(_ROWS_SHOWN)
    shown = cells.map(lambda cell: one_line(str(cell), 200))
    names = {str(place): str(name) for place, name in enumerate(cells.columns)}
    return shown.set_axis(list(unique_names(names).values()), axis=1)


def _title(column: Mapping[str, Any]) -> str:
    title = TYPE_TITLES.get(str(column["type"]), str(column["type"]))
    if column["reasons"] and column["reasons"][0] == TARGET_REASON:
        return f"{title}, the target"
    return title if column["is_used"] else f"{title}, not for models"
