"""Nearest rows of a new row of numbers, typed into a form or read from a file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.exploration.new_things.new_rows import (
    MOST_NEW_ROWS,
    NearRow,
    Numbers,
    near_rows,
    read_new_rows,
)
from embedlab.jobs.inference import has_ability, open_ability
from embedlab.models.contract.abilities import PlacesRows
from embedlab.ui.ask.questions import KEY
from embedlab.ui.kinds.reading_form import limits
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.runs import run_of
from embedlab.ui.widgets import address
from embedlab.ui.widgets.answer_list import answer_list
from embedlab.ui.widgets.map_link import show_on_map_link
from embedlab.workspace.rows import EmbeddingRow

_N_ANSWERS = (5, 10, 20, 50)
_LARGEST_FILE_MB = 20
_FORM, _FILE = "Type one row", "Upload a file"
_SIMILARITY = (
    "Cosine similarity: 1 is the same pattern of high and low columns, 0 no relation, \u22121 the opposite. It ignores "
    "how far a row is from the mean; the scores of the run say whether Euclidean distance would keep more neighbors."
)


def can_place_rows(row: EmbeddingRow) -> bool:
    """Return whether the run of an embedding can place new rows."""
    run = run_of(row)
    return run is not None and has_ability(run, PlacesRows)


def _placer(run_id: str) -> PlacesRows:
    workspace = resources.workspace()
    return resources.open_cached(
        "row-placer",
        run_id,
        lambda: open_ability(workspace, run_id, PlacesRows),
        spinner="Opening the run …",
    )


@st.fragment
def ask_new_row(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the form or the file of new rows, and the rows nearest to each."""
    del embedding
    address.follow()
    question, results = st.columns([2, 3], gap="large")
    try:
        placer = _placer(str(row.run_id))
        rows = resources.workspace().resolve_embedding(f"{row.run_id}/{PlacesRows.role}")
        with question:
            source = st.segmented_control(
                "Which rows are near a new row?", [_FORM, _FILE], default=_FORM, key="new-row-source", required=True
            )
            values = _typed(placer, str(row.run_id)) if source == _FORM else _uploaded(placer)
        if values is None:
            return
        with results:
            _answer(placer, rows, values)
    except EmbedLabError as error:
        show(error)


def _answer(placer: PlacesRows, rows: EmbeddingRow, values: Numbers) -> None:
    """Draw the rows nearest to one of the new rows."""
    topn = st.select_slider("Number of results", _N_ANSWERS, value=10, key="topn", bind="query-params")
    vectors = resources.load_embedding(rows.id)
    found = near_rows(placer, vectors, values, topn)
    near = found[0] if len(found) == 1 else _chosen(found)
    n_columns = len(placer.columns)
    if near.n_known < n_columns:
        st.caption(
            f"{near.n_known:,} of {n_columns:,} columns have a number. The others count as the center of their column."
        )

    def go_near(key: str) -> None:
        current.put("embedding", rows.id)
        KEY.write(key)
        address.open_view("neighbors")

    slot = f"rows-{rows.id}-{hash(near.vector.tobytes())}-{topn}"
    answer_list(vectors, near.answers, name="Row", slot=slot, on_pick=go_near)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show_on_map_link(rows, near.answers[0].key, "Show the nearest on the map")
        if len(found) > 1:
            _download(found)
    st.caption(f"{_SIMILARITY} Click a row to see its neighbors.")


def _typed(placer: PlacesRows, run_id: str) -> Numbers | None:
    """Draw one editable row that begins with the center of each column."""
    first = pd.DataFrame({"Column": list(placer.columns), "Number": placer.centers})
    edited = st.data_editor(
        first,
        key=f"new-row-{run_id}",
        hide_index=True,
        disabled=["Column"],
        height=min(390, 38 + 35 * len(first)),
        column_config={"Number": st.column_config.NumberColumn(format="%.6g")},
    )
    st.caption("The row begins with the center of each column. Change the numbers you know; an empty cell is missing.")
    values: Numbers = edited["Number"].to_numpy(np.float64)[np.newaxis]
    if np.array_equal(values[0], placer.centers):
        return None
    return values if np.isfinite(values).any() else None


def _uploaded(placer: PlacesRows) -> Numbers | None:
    file = st.file_uploader(
        f"A table with the same columns, at most {MOST_NEW_ROWS:,} rows",
        key="new-rows-file",
        max_upload_size=_LARGEST_FILE_MB,
    )
    if file is None:
        names = ", ".join(one_line(name, 30) for name in list(placer.columns)[:8])
        more = f" and {len(placer.columns) - 8:,} more" if len(placer.columns) > 8 else ""
        st.caption(f"Columns: {names}{more}. Other columns are ignored.")
        return None
    workspace = resources.workspace()
    upload = workspace.stage_upload(file, file.name)
    try:
        return read_new_rows(upload.path, placer.columns, limits())
    finally:
        workspace.discard_upload(upload.id)


def _chosen(found: list[NearRow]) -> NearRow:
    number = st.number_input("Row of the file", 1, len(found), key="new-row-number", width=200)
    return found[int(number) - 1]


def _download(found: list[NearRow]) -> None:
    table = pd.DataFrame(
        [
            (each.number, rank, answer.key, answer.label, answer.score)
            for each in found
            for rank, answer in enumerate(each.answers, 1)
        ],
        columns=["new_row", "rank", "key", "label", "cosine"],
    )
    st.download_button(
        "Download all",
        table.to_csv(index=False).encode(),
        file_name="similar_rows.csv",
        mime="text/csv",
        icon=":material/download:",
    )
