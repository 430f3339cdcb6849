"""A short list of names with bars for a narrow panel, where a table would be too wide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from embedlab.ui.shell.bundle import component_script

_component = st.components.v2.component(
    "embedlab_bars",
    html='<ol class="embedlab-bars"></ol>',
    js=component_script("map/bars.js"),
    isolate_styles=False,
)


def chosen_row(value: Any, list_id: str, n_rows: int) -> int | None:
    """Return the row that the browser sent; None if it is not a row of the current list."""
    if not isinstance(value, Mapping) or value.get("list_id") != list_id:
        return None
    row = value.get("row")
    return row if isinstance(row, int) and not isinstance(row, bool) and 0 <= row < n_rows else None


def bar_list(
    rows: Sequence[tuple[str, float]],
    *,
    list_id: str,
    on_choose: Callable[[int], None],
    key: str = "bars",
    notes: Sequence[str] = (),
    muted: Sequence[bool] = (),
    lengths: Sequence[float] = (),
) -> None:
    """Draw names with their scores and bars from 0 to 1.

    Parameters
    ----------
    rows
        Name and score, the highest first.
    list_id
        Id of the list; a click that arrives after the list has changed is ignored.
    on_choose
        Called with the row index before the rerun.
    key
        The component's key.
    notes
        A short text next to each name, or none at all.
    muted
        Whether each row is less important than the others, or none at all.
    lengths
        Of the bars, where scores are not from 0 to 1; otherwise the scores.
    """
    texts, is_muted = notes or [""] * len(rows), muted or [False] * len(rows)

    def choose() -> None:
        row = chosen_row(getattr(st.session_state.get(key), "chosen", None), list_id, len(rows))
        if row is not None:
            on_choose(row)

    bars = lengths or [score for _, score in rows]
    sent = [
        [name, score, note, bool(gray), length]
        for (name, score), note, gray, length in zip(rows, texts, is_muted, bars, strict=True)
    ]
    _component(key=key, data={"list_id": list_id, "rows": sent}, on_chosen_change=choose)
