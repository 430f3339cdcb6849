"""Two linked maps side by side as one Streamlit component: hover, picks, selections and views are shared by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from embedlab.ui.map.component import command
from embedlab.ui.map.linked.data import MapPair
from embedlab.ui.shell import urls
from embedlab.ui.shell.bundle import component_script

_component = st.components.v2.component(
    "embedlab_linked_maps",
    html='<div class="embedlab-compare" data-ready="false"></div>',
    js=component_script("compare/main.js"),
    # Plotly adds its styles to the document's head; they would not apply inside a shadow root.
    isolate_styles=False,
)

#: A picked point: the side (0 or 1) and its row there.
Picked = tuple[int, int]


def parse_picked(value: Any, n_points: Sequence[int]) -> tuple[bool, Picked | None]:
    """Return whether the value that the browser sent is valid, and the pick; None if it was cleared."""
    if not isinstance(value, Mapping) or "index" not in value:
        return False, None
    side, index = value.get("side"), value["index"]
    if index is None:
        return True, None
    whole = [each for each in (side, index) if isinstance(each, int) and not isinstance(each, bool)]
    if len(whole) != 2 or whole[0] not in (0, 1) or not 0 <= whole[1] < n_points[whole[0]]:
        return False, None
    return True, (whole[0], whole[1])


def linked_maps(
    pair: MapPair,
    *,
    titles: tuple[str, str],
    n_points: tuple[int, int],
    color: str | None,
    picked: int | None,
    is_linked: bool,
    on_pick: Callable[[Picked | None], None],
    key: str = "linked-maps",
) -> None:
    """Draw two maps.

    Parameters
    ----------
    pair
        The maps. The second is drawn in the frame of the first if both have the same number of dimensions.
    titles
        A title over each map.
    n_points
        Number of points of each map.
    color
        `overlap`: by the share of equal neighbors; None: one color.
    picked
        Row of the picked key on the first map; None if there is none or the first lacks it.
    is_linked
        Whether zoom and position of both maps are the same.
    on_pick
        Called with the user's pick before the script reruns.
    """
    state = st.session_state.setdefault(f"{key}:command", {})
    embeddings = [row.embedding_id for row in pair.rows]
    if state.get("embeddings") != embeddings:
        # The same row of other embeddings is another key, so the pick is a new command.
        state.update(embeddings=embeddings, known=-1)

    def on_pick_change() -> None:
        valid, pick = parse_picked(getattr(st.session_state.get(key), "pick", None), n_points)
        if valid:
            on_pick(pick)

    _component(
        key=key,
        data={
            "base": urls.base_path(),
            "plotly": urls.plotly_url(),
            "first": pair.first.id,
            "second": pair.second.id,
            "same": pair.is_of_one_embedding,
            "linked": is_linked and pair.first.n_components == pair.second.n_components,
            "color": color,
            "command": command(state, picked),
            "sides": [
                {
                    "title": title,
                    "projection": row.id,
                    "embedding": row.embedding_id,
                    "n_points": n,
                    "n_components": row.n_components,
                }
                for title, row, n in zip(titles, pair.rows, n_points, strict=True)
            ],
        },
        on_pick_change=on_pick_change,
    )


def echo(picked: int | None, key: str = "linked-maps") -> None:
    """Remember that the browser shows this row of the first map already, so that it is no new command."""
    st.session_state.setdefault(f"{key}:command", {})["known"] = picked
