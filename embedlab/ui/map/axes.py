"""The axes of a map that have a meaning: their names beside the map, and the choice of principal components."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, TypeGuard

import streamlit as st

from embedlab.core.plain import one_line
from embedlab.ui.map.new_map import start_projection
from embedlab.ui.shell import current
from embedlab.workspace.rows import ProjectionRow

_LONGEST_TITLE, _LONGEST_END = 60, 40
_NAMES = ("x", "y", "z")
_STYLE = """
<style>
.scree { display: grid; grid-template-columns: max-content 1fr max-content; gap: 2px 8px; align-items: center;
  font-size: .8rem; font-variant-numeric: tabular-nums; }
.scree i { display: block; height: 9px; border-radius: 2px; background: currentColor; opacity: .3; }
.scree .drawn { font-weight: 650; }
.scree i.drawn { background: #0072b2; opacity: 1; }
</style>
"""


def for_browser(row: ProjectionRow) -> list[dict[str, str]] | None:
    """Return the title of each axis and the names of its ends, bounded; None if the axes have no meaning."""
    titles, ends = row.quality.get("axes"), row.quality.get("axis_ends")
    if not isinstance(titles, list) or len(titles) != row.n_components:
        return None
    if not isinstance(ends, list) or len(ends) != row.n_components:
        ends = [None] * row.n_components
    return [_axis(title, end) for title, end in zip(titles, ends, strict=True)]


def _axis(title: Any, ends: Any) -> dict[str, str]:
    is_pair = isinstance(ends, list) and len(ends) == 2
    low, high = (one_line(str(end), _LONGEST_END) for end in (ends if is_pair else ("", "")))
    return {"title": one_line(str(title), _LONGEST_TITLE), "low": low, "high": high}


def components_panel(row: ProjectionRow, existing: Sequence[ProjectionRow]) -> None:
    """Draw the shares of the components as bars, and the choice of those to draw; nothing for other maps."""
    shares, drawn = row.quality.get("variance_shares"), row.quality.get("components")
    if not _are_numbers(shares) or not _are_numbers(drawn):
        return
    icon, key = ":material/bar_chart:", "expander-components"
    expander = st.expander("Principal components", icon=icon, key=key, on_change="rerun")
    if not expander.open:
        return
    with expander:
        st.html(scree(shares, drawn))
        chosen = [
            st.selectbox(
                f"{name.upper()} axis",
                range(1, len(shares) + 1),
                index=number - 1 if number <= len(shares) else None,
                key=f"map:component-{row.id}-{name}",
            )
            for name, number in zip(_NAMES, drawn, strict=False)
        ]
        wanted = dict(zip(_NAMES, chosen, strict=False))
        is_new = None not in chosen and chosen != drawn
        st.button(
            "Draw these components",
            key="map:draw-components",
            on_click=_draw,
            args=(row, wanted, existing),
            disabled=not is_new,
            width="stretch",
        )


def scree(shares: Sequence[float], drawn: Sequence[int]) -> str:
    """Return the shares of the variance as HTML bars; those drawn are highlighted."""
    most = max(shares) or 1.0
    cells = "".join(
        f"<span{mark}>{number}</span><i{mark} style='width:{100 * share / most:.1f}%'></i>"
        f"<span{mark}>{share:.1%}</span>"
        for number, share in enumerate(shares, start=1)
        for mark in (" class='drawn'" if number in drawn else "",)
    )
    text = f"Share of the variance of components 1 to {len(shares)}: {', '.join(f'{share:.1%}' for share in shares)}"
    return f"{_STYLE}<div class='scree' role='img' aria-label='{html.escape(text)}'>{cells}</div>"


def _draw(row: ProjectionRow, wanted: dict[str, int], existing: Sequence[ProjectionRow]) -> None:
    """Open the map with these components if it exists, else compute it."""
    for other in existing:
        if (other.method, list(wanted.values())) == (row.method, other.quality.get("components")):
            current.put("projection", other.id)
            return
    start_projection(row.embedding_id, row.method, row.n_components, {**row.parameters, **wanted})


def _are_numbers(values: Any) -> TypeGuard[list[Any]]:
    return (
        isinstance(values, list)
        and bool(values)
        and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    )
