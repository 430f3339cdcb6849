"""The bookmark that the map shows: made of the page's state, and applied to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import LONGEST_NAME, one_line
from embedlab.exploration.asking.drawing import MapQuery
from embedlab.ui.map import appearance, drawn_query, isolated
from embedlab.ui.map import view as map_view
from embedlab.ui.map.film import replay
from embedlab.ui.map.selecting import state as selection_state
from embedlab.ui.shell import current, notices, resources
from embedlab.ui.shell.open_dialog import open_dialog
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets.map_link import DRAW, OF, WEIGHT
from embedlab.workspace.bookmarks.bookmark import (
    LONGEST_TEXT,
    MOST_SELECTED,
    Bookmark,
    Camera,
    ProjectionLook,
    QueryLook,
    Ranges,
)
from embedlab.workspace.bookmarks.match import match
from embedlab.workspace.bookmarks.store import bookmark, bookmarks
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import EmbeddingRow

#: Parameter of the address: the id of a bookmark.
ADDRESS = "bookmark"
#: The dialog that edits a bookmark; it is about an `Edited`.
EDIT = "edit-bookmark"
_SHOWN, _COUNT = "map:bookmark-shown", "map:bookmark-count"


@dataclass(frozen=True)
class Edited:
    """A bookmark whose name and note are edited, and the map that is shown."""

    embedding_id: str
    projection_id: str
    bookmark: Bookmark


@dataclass(frozen=True)
class Shown:
    """A bookmark that is shown, and what could not be shown of it."""

    embedding_id: str
    projection_id: str | None
    bookmark: Bookmark
    number: int
    of: int
    view: dict[str, Any]
    problems: tuple[str, ...] = ()


def shown(embedding_id: str) -> Shown | None:
    """Return the bookmark of this embedding that was shown last; None if there is none."""
    state = st.session_state.get(_SHOWN)
    return state if isinstance(state, Shown) and state.embedding_id == embedding_id else None


def for_browser(embedding_id: str) -> dict[str, Any] | None:
    """Return name, note and number of the bookmark that is shown."""
    state = shown(embedding_id)
    if state is None:
        return None
    return {"name": state.bookmark.name, "note": state.bookmark.note, "number": state.number, "of": state.of}


def view_for_browser(projection_id: str) -> dict[str, Any] | None:
    """Return what the bookmark brings into view; None on another projection."""
    state = st.session_state.get(_SHOWN)
    return state.view if isinstance(state, Shown) and state.projection_id == projection_id else None


def offer(view: map_view.View, in_view: Ranges | Camera | None, frame: int | None = None) -> None:
    """Make a bookmark of what is shown, and open the dialog that asks for its name."""
    open_dialog(EDIT, Edited(view.row.id, view.projection.id, _made(view, in_view, frame)))


def _made(view: map_view.View, in_view: Ranges | Camera | None, frame: int | None) -> Bookmark:
    keys, labels = view.embedding.keys, view.embedding.labels
    selection = selection_state.history_of(view.source_id, view.embedding.n_keys).current
    selected = () if selection.count > MOST_SELECTED else tuple(keys[row] for row in selection.rows)
    projection = view.projection
    key = current.get("key")
    name = labels[view.picked] if view.picked is not None else view.word or view.row.title
    return Bookmark(
        id=new_id(),
        embedding=view.row.id,
        name=one_line(name, LONGEST_NAME),
        projection=ProjectionLook(
            id=projection.id,
            method=projection.method,
            n_components=projection.n_components,
            parameters=projection.parameters,
            seed=projection.seed,
        ),
        view=in_view,
        color=_bounded(view.color) or "-",
        points=appearance.for_bookmark(view.row.id),
        sized=bool(st.session_state.get("map:size", False)),
        labeled=bool(st.session_state.get("map:names", True)),
        key=_bounded(key),
        selected=tuple(each for each in selected if len(each) <= LONGEST_TEXT),
        query=None if view.query is None else _query_look(view.query),
        frame=frame,
    )


def _bounded(text: str | None) -> str | None:
    return text if text and len(text) <= LONGEST_TEXT else None


def _query_look(query: MapQuery) -> QueryLook:
    of = (query.expression,) if query.expression else query.keys
    return QueryLook(draw=query.kind, of=of, weights=query.weights or ())


def show(row: EmbeddingRow, mark: Bookmark, *, number: int = 1, of: int = 1) -> None:
    """Make the page show a bookmark. Call it in a callback, or before any widget of the map."""
    workspace = resources.workspace()
    # An isolated map is only shown if it is the map of the bookmark.
    own = [each for each in workspace.isolated_maps(row.id) if each.id == mark.projection.id]
    source_id = isolated.source_of(own[0]) if own else row.id
    embedding = isolated.load_points(source_id)
    projections = [*workspace.projections(row.id), *own]
    columns = map_view.columns_of(row.id)
    fits = match(mark, embedding.key_to_index, projections, columns, row.id)
    projection_id = None if fits.projection is None else fits.projection.id
    current.put("projection", projection_id)
    current.put("color", mark.color if mark.color in ("-", *columns) else None)
    current.put("key", mark.key)
    _put_query(mark.query)
    selection_state.put_rows(source_id, fits.rows, embedding.n_keys, "a bookmark")
    st.session_state["map:size"], st.session_state["map:names"] = mark.sized, mark.labeled
    if mark.points is not None:
        appearance.put(row.id, mark.points)
    replay.put(mark.frame)
    view = _view(fits.view) | ({} if mark.frame is None else {"frame": mark.frame})
    st.session_state[_SHOWN] = Shown(row.id, projection_id, mark, number, of, view, fits.problems)


def _view(view: Ranges | Camera | None) -> dict[str, Any]:
    # The number makes a view that is shown again a new command.
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    return {"id": st.session_state[_COUNT], "camera": None if view is None else view.model_dump(mode="json")}


def _put_query(query: QueryLook | None) -> None:
    drawn_query.clear()
    if query is not None:
        address.write(DRAW, query.draw)
        address.write_list(OF, query.of)
        address.write_list(WEIGHT, [f"{weight:g}" for weight in query.weights or (1.0,) * len(query.of)])


def mark_shown(row: EmbeddingRow, projection_id: str, mark: Bookmark, number: int, of: int) -> None:
    """Remember that the map shows this bookmark already, because it was just made of it."""
    before = shown(row.id)
    view = before.view if before is not None and before.bookmark.id == mark.id else {"id": 0, "camera": None}
    if not view["id"]:
        view = _view(mark.view)
    st.session_state[_SHOWN] = Shown(row.id, projection_id, mark, number, of, view)


def forget(embedding_id: str) -> None:
    """Show no bookmark: only its name and note disappear."""
    if shown(embedding_id) is not None:
        del st.session_state[_SHOWN]


def show_id(row: EmbeddingRow, bookmark_id: str) -> None:
    """Show the bookmark with this id; raises as `bookmark`."""
    found = bookmark(resources.workspace(), row.id, bookmark_id)
    ids = [each.id for each in bookmarks(resources.workspace(), row.id)]
    show(row, found, number=ids.index(bookmark_id) + 1, of=len(ids))


def step(row: EmbeddingRow, by: int) -> None:
    """Show the next bookmark, or the previous one; at the ends the last or the first stays."""
    try:
        stored = bookmarks(resources.workspace(), row.id)
        if not stored:
            notices.toast("This map has no bookmarks yet.", icon=":material/bookmark:")
            return
        state = shown(row.id)
        at = None if state is None else next((n for n, each in enumerate(stored) if each.id == state.bookmark.id), None)
        new = (0 if by > 0 else len(stored) - 1) if at is None else min(max(at + by, 0), len(stored) - 1)
        show(row, stored[new], number=new + 1, of=len(stored))
    except EmbedLabError as error:
        _toast(error)


def follow_address(row: EmbeddingRow) -> None:
    """Show the bookmark that the address names, once. Call it before any widget of the map."""
    bookmark_id = st.query_params.get(ADDRESS)
    if bookmark_id is None:
        return
    # What the bookmark shows is in the address afterwards, and may be changed there.
    del st.query_params[ADDRESS]
    try:
        show_id(row, bookmark_id[:64])
    except EmbedLabError as error:
        _toast(error)


def _toast(error: EmbedLabError) -> None:
    notices.toast(plain(f"{error.what} {error.remedy}", 300), icon=":material/bookmark_remove:")
