"""The map as one HTML file that the browser saves."""

from __future__ import annotations

import json

from embedlab.core.errors import InputError
from embedlab.core.roles import border_of
from embedlab.figures.map.page import map_page
from embedlab.figures.map.source import picture_of
from embedlab.projections.registry import title_of
from embedlab.ui.map import isolated
from embedlab.ui.map.color_columns import cluster_layer
from embedlab.ui.map.trust import trust_columns
from embedlab.ui.shell import resources
from embedlab.workspace.bookmarks.bookmark import Camera, Ranges, view_of


def page_file(projection_id: str, color: str, view: str, picked: int | None) -> bytes:
    """Return the map of a projection as an HTML page in UTF-8.

    Parameters
    ----------
    projection_id
        Of the map.
    color
        The column that colors it, as the map names it; empty for a single color.
    view
        What is in view as JSON, from the browser; empty for the whole map.
    picked
        The row that is highlighted.

    Raises
    ------
    NotFoundError
        There is no such projection or column.
    InputError
        The view or the row is not valid.
    """
    workspace = resources.workspace()
    projection = workspace.projection(projection_id)
    row = workspace.embedding(projection.embedding_id)
    source_id = isolated.source_of(projection)
    embedding = isolated.load_points(source_id)
    if picked is not None and picked >= embedding.n_keys:
        raise InputError("This embedding has fewer keys.", received=picked)
    # The file has the coarsest clusters, whatever their layer on the map: it has no names by zoom.
    has_clusters = cluster_layer(color) is not None
    clusters = isolated.load_clusters(source_id) if has_clusters else None
    trust = trust_columns.map_colors(source_id, color)
    picture = picture_of(
        f"{row.title} · {title_of(projection.method)} {projection.n_components}-D",
        embedding,
        workspace.coordinates(projection_id),
        color=None if not color or has_clusters or trust is not None else color,
        clusters=clusters,
        colors=trust,
        view=_view(view),
        picked=picked,
        border=border_of(row.name, row.vector_size, projection.method),
    )
    return map_page(picture).encode("utf-8", errors="replace")


def _view(text: str) -> Ranges | Camera | None:
    if not text:
        return None
    try:
        view = view_of(json.loads(text))
    except (ValueError, RecursionError):
        view = None
    if view is None:
        raise InputError("This view is not valid.", received=text)
    return view
