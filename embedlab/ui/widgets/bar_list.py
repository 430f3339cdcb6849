"""A short list of names with bars in a narrow panel; a table would need twice the width."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from embedlab.ui.shell import urls

_LOADER = """
const bars = await import(new URL("{url}", window.location.origin).href);
export default bars.default;
"""

_component = st.components.v2.component(
    "embedlab_bars",
    html='<ol class="embedlab-bars"></ol>',
    js=_LOADER.format(url=urls.static_url("map/bars.js")),
    isolate_styles=False,
)


def chosen_row(value: Any, of: str, n_rows: int) -> int | None:
    """Return the row the browser says was chosen; None when it is none of the list `of` that is shown now."""
    if not isinstance(value, Mapping) or value.get("of") != of:
        return None
    row = value.get("row")
    return row if isinstance(row, int) and not isinstance(row, bool) and 0 <= row < n_rows else None


def bar_list(
    rows: Sequence[tuple[str, float]], *, of: str, on_choose: Callable[[int], None], key: str = "bars"
) -> None:
    """Show names with bars from 0 to 1.

    Parameters
    ----------
    rows
        Name and score, the highest first.
    of
        What the rows belong to: a click that arrives after the rows have changed is left alone.
    on_choose
        Called with the row's number before the rerun.
    key
        The component's key.
    """

    def choose() -> None:
        row = chosen_row(getattr(st.session_state.get(key), "chosen", None), of, len(rows))
        if row is not None:
            on_choose(row)

    _component(key=key, data={"of": of, "rows": [[name, score] for name, score in rows]}, on_chosen_change=choose)
