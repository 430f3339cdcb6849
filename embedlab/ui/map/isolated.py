"""The points that a map shows: those of its embedding, or only the rows of an isolated map.

Everything that the browser requests about points (labels, colors, neighbors, search) has the id of a source: of an
embedding, or of an isolated map, of which the rows are numbered from 0 like those of an embedding.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError
from embedlab.exploration.clusters import Clusters
from embedlab.ui.map import color_columns
from embedlab.ui.shell import resources
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow


def source_of(projection: ProjectionRow) -> str:
    """Return the id of the source of a map's points."""
    return projection.embedding_id if projection.n_isolated is None else projection.id


def _isolated_map(source_id: str) -> ProjectionRow | None:
    """Return the isolated map that is the source; None for an embedding. Raises `NotFoundError` if it is neither."""
    workspace = resources.workspace()
    try:
        workspace.embedding(source_id)
    except NotFoundError as error:
        try:
            row = workspace.projection(source_id)
        except NotFoundError:
            raise error from None
        if row.n_isolated is None:
            raise
        return row
    return None


def embedding_row(source_id: str) -> EmbeddingRow:
    """Return the row of the embedding of a source."""
    row = _isolated_map(source_id)
    return resources.workspace().embedding(source_id if row is None else row.embedding_id)


def rows_of(source_id: str) -> npt.NDArray[np.int64] | None:
    """Return the rows of the embedding that a source consists of; None if it is the whole embedding."""
    row = _isolated_map(source_id)
    return None if row is None else resources.workspace().isolated_rows(row.id)


def load_points(source_id: str) -> Embedding:
    """Return the points of a source, shared by all sessions; callers must not modify them.

    Raises
    ------
    NotFoundError
        There is no such embedding or isolated map.
    StorageError
        Its files are damaged.
    """
    row = _isolated_map(source_id)
    if row is None:
        return resources.load_embedding(source_id)

    def open_it() -> Embedding:
        rows = resources.workspace().isolated_rows(row.id)
        whole = resources.load_embedding(row.embedding_id)
        return whole if rows is None else whole.subset(rows)

    return resources.open_cached("isolated", row.id, open_it)


def load_clusters(source_id: str) -> Clusters | None:
    """Return the clusters of a source's points, which are those of the whole embedding; None if there are none."""
    row = _isolated_map(source_id)
    if row is None:
        return resources.load_clusters(source_id)
    clusters, rows = resources.load_clusters(row.embedding_id), resources.workspace().isolated_rows(row.id)
    if clusters is None or rows is None:
        return clusters
    finer = tuple(replace(layer, codes=layer.codes[rows]) for layer in clusters.finer or ())
    return replace(clusters, codes=clusters.codes[rows], finer=finer)


def load_column(source_id: str, name: str) -> color_columns.ColorColumn:
    """Return a column that colors a source's points; raises `NotFoundError` if there is none."""
    layer = color_columns.cluster_layer(name)
    if layer is not None or name == color_columns.LAYERS:
        clusters = load_clusters(source_id)
        if clusters is not None:
            return (
                color_columns.layers_column(clusters)
                if layer is None
                else color_columns.cluster_column(clusters, layer)
            )
    return color_columns.color_column(load_points(source_id).metadata, name)
