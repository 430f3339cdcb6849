"""Keeping a fresh embedding: its files, its first maps (PCA), and the rows for the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from embedlab.embedding import Embedding, Vectors
from embedlab.evaluation.neighbor_sample import NeighborSample, sample_neighbors, vectors_digest
from embedlab.evaluation.projection import projection_quality
from embedlab.exploration.pca import pca
from embedlab.files import atomic_folder, folder_size_bytes, write_json
from embedlab.jobs.context import JobContext
from embedlab.progress import ReportProgress, ignore_progress, part_of
from embedlab.workspace.catalogue import new_id
from embedlab.workspace.tables import EpochNow, embeddings, projections
from embedlab.workspace.workspace import Workspace

_FIRST_MAPS = (2, 3)
_NEIGHBORS_FILE = "neighbors.npz"
# Shares of the bar of PCA maps: the coordinates, then the neighbors of a sample; measuring the maps takes the rest.
_PCA_SHARE = 0.3
_SAMPLE_SHARE = 0.5
#: Of the neighbors' part: checking whether stored ones fit.
_CHECKING_SHARE = 0.1


@dataclass(frozen=True)
class Kept:
    """Files in place and the rows that will make them known."""

    embedding_id: str
    rows: tuple[tuple[sa.Table, dict[str, Any]], ...]

    def store(self, workspace: Workspace, connection: sa.Connection) -> None:
        """Enter the rows."""
        for table, values in self.rows:
            workspace.catalogue.insert(connection, table, values)


def keep_embedding(
    workspace: Workspace,
    context: JobContext,
    embedding: Embedding,
    *,
    name: str,
    title: str,
    run_id: str | None,
    dataset_id: str,
    report: ReportProgress = ignore_progress,
) -> Kept:
    """Write an embedding, the neighbors of a sample of it, and its PCA maps into the workspace's folder."""
    embedding_id = new_id()
    folder = context.makes(workspace.layout.embedding(embedding_id))
    embedding.save(folder, {"name": name, "title": title, "run_id": run_id, "dataset_id": dataset_id})
    dimensions = [count for count in _FIRST_MAPS if min(embedding.vector_size, embedding.n_keys) >= count]
    maps = [
        (projections, row) for row in keep_pca(workspace, context, embedding_id, embedding.vectors, dimensions, report)
    ]
    row = {
        "id": embedding_id,
        "name": name,
        "title": title,
        "run_id": run_id,
        "dataset_id": dataset_id,
        "n_keys": embedding.n_keys,
        "vector_size": embedding.vector_size,
        "size_bytes": folder_size_bytes(folder),
        "created_at": EpochNow(),
    }
    return Kept(embedding_id, ((embeddings, row), *maps))


def neighbor_sample(
    workspace: Workspace, embedding_id: str, vectors: Vectors, report: ReportProgress = ignore_progress
) -> NeighborSample:
    """Return the neighbors of a sample of an embedding, which all of its maps are measured by.

    Computed for the first map and stored beside the embedding; a stored sample whose content does not fit is replaced.
    """
    folder = workspace.layout.embedding(embedding_id)
    stored = NeighborSample.load(folder / _NEIGHBORS_FILE)
    if stored is not None and stored.digest == vectors_digest(vectors, part_of(report, 0.0, _CHECKING_SHARE)):
        return stored
    sample = sample_neighbors(vectors, report=part_of(report, _CHECKING_SHARE, 1.0))
    # An embedding deleted in the meantime must not get its folder back.
    if folder.is_dir():
        sample.save(folder / _NEIGHBORS_FILE)
    return sample


def keep_pca(
    workspace: Workspace,
    context: JobContext,
    embedding_id: str,
    vectors: Vectors,
    dimensions: Sequence[int],
    report: ReportProgress = ignore_progress,
) -> list[dict[str, Any]]:
    """Project by PCA once, write the coordinates of a map for each number of dimensions, and return the rows."""
    if not dimensions:
        return []
    coordinates, variance_ratio = pca(vectors, max(dimensions), part_of(report, 0.0, _PCA_SHARE))
    measuring = _PCA_SHARE + _SAMPLE_SHARE
    sample = neighbor_sample(workspace, embedding_id, vectors, part_of(report, _PCA_SHARE, measuring))
    step = (1.0 - measuring) / len(dimensions)
    # The first directions are the same whatever the number of them.
    return [
        keep_projection(
            workspace,
            context,
            embedding_id,
            vectors,
            coordinates[:, :n_components],
            method="pca",
            parameters={},
            seed=0,
            quality={"explained_variance_ratio": [float(share) for share in variance_ratio[:n_components]]},
            sample=sample,
            report=part_of(report, measuring + number * step, measuring + (number + 1) * step),
        )
        for number, n_components in enumerate(dimensions)
    ]


def keep_projection(
    workspace: Workspace,
    context: JobContext,
    embedding_id: str,
    vectors: Vectors,
    coordinates: Vectors,
    *,
    method: str,
    parameters: Mapping[str, Any],
    seed: int,
    quality: Mapping[str, Any],
    sample: NeighborSample,
    report: ReportProgress = ignore_progress,
) -> dict[str, Any]:
    """Write coordinates with how far they can be trusted, and return the row."""
    projection_id = new_id()
    measured = projection_quality(vectors, coordinates, seed, sample=sample, report=report)
    about = {
        "id": projection_id,
        "embedding_id": embedding_id,
        "method": method,
        "n_components": int(coordinates.shape[1]),
        "parameters": dict(parameters),
        "seed": seed,
        "quality": {**quality, **measured},
    }
    with atomic_folder(context.makes(workspace.layout.projection(projection_id))) as temporary:
        np.save(temporary / "coordinates.npy", coordinates.astype(np.float32), allow_pickle=False)
        write_json(temporary / "projection.json", about)
    return {**about, "created_at": EpochNow()}
