"""The map itself, and what the user's actions on it change."""

from __future__ import annotations

import streamlit as st

from embedlab.core.embedding import COUNT_COLUMN
from embedlab.core.roles import border_of
from embedlab.exploration.asking.drawing import Drawing
from embedlab.ui.map import appearance, axes, color_columns, drawn_query, pictures
from embedlab.ui.map.bookmarks import shown
from embedlab.ui.map.clusters import cluster_panel
from embedlab.ui.map.component import (
    BookmarkEvent,
    ClearQueryEvent,
    GroupEvent,
    MapEvent,
    MomentEvent,
    OutsideEvent,
    PickEvent,
    PlaceEvent,
    SelectionEvent,
    StepEvent,
    embedlab_map,
)
from embedlab.ui.map.film import replay
from embedlab.ui.map.live_layout import watched
from embedlab.ui.map.new_map import projection_jobs
from embedlab.ui.map.options import projection_title
from embedlab.ui.map.outside import highlights
from embedlab.ui.map.selecting import state
from embedlab.ui.map.selecting.applying import apply_changes
from embedlab.ui.map.trust import compared, trust_columns
from embedlab.ui.map.view import PICKED, TAB, View
from embedlab.ui.shell import current, resources

_KEY = "map"


def draw_map(view: View) -> None:
    """Draw the map."""
    sized = st.session_state.get("map:size", False) and COUNT_COLUMN in view.embedding.metadata.columns
    embedlab_map(
        view.projection.id,
        view.source_id,
        n_points=view.embedding.n_keys,
        n_components=view.projection.n_components,
        color=trust_columns.for_browser(view.color, view.projection.id),
        clusters=color_columns.LAYERS if view.has_clusters else None,
        clusters_version=resources.clusters_version(view.row.id),
        appearance=appearance.read(view.row.id),
        size=COUNT_COLUMN if sized else None,
        pictures=pictures.for_browser(view) if st.session_state.get(pictures.SHOWN, True) else None,
        mark=pictures.mark_column(view.row, view.embedding),
        axes=axes.for_browser(view.projection),
        circle=border_of(view.row.name, view.row.vector_size, view.projection.method),
        labels="frequent" if st.session_state.get("map:names", True) else "picked",
        picked=view.picked,
        word=view.word,
        query=drawn_query.as_data(view.query, view.drawing, view.embedding, view.projection.id)
        if view.query is not None and isinstance(view.drawing, Drawing)
        else None,
        selection=state.for_browser(view.source_id, view.embedding.n_keys),
        min_count=view.rarity.min_count,
        live=watched(projection_jobs(view.row.id)) if view.projection.n_isolated is None else None,
        film=view.row.run_id if view.film is not None else None,
        moment=replay.moment() if view.film is not None else None,
        compare=compared.is_on(),
        title=f"{view.row.title} · {projection_title(view.projection)}",
        bookmark=shown.for_browser(view.row.id),
        view=shown.view_for_browser(view.projection.id),
        on_event=lambda event: on_event(view, event),
        key=_KEY,
    )


def on_event(view: View, event: MapEvent) -> None:
    """Apply a user action on the map to the current key or the selection."""
    match event:
        case PickEvent(index):
            current.put("key", None if index is None else view.embedding.keys[index])
            st.session_state[TAB] = PICKED if view.film is None else replay.TAB
        case PlaceEvent(word):
            current.put("key", word)
            st.session_state[TAB] = PICKED
        case SelectionEvent(value):
            apply_changes(view, value)
        case GroupEvent(layer, group):
            cluster_panel.choose_group(view, layer, group)
        case ClearQueryEvent():
            drawn_query.clear()
        case BookmarkEvent(in_view, frame):
            shown.offer(view, in_view, frame if view.film is not None else None)
        case MomentEvent(frame):
            replay.go_to(view.film, frame)
        case OutsideEvent():
            highlights.show(view.row)
        case StepEvent(by):
            shown.step(view.row, by)
