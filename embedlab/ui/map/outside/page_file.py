"""The map as one HTML file that the browser saves."""

from __future__ import annotations

from embedlab.core.roles import border_of
from embedlab.figures.map.page import map_page
from embedlab.figures.map.picture import MapPicture
from embedlab.projections.registry import title_of
from embedlab.ui.map import isolated
from embedlab.ui.map.outside.seen import SeenMap
from embedlab.ui.shell import resources


def page_file(projection_id: str, content: bytes) -> bytes:
    """Return the map of a projection, as it is seen, as an HTML page in UTF-8.

    Parameters
    ----------
    projection_id
        Of the map.
    content
        What the browser draws, see `SeenMap`: points may move, colors depend on the theme, and some are hidden.

    Raises
    ------
    NotFoundError
        There is no such projection.
    InputError
        The content is not valid.
    """
    workspace = resources.workspace()
    projection = workspace.projection(projection_id)
    row = workspace.embedding(projection.embedding_id)
    embedding = isolated.load_points(isolated.source_of(projection))
    seen = SeenMap(content, embedding.n_keys)
    picture = MapPicture(
        f"{row.title} · {title_of(projection.method)} {projection.n_components}-D",
        seen.coordinates,
        [embedding.labels[at] for at in seen.rows.tolist()],
        view=seen.view,
        picked=seen.picked,
        border=border_of(row.name, row.vector_size, projection.method),
        n_all=embedding.n_keys if len(seen.rows) < embedding.n_keys else None,
        look=seen.look,
    )
    return map_page(picture).encode("utf-8", errors="replace")
