"""Keeping a fresh embedding: its files, its first maps (PCA), and the rows for the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import sqlalchemy as sa

from embedlab.embedding import Embedding, Vectors
from embedlab.errors import InputError
from embedlab.evaluation.projection import projection_quality
from embedlab.exploration.projection import pca
from embedlab.files import atomic_folder, folder_size_bytes, write_json
from embedlab.jobs.context import JobContext
from embedlab.jobs.not_computed import NotComputed
from embedlab.workspace.catalogue import new_id
from embedlab.workspace.tables import EpochNow, embeddings, projections
from embedlab.workspace.workspace import Workspace

_FIRST_MAPS = (2, 3)


@dataclass(frozen=True)
class Kept:
    """Files in place and the rows that will make them known."""

    embedding_id: str
    rows: tuple[tuple[sa.Table, dict[str, Any]], ...]
    #: Why a first map is missing, by name.
    not_computed: dict[str, str]

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
) -> Kept:
    """Write an embedding and its PCA maps into the workspace's folder; it is kept whether or not it can be drawn."""
    embedding_id = new_id()
    folder = context.makes(workspace.layout.embedding(embedding_id))
    embedding.save(folder, {"name": name, "title": title, "run_id": run_id, "dataset_id": dataset_id})
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
    missing = NotComputed()
    maps = []
    for n_components in _FIRST_MAPS:
        if min(embedding.vector_size, embedding.n_keys) >= n_components:
            drawn = missing.attempt(
                f"{name}_map_{n_components}d",
                f"The {n_components}-D map of the {name}",
                partial(keep_pca, workspace, context, embedding_id, embedding.vectors, n_components),
            )
            if drawn is not None:
                maps.append((projections, drawn))
    return Kept(embedding_id, ((embeddings, row), *maps), missing.reasons)


def refuse_not_finite(vectors: Vectors) -> None:
    """Raise `InputError` when vectors cannot be drawn because they hold NaN or infinity."""
    if not np.isfinite(vectors).all():
        raise InputError(
            "The vectors hold numbers that are not finite, so they cannot be drawn.",
            remedy="The training may have diverged: train again with a smaller learning rate.",
        )


def keep_pca(
    workspace: Workspace, context: JobContext, embedding_id: str, vectors: Vectors, n_components: int
) -> dict[str, Any]:
    """Project by PCA, write the coordinates, and return the row; raises `InputError` for vectors with NaN."""
    refuse_not_finite(vectors)
    coordinates, variance_ratio = pca(vectors, n_components)
    quality = {"explained_variance_ratio": [float(share) for share in variance_ratio]}
    return keep_projection(
        workspace, context, embedding_id, vectors, coordinates, method="pca", parameters={}, seed=0, quality=quality
    )


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
) -> dict[str, Any]:
    """Write coordinates with how far they can be trusted, and return the row.

    Raises
    ------
    InputError
        The coordinates are not finite, so they are no map.
    """
    if not np.isfinite(coordinates).all():
        raise InputError("No finite coordinates were found for these vectors.", remedy="Try another projection.")
    projection_id = new_id()
    missing = NotComputed()
    measured = missing.attempt(
        "quality", "How far the map can be trusted", lambda: projection_quality(vectors, coordinates, seed)
    )
    trust = missing.among(missing.finite({**quality, **(measured or {})}))
    about = {
        "id": projection_id,
        "embedding_id": embedding_id,
        "method": method,
        "n_components": int(coordinates.shape[1]),
        "parameters": dict(parameters),
        "seed": seed,
        "quality": trust,
    }
    with atomic_folder(context.makes(workspace.layout.projection(projection_id))) as temporary:
        np.save(temporary / "coordinates.npy", coordinates.astype(np.float32), allow_pickle=False)
        write_json(temporary / "projection.json", about)
    return {**about, "created_at": EpochNow()}
