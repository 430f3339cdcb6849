"""The Selection tab of the details: what is selected, how to change it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from embedlab.exploration.asking.several_keys import MOST_KEYS
from embedlab.exploration.selections.history import History
from embedlab.exploration.selections.selection import Selection
from embedlab.export.tables import rows_as_csv, rows_as_parquet, rows_as_text
from embedlab.ui.map.selecting import state
from embedlab.ui.map.selecting.criteria import criteria_forms
from embedlab.ui.map.selecting.isolating import isolate_menu
from embedlab.ui.map.selecting.named import name_field
from embedlab.ui.map.selecting.table import linked_table
from embedlab.ui.map.view import View
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.icon_button import icon_button
from embedlab.ui.shell.open_dialog import close, dialog_button
from embedlab.ui.shell.plain import plain

_ROWS_OF_LARGE_TABLE = 18


def selection_panel(view: View) -> None:
    """Draw the current selection, the ways to change it, the table, and what can be done with it."""
    history = state.history_of(view.source_id, view.embedding.n_keys)
    selection = history.current
    share = f" of {view.embedding.n_keys:,}"
    st.markdown(f"**{selection.count:,} selected**{share}")
    if selection.count and selection.steps:
        st.caption(plain("; ".join(selection.steps), 400))
    _history_buttons(view, history)
    state.combination_control()
    with st.expander("Search and filter", key="expander-criteria", expanded=not selection.count):
        criteria_forms(view)
    linked_table(view, key="map:table")
    if dialog_button("Large table", "open_in_full", "map:large-table", view.row.id):
        _large_table(view)
    if not selection.count:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        _export_menu(view, selection)
        isolate_menu(view, selection)
    _query_link(view, selection)
    name_field(view, selection)


@st.dialog("Table", width="large", on_dismiss=close)
def _large_table(view: View) -> None:
    linked_table(view, key="map:table-large", rows_per_page=_ROWS_OF_LARGE_TABLE)


def _history_buttons(view: View, history: History) -> None:
    def button(name: str, icon: str, keys: str, change: Callable[[History], History], *, enabled: bool) -> None:
        icon_button(
            name,
            icon,
            f"map:selection-{icon}",
            lambda: state.put_history(view.source_id, change(history)),
            keyboard=keys,
            kind="secondary",
            disabled=not enabled,
        )

    selection = history.current
    with st.container(horizontal=True, gap="small"):
        button("Undo", "undo", "U", History.undone, enabled=history.can_undo)
        button("Redo", "redo", "Shift+U", History.redone, enabled=history.can_redo)
        button("Invert", "invert_colors", "I", lambda past: past.after(past.current.inverted()), enabled=True)
        button("Clear selection", "deselect", "D", _cleared, enabled=selection.count > 0)


def _cleared(history: History) -> History:
    return history.after(Selection.empty(history.current.n_keys))


def _export_menu(view: View, selection: Selection) -> None:
    def coordinates() -> Any:
        return resources.workspace().coordinates(view.projection.id)

    formats: list[tuple[str, str, str, Callable[[], bytes]]] = [
        ("CSV", "csv", "text/csv", lambda: rows_as_csv(view.embedding, selection.rows, coordinates())),
        (
            "Parquet",
            "parquet",
            "application/vnd.apache.parquet",
            lambda: rows_as_parquet(view.embedding, selection.rows, coordinates()),
        ),
        ("Names (TXT)", "txt", "text/plain", lambda: rows_as_text(view.embedding, selection.rows)),
    ]
    with st.popover("Export", icon=":material/download:"):
        for title, suffix, media_type, content in formats:
            st.download_button(
                title,
                content,
                file_name=f"selection.{suffix}",
                mime=media_type,
                on_click="ignore",
                key=f"map:selection-export-{suffix}",
                width="stretch",
            )
        st.caption("CSV and Parquet have keys, labels, coordinates and metadata of all selected points.")


def _query_link(view: View, selection: Selection) -> None:
    rows, count = selection.rows[:MOST_KEYS], selection.count
    keys = [view.embedding.keys[at] for at in rows]
    first = f"the first {MOST_KEYS}" if count > MOST_KEYS else f"these {count}" if count > 1 else "this one"
    query: dict[str, Any] = {**current.link(embedding=view.row.id), "view": "together", "keys": keys}
    page_link("ask", label=f"Query {first}", query=query)
