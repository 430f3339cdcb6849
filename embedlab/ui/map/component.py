"""The map as a Streamlit component whose points never pass through Streamlit.

The browser loads the module and the points from our own routes. The component receives only ids, options, and commands
such as "go to this point": under 1 kB per rerun, besides a query and a selection, which are bounded. Whatever the
browser sends back is validated like any input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from embedlab.core.plain import one_line
from embedlab.exploration.new_things.inference import LONGEST_WORD
from embedlab.ui.map import selected_rows
from embedlab.ui.shell import urls

Labels = Literal["frequent", "picked"]

# Inline modules are sent again on every rerun, so this one only loads the real one. Streamlit treats a string without
# an inner line break as a file name.
_LOADER = """
const map = await import(new URL("{url}", window.location.origin).href);
export default map.default;
"""
_HTML = '<div class="embedlab-map" tabindex="0" role="application" style="min-height:380px" data-ready="false"></div>'

_component = st.components.v2.component(
    "embedlab_map",
    html=_HTML,
    js=_LOADER.format(url=urls.static_url("map/main.js")),
    # Plotly adds its styles to the document's head; they would not apply inside a shadow root.
    isolate_styles=False,
)


@dataclass(frozen=True)
class PickEvent:
    """The user picked the point `index`, or cleared the pick."""

    index: int | None


@dataclass(frozen=True)
class PlaceEvent:
    """The user placed a word that is not a point of the map."""

    word: str


@dataclass(frozen=True)
class BoxEvent:
    """The user drew a box (see `map_data.points_in_box`), or removed it."""

    box: Mapping[str, Any] | None


@dataclass(frozen=True)
class SelectEvent:
    """The user added points to the selection or removed some: the rows that are selected now."""

    rows: tuple[int, ...]
    number: int


@dataclass(frozen=True)
class ClearQueryEvent:
    """The user removed the query from the map."""


MapEvent = PickEvent | PlaceEvent | BoxEvent | SelectEvent | ClearQueryEvent


@dataclass(frozen=True)
class Selection:
    """A selection to show.

    Parameters
    ----------
    rows
        The rows as text (`selected_rows.encode`); None if there are more than `selected_rows.MOST_ROWS`.
    number
        The number of the browser's change that it answers.
    """

    rows: str | None
    number: int = 0

    def as_data(self) -> dict[str, Any]:
        """Return the data for the browser."""
        return {"id": f"{self.number}:{self.rows}", "rows": self.rows, "n": self.number}


def parse_pick(value: Any, n_points: int) -> PickEvent | None:
    """Return the pick that the browser sent; None if it is not a point of this map."""
    if not isinstance(value, Mapping) or "index" not in value:
        return None
    index = value["index"]
    if index is None:
        return PickEvent(None)
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < n_points:
        return None
    return PickEvent(index)


def parse_selection(value: Any, n_points: int) -> SelectEvent | None:
    """Return the selection that the browser sent; None if it is not one of points of this map."""
    if not isinstance(value, Mapping) or not isinstance(value.get("rows"), str):
        return None
    rows = selected_rows.decode(value["rows"], n_points) if value["rows"] else ()
    return None if rows is None else SelectEvent(rows, selection_number(value))


def selection_number(value: Any) -> int:
    """Return the number of a change of the selection that the browser sent; 0 if it is invalid."""
    number = value.get("n") if isinstance(value, Mapping) else None
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**31 else 0


def parse_word(value: Any) -> PlaceEvent | None:
    """Return the word that the browser sent; None if it is not a valid word."""
    word = value.get("word") if isinstance(value, Mapping) else None
    if not isinstance(word, str) or len(word) > LONGEST_WORD:
        return None
    word = one_line(word, LONGEST_WORD)
    return PlaceEvent(word) if word else None


def command(state: dict[str, Any], picked: int | None, word: str | None = None) -> dict[str, Any]:
    """Return the numbered command that makes the map show `picked` or else `word`; `state` stores what it shows.

    A pick made on the map is not a new command: the map shows it already, and a late echo must not undo a newer click.
    """
    shown = word if picked is None else picked
    if "n" not in state or state["known"] != shown:
        state.update(n=state.get("n", 0) + 1, known=shown)
    return {"n": state["n"], "index": picked, "word": word if picked is None else None, "fly": True}


def embedlab_map(
    projection_id: str,
    embedding_id: str,
    *,
    n_points: int,
    n_components: int,
    color: str | None = None,
    clusters: str | None = None,
    size: str | None = None,
    labels: Labels = "frequent",
    picked: int | None = None,
    word: str | None = None,
    query: Mapping[str, Any] | None = None,
    selection: Selection | None = None,
    min_count: int = 0,
    live: Mapping[str, str] | None = None,
    on_event: Callable[[MapEvent], None],
    key: str = "map",
) -> None:
    """Draw the map of a projection. Zoom, camera and points survive every rerun with the same `key`.

    Parameters
    ----------
    projection_id, embedding_id
        What to show.
    n_points, n_components
        The shape of the coordinates.
    color, size
        Columns to color and size the points by.
    clusters
        The column with the clusters, if there are any: labels are shared among them, and stop words get none.
    labels
        Whether to label the most frequent points too, or only the picked one and its neighbors.
    picked
        Index of the point to highlight; the map flies to it unless it was picked on the map itself.
    word
        If there is no pick: an out-of-vocabulary word to show on the map. The map requests its position from a route.
    query
        A query to draw, as returned by `drawn_query.as_data`.
    selection
        The selected points; all others are drawn faint.
    min_count
        Minimum count of the neighbors of a pick.
    live
        A running layout to draw over the map while it is computed: `job` and `title`.
    on_event
        Called with the user's action before the script reruns.
    key
        The component's key; one map per page.
    """
    state = st.session_state.setdefault(f"{key}:command", {})

    def trigger_value(name: str) -> Any:
        return getattr(st.session_state.get(key), name, None)

    def on_pick() -> None:
        event = parse_pick(trigger_value("pick"), n_points)
        if event is not None:
            state["known"] = event.index
            on_event(event)

    def on_word() -> None:
        event = parse_word(trigger_value("word"))
        if event is not None:
            state["known"] = event.word
            on_event(event)

    def on_box() -> None:
        value = trigger_value("box")
        on_event(BoxEvent(value if isinstance(value, Mapping) else None))

    def on_selected() -> None:
        event = parse_selection(trigger_value("selected"), n_points)
        if event is not None:
            on_event(event)

    _component(
        key=key,
        data={
            "base": urls.base_path(),
            "plotly": urls.plotly_url(),
            "projection": projection_id,
            "embedding": embedding_id,
            "n_points": n_points,
            "n_components": n_components,
            "color": color,
            "clusters": clusters,
            "size": size,
            "labels": labels,
            "min_count": min_count,
            "live": live,
            "query": query,
            "selection": None if selection is None else selection.as_data(),
            "command": command(state, picked, word),
        },
        on_pick_change=on_pick,
        on_word_change=on_word,
        on_box_change=on_box,
        on_selected_change=on_selected,
        on_query_change=lambda: on_event(ClearQueryEvent()),
    )
