"""The selected points of the map: their table, and what can be done with them.

The selection belongs to an embedding. It is stored in the browser session, in the address if it is short enough, and
under a name in the workspace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError, StorageError
from embedlab.core.plain import LONGEST_NAME, one_line
from embedlab.exploration.asking.several_keys import MOST_KEYS
from embedlab.export.tables import rows_as_csv, selections_as_csv
from embedlab.exploration.selections import encoding as selected_rows
from embedlab.ui.map.component import Selection
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.workspace import selections
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

_MOST_LISTED = 2000
_LONGEST_ADDRESS = 450
_STATE, _ADDRESS, _NAME = "map:selection", "selected", "map:selection-name"


@dataclass(frozen=True, eq=False)
class _State:
    embedding_id: str
    rows: npt.NDArray[np.int64]
    #: The address when this was selected; another address means that the user followed a link.
    text: str | None
    number: int


def select(embedding_id: str, rows: Iterable[int], number: int = 0) -> None:
    """Make `rows` the selection of an embedding; `number` is the browser's change that it answers."""
    indices = np.unique(np.fromiter(rows, dtype=np.int64))
    text: str | None = None
    if len(indices) <= selected_rows.MOST_ROWS:
        text = f"{embedding_id}~{selected_rows.encode(indices)}"
    if text is not None and (len(text) > _LONGEST_ADDRESS or not len(indices)):
        text = None
    address.write(_ADDRESS, text)
    st.session_state[_STATE] = _State(embedding_id, indices, text, number)


def clear() -> None:
    """Remove the selection."""
    address.write(_ADDRESS, None)
    st.session_state.pop(_STATE, None)


def selected(embedding_id: str, n_keys: int) -> npt.NDArray[np.int64] | None:
    """Return the selected rows of an embedding, from the address or the session; None if nothing is selected."""
    text, state = address.read(_ADDRESS), st.session_state.get(_STATE)
    if not isinstance(state, _State) or state.text != text:
        owner, _, rows = (text or "").partition("~")
        decoded = selected_rows.decode(rows, n_keys) if owner == embedding_id else None
        if decoded is None:
            return None
        select(embedding_id, decoded)
        state = st.session_state[_STATE]
    return state.rows if state.embedding_id == embedding_id and state.rows.size else None


def for_browser(embedding_id: str, n_keys: int) -> Selection | None:
    """Return the selection as data for the map."""
    rows = selected(embedding_id, n_keys)
    if rows is None:
        return None
    text = selected_rows.encode(rows) if len(rows) <= selected_rows.MOST_ROWS else None
    return Selection(text, st.session_state[_STATE].number)


def named_selections(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the named selections of an embedding as buttons; nothing if there are none."""
    try:
        stored = selections.named_selections(resources.workspace(), row.id)
    except StorageError as error:
        errors.show(error)
        return
    decoded = {name: selected_rows.decode(text, row.n_keys) for name, text in stored.items()}
    named = {name: np.array(rows, dtype=np.int64) for name, rows in decoded.items() if rows is not None}
    if not named:
        return
    with st.expander(f"Named selections ({len(named)})", expanded=True, key="expander-selections"):
        for number, (name, rows) in enumerate(named.items()):
            with st.container(horizontal=True, vertical_alignment="center"):
                text = f"{plain(name, 40)} ({len(rows):,})"
                st.button(text, key=f"map:named-{number}", on_click=select, args=(row.id, rows.tolist()))
                st.button(
                    "Delete",
                    key=f"map:named-{number}-out",
                    type="tertiary",
                    on_click=partial(_forget, row.id, name),
                )
        st.download_button(
            "Export all as CSV",
            lambda: selections_as_csv(embedding, named),
            file_name="selections.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="The name of the selection, the key and the label of each point.",
            key="map:named-export",
        )


def _forget(embedding_id: str, name: str) -> None:
    with errors.shown_errors():
        selections.delete_selection(resources.workspace(), embedding_id, name)


def panel(row: EmbeddingRow, embedding: Embedding, projection: ProjectionRow, rows: npt.NDArray[np.int64]) -> None:
    """Draw the selected items as a table linked to the map, and what can be done with them."""
    more = f", the first {_MOST_LISTED:,} shown" if len(rows) > _MOST_LISTED else ""
    st.markdown(f"**{len(rows):,} selected**{more}")
    _table(embedding, rows[:_MOST_LISTED])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Export CSV",
            lambda: rows_as_csv(embedding, rows, resources.workspace().coordinates(projection.id)),
            file_name="selection.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="Keys, labels, coordinates and metadata of all selected points.",
        )
        st.button("Clear selection", icon=":material/close:", type="tertiary", on_click=clear)
    keys = [embedding.keys[at] for at in rows[:MOST_KEYS]]
    first = f"the first {MOST_KEYS}" if len(rows) > MOST_KEYS else f"these {len(rows)}" if len(rows) > 1 else "this one"
    query: dict[str, Any] = {**current.link(embedding=row.id), "view": "together", "keys": keys}
    page_link("ask", label=f"Query {first}", query=query)
    _name_field(row, rows)
    if st.session_state[_STATE].text is None:
        st.caption("This selection is too large to be part of the page's address.")


def _name_field(row: EmbeddingRow, rows: npt.NDArray[np.int64]) -> None:
    if len(rows) > selected_rows.MOST_ROWS:
        st.caption(f"Selections of up to {selected_rows.MOST_ROWS:,} points can be named.")
        return

    def store() -> None:
        name = st.session_state[_NAME]
        if not name.strip():
            return
        try:
            selections.keep_selection(resources.workspace(), row.id, name, selected_rows.encode(rows))
        except EmbedLabError as error:
            st.toast(plain(f"{error.what} {error.remedy}", 200), icon=":material/error:")
        else:
            st.session_state[_NAME] = ""

    st.text_input(
        "Name this selection",
        key=_NAME,
        placeholder="Type a name and press Enter",
        on_change=store,
        max_chars=LONGEST_NAME,
        help=f"Up to {selections.MOST_NAMED} selections per embedding can have a name. They stay in the workspace.",
    )


def _table(embedding: Embedding, listed: npt.NDArray[np.int64]) -> None:
    table = embedding.metadata.iloc[listed].reset_index(drop=True)
    # Columns have numbers as keys and names as headings, since a name from data could equal one of ours.
    shown = pd.DataFrame({"name": [one_line(embedding.labels[at], 80) for at in listed]})
    titles = {"name": "Name"}
    for number, name in enumerate(map(str, table.columns)):
        shown[str(number)] = table.iloc[:, number]
        titles[str(number)] = one_line(name, 40)
    keys = [embedding.keys[at] for at in listed]
    digest = hash((len(listed), int(listed[0]), int(listed[-1])))
    _linked_table(shown, keys, key=f"map:selected-{digest}", column_config=titles, height=320)


def _linked_table(
    table: pd.DataFrame, keys: list[str], *, key: str, column_config: Any, height: int | Literal["auto"] = "auto"
) -> None:
    """Draw a table in which clicking a cell makes the key of its row current."""

    def choose() -> None:
        cells = st.session_state[key]["selection"]["cells"]
        if cells and 0 <= cells[0][0] < len(keys):
            current.put("key", keys[cells[0][0]])

    st.dataframe(
        table,
        hide_index=True,
        key=key,
        on_select=choose,
        selection_mode="single-cell",
        column_config=column_config,
        height=height,
        lazy=False,
    )
