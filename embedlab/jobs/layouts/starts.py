"""Where a layout starts: at the places of another map, so that points stay where people know them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import ConflictError, EmbedLabError
from embedlab.jobs.layouts.identity import layout_of
from embedlab.projections.pca import pca
from embedlab.projections.placing_many import place_rest
from embedlab.projections.points import Coordinates
from embedlab.projections.trust.neighbor_sample import NeighborSample
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow
from embedlab.workspace.tables import embeddings
from embedlab.workspace.workspace import Workspace

#: An earlier map gives a start only if it places at least this share of the keys.
LEAST_SHARED = 0.5
#: Earlier embeddings to consider, the newest first.
_MOST_EARLIER = 5
#: Neighbors of a key that are compared.
_N_COMPARED = 10
#: Above this, loading the keys of both would take longer than a better start saves.
_MOST_KEYS = 200_000


def start_of(workspace: Workspace, embedding_id: str, projection_id: str, n_components: int) -> Coordinates:
    """Return the coordinates of a map of the same embedding to start from.

    Raises
    ------
    ConflictError
        The map belongs to another embedding, is isolated, or has another number of dimensions.
    NotFoundError
        There is no such map.
    """
    row = workspace.projection(projection_id)
    if row.embedding_id != embedding_id:
        raise ConflictError("The map to start from belongs to another embedding.", received=projection_id)
    if row.n_isolated is not None:
        raise ConflictError(
            "A map cannot start from an isolated map: it lacks the other points.",
            remedy="Start from a map of all points.",
        )
    if row.n_components != n_components:
        raise ConflictError(
            f"A {n_components}-D map cannot start from a {row.n_components}-D map.", remedy="Start from PCA."
        )
    return workspace.coordinates(row.id)


def earlier_start(
    workspace: Workspace,
    row: EmbeddingRow,
    embedding: Embedding,
    sample: NeighborSample,
    method: str,
    n_components: int,
) -> tuple[ProjectionRow, Coordinates] | None:
    """Return the places of the keys on the map of an earlier embedding of the same dataset, if they are a good start.

    Keys that are new are placed at their nearest neighbors among the shared ones.

    Parameters
    ----------
    sample
        The true neighbors of a sample of the keys.
    method
        Only maps by this method are considered.

    Returns
    -------
    The earlier map and `(n_keys, n_components)` coordinates. None if there is no such map, it has fewer than half of
    the keys, or it keeps no more of the true neighbors than PCA does: then the models do not agree, and PCA is better.
    """
    if row.dataset_id is None or embedding.n_keys > _MOST_KEYS:
        return None
    same = [embeddings.c.dataset_id == row.dataset_id, embeddings.c.name == row.name, embeddings.c.id != row.id]
    for earlier in workspace.catalog.find(embeddings, *same, newest_first=True, most=_MOST_EARLIER):
        if earlier.created_at > row.created_at:
            continue
        maps = [
            each
            for each in workspace.projections(earlier.id)
            if (each.method, each.n_components) == (method, n_components) and "stopped_after" not in layout_of(each)
        ]
        try:
            start = _transferred(workspace, earlier, maps[-1], embedding) if maps else None
        except EmbedLabError:
            # The earlier embedding was deleted meanwhile, or is damaged: it is only a start.
            continue
        if start is not None:
            is_better = kept_neighbors(start, sample) > kept_neighbors(pca(embedding.vectors, n_components)[0], sample)
            return (maps[-1], start) if is_better else None
    return None


def _transferred(
    workspace: Workspace, earlier: EmbeddingRow, projection: ProjectionRow, embedding: Embedding
) -> Coordinates | None:
    known = workspace.load_embedding(earlier.id).key_to_index
    rows = np.array([at for at, key in enumerate(embedding.keys) if key in known], np.int64)
    if len(rows) < max(2, LEAST_SHARED * embedding.n_keys):
        return None
    places = workspace.coordinates(projection.id)[[known[embedding.keys[at]] for at in rows.tolist()]]
    shared = np.ascontiguousarray(embedding.vectors[rows])
    return place_rest(embedding.vectors, rows, shared, places, "cosine", report=_ignore)


def _ignore(share: float) -> None:
    del share


def kept_neighbors(coordinates: Coordinates, sample: NeighborSample) -> float:
    """Return the share of the 10 nearest neighbors of a sample that are among the nearest 10 points of a layout."""
    from scipy.spatial import cKDTree

    neighbors = sample.neighbors[:, :_N_COMPARED]
    n_neighbors = neighbors.shape[1]
    if n_neighbors == 0:
        return 0.0
    tree = cKDTree(coordinates)
    _, near = tree.query(np.asarray(coordinates)[sample.queries], k=n_neighbors + 1)
    is_kept: npt.NDArray[np.bool_] = (near[:, :, np.newaxis] == neighbors[:, np.newaxis]).any(axis=1)
    return float(is_kept.mean())
