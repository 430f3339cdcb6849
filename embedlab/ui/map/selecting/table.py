"""The table beside the map: a component whose rows come page by page from a route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import streamlit as st

from embedlab.exploration.selections.selection import Selection
from embedlab.exploration.selections.table import TablePage
from embedlab.ui.map.selecting import state
from embedlab.ui.map.view import View
from embedlab.ui.shell import current, urls
from embedlab.ui.shell.bundle import component_script

_component = st.components.v2.component(
    "embedlab_table",
    html='<div class="embedlab-table"></div>',
    js=component_script("map/table.js"),
    isolate_styles=False,
)


def table_data(page: TablePage, selection: Selection | None) -> dict[str, Any]:
    """Return a page of the table as JSON: each row is its index, whether it is selected, and its cells."""
    bits = b"" if selection is None else selection.bits
    return {
        "columns": [asdict(column) for column in page.columns],
        "n_rows": page.n_rows,
        "first": page.first,
        "rows": [[row, bool(bits) and bool(bits[row >> 3] >> (row & 7) & 1), cells] for row, cells in page.rows],
    }


def parse_row(value: Any, source_id: str, n_points: int) -> int | None:
    """Return the row that the browser sent; None if it is not a row of this table."""
    if not isinstance(value, Mapping) or value.get("source") != source_id:
        return None
    row = value.get("row")
    return row if isinstance(row, int) and not isinstance(row, bool) and 0 <= row < n_points else None


def linked_table(view: View, *, key: str, rows_per_page: int = 12) -> None:
    """Draw the table of all or the selected points; clicking a row picks its point, and its box selects it."""
    embedding, source_id = view.embedding, view.source_id
    selection = state.history_of(source_id, embedding.n_keys).current

    def sent(name: str) -> int | None:
        return parse_row(getattr(st.session_state.get(key), name, None), source_id, embedding.n_keys)

    def pick() -> None:
        if (row := sent("pick")) is not None:
            current.put("key", embedding.keys[row])

    def toggle() -> None:
        if (row := sent("toggle")) is not None:
            history = state.history_of(source_id, embedding.n_keys)
            state.put_history(source_id, history.after(history.current.toggled(row, embedding.labels[row])))

    _component(
        key=key,
        data={
            "url": f"{urls.base_path()}/maps/{view.projection.id}/table",
            "source": source_id,
            "selected": state.publish(selection) if selection.count else "",
            "n_selected": selection.count,
            "n_points": embedding.n_keys,
            "picked": view.picked,
            "n": rows_per_page,
        },
        on_pick_change=pick,
        on_toggle_change=toggle,
    )
