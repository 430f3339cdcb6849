"""The map as a Streamlit component whose points never pass through Streamlit.

The browser loads the module and the points from our own routes. The component receives only ids, options, and commands
such as "go to this point": under 1 kB per rerun, besides a query and a selection, which are bounded. Whatever the
browser sends back is validated like any input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from embedlab.core.plain import one_line
from embedlab.exploration.new_things.inference import LONGEST_WORD
from embedlab.ui.map.appearance import PLAIN, Appearance
from embedlab.ui.shell import urls
from embedlab.ui.shell.bundle import component_script
from embedlab.workspace.bookmarks.bookmark import MOST_MOMENTS, Camera, Ranges, view_of

Labels = Literal["frequent", "picked"]

# Until the style sheet is there, the map is as high as the window that it fills.
_HTML = '<div class="embedlab-map" tabindex="0" role="application" style="min-height:320px" data-ready="false"></div>'

_component = st.components.v2.component(
    "embedlab_map",
    html=_HTML,
    js=component_script("map/main.js"),
    # Plotly adds its styles to the document's head; they would not apply inside a shadow root.
    isolate_styles=False,
)


@dataclass(frozen=True)
class PickEvent:
    """The user picked the point `index`, or cleared the pick."""

    index: int | None

    @property
    def shown(self) -> int | None:
        """What the map shows after it."""
        return self.index


@dataclass(frozen=True)
class PlaceEvent:
    """The user placed a word that is not a point of the map."""

    word: str

    @property
    def shown(self) -> str:
        """What the map shows after it."""
        return self.word


@dataclass(frozen=True)
class SelectionEvent:
    """The user changed the selection of a source; see `embedlab.ui.map.selecting.changes`. Not validated."""

    value: Any


@dataclass(frozen=True)
class ClearQueryEvent:
    """The user removed the query from the map."""


@dataclass(frozen=True)
class GroupEvent:
    """The user chose a cluster: its layer, and its number in the layer."""

    layer: int
    group: int


@dataclass(frozen=True)
class BookmarkEvent:
    """The user wants a bookmark of what is in view; None if the browser's view is not valid.

    Parameters
    ----------
    frame
        The snapshot that a replay shows; None without a replay.
    """

    view: Ranges | Camera | None
    frame: int | None = None


@dataclass(frozen=True)
class StepEvent:
    """The user wants the next bookmark (1) or the previous one (-1)."""

    by: int


@dataclass(frozen=True)
class MomentEvent:
    """The user went to a moment of the replay: the number of its snapshot from 0."""

    frame: int


@dataclass(frozen=True)
class OutsideEvent:
    """A program has highlighted other keys."""


MapEvent = (
    OutsideEvent
    | PickEvent
    | PlaceEvent
    | SelectionEvent
    | ClearQueryEvent
    | BookmarkEvent
    | StepEvent
    | GroupEvent
    | MomentEvent
)


@dataclass(frozen=True)
class ShownSelection:
    """A selection to show.

    Parameters
    ----------
    source
        The embedding or isolated map that it belongs to.
    digest, count
        Its id and the number of its points.
    rows
        The rows as text (`selections.encoding.encode`); None if the browser requests them by the id.
    number
        The number of the browser's newest change that it includes.
    combination
        How a new selection changes it.
    """

    source: str
    digest: str
    count: int
    rows: str | None
    number: int = 0
    combination: str = "replace"

    def as_data(self) -> dict[str, Any]:
        """Return the data for the browser."""
        shown = {"id": self.digest, "count": self.count, "rows": self.rows}
        return {**shown, "n": self.number, "source": self.source, "how": self.combination}


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


def parse_group(value: Any) -> GroupEvent | None:
    """Return the cluster that the browser sent; None if it is not a valid one."""
    if not isinstance(value, Mapping):
        return None
    layer, group = value.get("layer"), value.get("group")
    if not all(isinstance(each, int) and not isinstance(each, bool) and 0 <= each < 2**16 for each in (layer, group)):
        return None
    return GroupEvent(layer, group)  # type: ignore[arg-type]


def parse_word(value: Any) -> PlaceEvent | None:
    """Return the word that the browser sent; None if it is not a valid word."""
    word = value.get("word") if isinstance(value, Mapping) else None
    if not isinstance(word, str) or len(word) > LONGEST_WORD:
        return None
    word = one_line(word, LONGEST_WORD)
    return PlaceEvent(word) if word else None


def parse_bookmark(value: Any) -> BookmarkEvent:
    """Return the view that the browser sent with the wish for a bookmark."""
    if not isinstance(value, Mapping):
        return BookmarkEvent(None)
    return BookmarkEvent(view_of(value.get("camera")), _frame(value))


def parse_moment(value: Any) -> MomentEvent | None:
    """Return the moment of the replay that the browser sent; None if it is not one."""
    frame = _frame(value) if isinstance(value, Mapping) else None
    return None if frame is None else MomentEvent(frame)


def _frame(value: Mapping[str, Any]) -> int | None:
    frame = value.get("frame")
    is_frame = isinstance(frame, int) and not isinstance(frame, bool) and 0 <= frame <= MOST_MOMENTS
    return frame if is_frame else None


def parse_step(value: Any) -> StepEvent | None:
    """Return the step that the browser sent; None if it is not one."""
    by = value.get("by") if isinstance(value, Mapping) else None
    return StepEvent(by) if by in (1, -1) and not isinstance(by, bool) else None


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
    clusters_version: str = "",
    appearance: Appearance = PLAIN,
    size: str | None = None,
    pictures: Mapping[str, Any] | None = None,
    mark: str | None = None,
    axes: Sequence[Mapping[str, str]] | None = None,
    circle: float | None = None,
    labels: Labels = "frequent",
    picked: int | None = None,
    word: str | None = None,
    query: Mapping[str, Any] | None = None,
    selection: ShownSelection | None = None,
    min_count: int = 0,
    live: Mapping[str, str] | None = None,
    film: str | None = None,
    moment: int | None = None,
    compare: bool = False,
    title: str = "",
    bookmark: Mapping[str, Any] | None = None,
    view: Mapping[str, Any] | None = None,
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
    pictures
        Pictures of the points, as returned by `pictures.for_browser`; None if they have none.
    mark
        The column whose values mark some of the pictures.
    axes
        Title, low end and high end of each axis, if the axes have a meaning.
    circle
        Radius of a circle around the origin to draw; None for none.
    clusters
        The column with all layers of clusters, if there are any: they name the map, and stop words get no label.
    clusters_version
        Changes with the clusters and their names.
    appearance
        How the points look.
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
    film
        Id of the run whose training is replayed; None for none.
    moment
        The snapshot that the replay starts with; None for the last one.
    compare
        Whether to draw the points that are nearest to a pick in the picture beside its true neighbors.
    title
        Shown while presenting.
    bookmark
        The bookmark that is shown: name, note, its number from 1, and how many there are.
    view
        What to bring into view: an id, and ranges or a camera (None: the whole map); applied once per id.
    on_event
        Called with the user's action before the script reruns.
    key
        The component's key; one map per page.
    """
    state = st.session_state.setdefault(f"{key}:command", {})

    def on_trigger(name: str, parse: Callable[[Any], MapEvent | None]) -> Callable[[], None]:
        def respond() -> None:
            event = parse(getattr(st.session_state.get(key), name, None))
            if isinstance(event, PickEvent | PlaceEvent):
                state["known"] = event.shown
            if event is not None:
                on_event(event)

        return respond

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
            "clusters_version": clusters_version,
            **appearance.as_data(),
            "size": size,
            "pictures": pictures,
            "mark": mark,
            "axes": axes,
            "circle": circle,
            "labels": labels,
            "min_count": min_count,
            "live": live,
            "compare": compare,
            "query": query,
            "film": film,
            "moment": moment,
            "selection": None if selection is None else selection.as_data(),
            "title": one_line(title, 200),
            "bookmark": bookmark,
            "view": view,
            "command": command(state, picked, word),
        },
        on_pick_change=on_trigger("pick", lambda value: parse_pick(value, n_points)),
        on_word_change=on_trigger("word", parse_word),
        on_selection_change=on_trigger("selection", SelectionEvent),
        on_group_change=on_trigger("group", parse_group),
        on_query_change=on_trigger("query", lambda _: ClearQueryEvent()),
        on_bookmark_change=on_trigger("bookmark", parse_bookmark),
        on_outside_change=on_trigger("outside", lambda _: OutsideEvent()),
        on_moment_change=on_trigger("moment", parse_moment),
        on_step_change=on_trigger("step", parse_step),
    )
