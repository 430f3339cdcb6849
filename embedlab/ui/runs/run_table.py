"""A table of runs in which a click anywhere on a row opens its run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from embedlab.ui.shell.bundle import component_script

_KEY = "runs-table"
#: More points of a sparkline cannot be seen.
_MOST_POINTS = 40
_component = st.components.v2.component(
    "embedlab_run_table",
    html='<div class="embedlab-runs-box"><table class="embedlab-runs"></table></div>',
    js=component_script("runs/table.js"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Cell:
    """A cell: the text to show, and the value to sort by; a list of numbers is drawn as a sparkline."""

    text: str
    value: str | float | list[float] | None


def chosen_row(value: Any, list_id: str, n_rows: int) -> int | None:
    """Return the row that the browser sent; None if it is not a row of the current list."""
    if not isinstance(value, Mapping) or value.get("list_id") != list_id:
        return None
    row = value.get("row")
    return row if isinstance(row, int) and not isinstance(row, bool) and 0 <= row < n_rows else None


def draw(
    columns: Sequence[str], rows: Sequence[Sequence[Cell]], run_ids: Sequence[str], on_open: Callable[[str], None]
) -> None:
    """Draw the table.

    Parameters
    ----------
    columns
        Headings.
    rows
        One cell for each heading; the first of a row is its link.
    run_ids
        One for each row.
    on_open
        Called with the id of the run before the rerun.
    """
    content = {
        "columns": list(columns),
        "rows": [[_thinned(cell.value) for cell in row] for row in rows],
        "texts": [[cell.text for cell in row] for row in rows],
        # Ids come from the catalog and contain only letters and digits.
        "links": [f"?run={run_id}&view=one" for run_id in run_ids],
    }
    # A click that arrives after the list has changed is ignored.
    list_id = hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def opened() -> None:
        row = chosen_row(getattr(st.session_state.get(_KEY), "opened", None), list_id, len(run_ids))
        if row is not None:
            on_open(run_ids[row])

    _component(key=_KEY, data={"list_id": list_id, **content}, on_opened_change=opened)


def _thinned(value: str | float | list[float] | None) -> str | float | list[float] | None:
    if not isinstance(value, list) or len(value) <= _MOST_POINTS:
        return value
    last = len(value) - 1
    return [value[round(place * last / (_MOST_POINTS - 1))] for place in range(_MOST_POINTS)]
