"""The map in a page: a Streamlit component whose points never travel through Streamlit.

The browser loads the module from our own route and the points by binary requests; here go only ids, choices, and orders
such as "go to this point" (under 1 kB a rerun). What comes back is checked like any input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from embedlab.core.plain import one_line
from embedlab.exploration.new_things.inference import LONGEST_WORD
from embedlab.ui.shell import urls

Labels = Literal["frequent", "picked"]

# Inline modules travel again on every rerun, so this one only loads the real one. Streamlit takes a string without an
# inner line break for the name of a file.
_LOADER = """
const map = await import(new URL("{url}", window.location.origin).href);
export default map.default;
"""
_HTML = '<div class="embedlab-map" tabindex="0" role="application" style="min-height:380px" data-ready="false"></div>'

_component = st.components.v2.component(
    "embedlab_map",
    html=_HTML,
    js=_LOADER.format(url=urls.static_url("map/main.js")),
    # Plotly writes its styles into the document's head; a shadow root would keep them out.
    isolate_styles=False,
)


@dataclass(frozen=True)
class Picked:
    """The user picked the point `index`, or none any more."""

    index: int | None


@dataclass(frozen=True)
class Placed:
    """The user placed a word that is no point of the map."""

    word: str


@dataclass(frozen=True)
class Boxed:
    """The user drew a box (see `map_data.cut`), or took it away."""

    box: Mapping[str, Any] | None


MapEvent = Picked | Placed | Boxed


def picked_event(value: Any, n_points: int) -> Picked | None:
    """Return what the browser says was picked; None when that is not a point of this map."""
    if not isinstance(value, Mapping) or "index" not in value:
        return None
    index = value["index"]
    if index is None:
        return Picked(None)
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < n_points:
        return None
    return Picked(index)


def placed_event(value: Any) -> Placed | None:
    """Return what the browser says was placed; None when that is no word."""
    word = value.get("word") if isinstance(value, Mapping) else None
    if not isinstance(word, str) or len(word) > LONGEST_WORD:
        return None
    word = one_line(word, LONGEST_WORD)
    return Placed(word) if word else None


def order(state: dict[str, Any], picked: int | None, word: str | None = None) -> dict[str, Any]:
    """Return the numbered order that makes the map show `picked` or else `word`, remembering in `state` what it knows.

    What the map itself told is no new order: it already shows it, and a late echo must not undo a newer click.
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
    size: str | None = None,
    labels: Labels = "frequent",
    picked: int | None = None,
    word: str | None = None,
    on_event: Callable[[MapEvent], None],
    key: str = "map",
) -> None:
    """Show the map of a projection. Zoom, camera and points survive every rerun with the same `key`.

    Parameters
    ----------
    projection_id, embedding_id
        What to show.
    n_points, n_components
        The shape of the coordinates.
    color, size
        Metadata columns to color and size the points by.
    labels
        Name the most frequent points as well, or only the picked one and its neighbors.
    picked
        Index of the point to highlight; the map flies there when it was not picked on the map itself.
    word
        Without a pick: a word outside the vocabulary to show as a guest, which is no point of the embedding. Where it
        lies the map asks a route.
    on_event
        Called before the rerun's script with what the user did.
    key
        The component's key; one map a page.
    """
    state = st.session_state.setdefault(f"{key}:order", {})

    def told(name: str) -> Any:
        return getattr(st.session_state.get(key), name, None)

    def on_pick() -> None:
        event = picked_event(told("pick"), n_points)
        if event is not None:
            state["known"] = event.index
            on_event(event)

    def on_word() -> None:
        event = placed_event(told("word"))
        if event is not None:
            state["known"] = event.word
            on_event(event)

    def on_box() -> None:
        value = told("box")
        on_event(Boxed(value if isinstance(value, Mapping) else None))

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
            "size": size,
            "labels": labels,
            "order": order(state, picked, word),
        },
        on_pick_change=on_pick,
        on_word_change=on_word,
        on_box_change=on_box,
    )
