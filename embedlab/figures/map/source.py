"""A picture of a map from what is stored: projection, embedding and clusters."""

from __future__ import annotations

from typing import Final

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import NotFoundError
from embedlab.exploration.clusters import Clusters
from embedlab.figures.map.colors import MapColors, column_colors, group_colors
from embedlab.figures.map.picture import MapPicture

#: Name of the coloring by clusters, which is not a metadata column.
CLUSTERS: Final = "clusters"


def picture_of(
    title: str,
    embedding: Embedding,
    coordinates: Vectors,
    *,
    color: str | None = None,
    clusters: Clusters | None = None,
    border: float | None = None,
) -> MapPicture:
    """Return the picture of a map.

    Parameters
    ----------
    title
        What it shows.
    embedding, coordinates
        The names and metadata, and the `(n_keys, 2 or 3)` positions of the points.
    color
        A metadata column; None for a single color.
    clusters
        Color by these instead of a column.
    border
        As in `MapPicture`.

    Raises
    ------
    NotFoundError
        There is no such column.
    """
    return MapPicture(title, coordinates, embedding.labels, _colors(embedding, color, clusters), border=border)


def _colors(embedding: Embedding, color: str | None, clusters: Clusters | None) -> MapColors | None:
    if clusters is not None:
        rest = "stop words" if clusters.has_stop_words else "no cluster"
        return group_colors(clusters.codes, clusters.names, "Clusters", rest)
    if color is None:
        return None
    if color not in embedding.metadata.columns:
        known = ", ".join(map(str, embedding.metadata.columns[:20]))
        raise NotFoundError("There is no such column.", received=color, remedy=f"Known columns: {known or 'none'}.")
    return column_colors(embedding.metadata[color], color)
