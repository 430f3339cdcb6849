"""Short lists in sections for a narrow panel, each row a button: one element, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import streamlit as st

from embedlab.ui.shell.bundle import component_script

_component = st.components.v2.component(
    "embedlab_sections",
    html='<div class="embedlab-sections"></div>',
    js=component_script("map/sections.js"),
    isolate_styles=False,
)


class Row(NamedTuple):
    """A row: its name, a short note beside it, a score from 0 to 1 drawn as a bar, and whether it is less important."""

    name: str
    note: str = ""
    score: float | None = None
    is_muted: bool = False


@dataclass(frozen=True)
class Section:
    """A section of a list.

    Parameters
    ----------
    title, hint
        Its heading, and a sentence below it.
    rows
        Its rows.
    marker
        The mark that these rows have on the map: a dot, a blue one, or a dashed ring.
    """

    title: str
    rows: Sequence[Row]
    hint: str = ""
    marker: Literal["", "both", "missing", "false"] = ""


def chosen_place(value: Any, list_id: str, sections: Sequence[Section]) -> tuple[int, int] | None:
    """Return the section and the row that the browser sent; None if they are not in the current list."""
    if not isinstance(value, dict) or value.get("list_id") != list_id:
        return None
    section = _index(value.get("section"), len(sections))
    row = None if section is None else _index(value.get("row"), len(sections[section].rows))
    return None if section is None or row is None else (section, row)


def _index(value: Any, length: int) -> int | None:
    is_index = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < length
    return value if is_index else None


def section_list(sections: Sequence[Section], *, list_id: str, on_choose: Callable[[int, int], None], key: str) -> None:
    """Draw the sections.

    Parameters
    ----------
    list_id
        Id of the list; a click that arrives after the list has changed is ignored.
    on_choose
        Called with the section and its row before the rerun.
    key
        The component's key.
    """

    def choose() -> None:
        place = chosen_place(getattr(st.session_state.get(key), "chosen", None), list_id, sections)
        if place is not None:
            on_choose(*place)

    sent = [
        {
            "title": section.title,
            "hint": section.hint,
            "marker": section.marker,
            "rows": [
                [row.name, row.note, None if row.score is None else round(row.score, 4), row.is_muted]
                for row in section.rows
            ],
        }
        for section in sections
    ]
    _component(key=key, data={"list_id": list_id, "sections": sent}, on_chosen_change=choose)
