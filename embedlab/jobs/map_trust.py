"""How far to trust the maps of a workspace at each point: distortion, distorted pairs, and stability over seeds."""

from __future__ import annotations

import logging

from embedlab.core.embedding import Vectors
from embedlab.core.errors import NotFoundError, StorageError
from embedlab.core.graph_file import GraphRows, load_graph
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.jobs.judging import judged_embedding
from embedlab.jobs.kinds.embeddings import neighbor_sample
from embedlab.jobs.stability import SCORE, StoredStability, load_stability
from embedlab.projections.trust.distortion import Distortion, map_distortion
from embedlab.projections.trust.neighbor_sample import sample_neighbors, vectors_digest
from embedlab.projections.trust.torn_pairs import DistortedPairs, distorted_pairs
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow, RunRow
from embedlab.workspace.workspace import Workspace

#: File in a map's folder with its distortion; a cache.
DISTORTION_FILE = "distortion.npz"
_log = logging.getLogger("embedlab.jobs")


def distortion_of(workspace: Workspace, projection_id: str, report: ReportProgress = ignore_progress) -> Distortion:
    """Return the distortion of a map at each point, computed at the first request and then stored with the map.

    Raises
    ------
    NotFoundError, StorageError
        The map does not exist, or its files are damaged.
    """
    row = workspace.projection(projection_id)
    folder = workspace.layout.projection(row.id)
    coordinates = workspace.coordinates(row.id)
    stored = Distortion.load(folder / DISTORTION_FILE, len(coordinates))
    if stored is not None:
        return stored
    vectors = _shown_vectors(workspace, row)
    distortion = map_distortion(vectors, coordinates, report=report, graph=_graph_of(workspace, row, vectors))
    try:
        distortion.save(folder / DISTORTION_FILE)
    except (FileNotFoundError, StorageError):
        # It is computed again next time: the disk is full, or the map was deleted meanwhile.
        _log.warning("the distortion of map %s could not be stored", row.id, exc_info=True)
    return distortion


def pairs_of(workspace: Workspace, projection_id: str, report: ReportProgress = ignore_progress) -> DistortedPairs:
    """Return the most distorted pairs of a map; raises as `distortion_of`."""
    row = workspace.projection(projection_id)
    vectors = _shown_vectors(workspace, row)
    if row.n_isolated is None:
        sample = neighbor_sample(workspace, row.embedding_id, vectors, report)
    else:
        sample = sample_neighbors(vectors, "cosine", report=report)
    return distorted_pairs(vectors, workspace.coordinates(row.id), sample)


def _graph_of(workspace: Workspace, row: ProjectionRow, vectors: Vectors) -> GraphRows | None:
    """Return the stored nearest neighbors of the points of a map; None if there are none, or of other vectors."""
    if row.n_isolated is not None:
        return None
    graph = load_graph(workspace.layout.embedding(row.embedding_id), len(vectors))
    if graph is None or graph.digest != vectors_digest(vectors):
        return None
    # A damaged file.
    return graph.rows if 0 <= graph.rows.min() <= graph.rows.max() < len(vectors) else None


def _shown_vectors(workspace: Workspace, row: ProjectionRow) -> Vectors:
    """Return the vectors of the points of a map: of its embedding, or of the rows that it isolates."""
    vectors, rows = workspace.load_embedding(row.embedding_id).vectors, workspace.isolated_rows(row.id)
    return vectors if rows is None else vectors[rows]


def has_stability(workspace: Workspace, embedding: EmbeddingRow, run: RunRow | None) -> bool:
    """Return whether the neighbors in an embedding were compared with those of other seeds.

    Parameters
    ----------
    run
        The run that trained the embedding, if any.
    """
    return run is not None and SCORE in run.scores and can_have_stability(workspace, embedding, run)


def can_have_stability(workspace: Workspace, embedding: EmbeddingRow, run: RunRow | None) -> bool:
    """Return whether it is the embedding of its run whose neighbors are compared over seeds."""
    judged = None if run is None else judged_embedding(workspace, run.id)
    return judged is not None and judged.id == embedding.id


def stability_of(workspace: Workspace, embedding_id: str) -> StoredStability:
    """Return the stability over seeds of an embedding's keys.

    Raises
    ------
    NotFoundError
        The embedding does not exist, or no seeds were compared.
    StorageError
        The stored shares are damaged.
    """
    row = workspace.embedding(embedding_id)
    run = None if row.run_id is None else workspace.run(row.run_id)
    stored = load_stability(workspace, run) if run is not None and has_stability(workspace, row, run) else None
    if stored is None:
        raise NotFoundError(
            "The stability of this embedding was not measured.",
            received=embedding_id,
            remedy="Compare seeds on the page of its run.",
        )
    return stored
