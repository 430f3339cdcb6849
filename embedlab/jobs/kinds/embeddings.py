"""Keeping a fresh embedding: its files, its first maps (PCA), and the rows for the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError
from embedlab.core.files import atomic_folder, folder_size_bytes, write_json
from embedlab.core.progress import ReportProgress, ignore_progress, part_of
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.not_computed import NotComputed
from embedlab.projections.neighbor_sample import NeighborSample, sample_neighbors, vectors_digest
from embedlab.projections.pca import pca
from embedlab.projections.quality import projection_quality
from embedlab.workspace.catalogue import new_id
from embedlab.workspace.tables import EpochNow, embeddings, projections
from embedlab.workspace.workspace import Workspace

_FIRST_MAPS = (2, 3)
_NEIGHBORS_FILE = "neighbors.npz"
# Where on the bar the stages of PCA maps end: the components, and the neighbors that the maps are measured by.
_PCA_SHARE = 0.3
_FINDING_SHARE = 0.8
#: Of the neighbors' part: checking whether stored ones fit.
_CHECKING_SHARE = 0.1


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
    report: ReportProgress = ignore_progress,
) -> Kept:
    """Write an embedding and its PCA maps into the workspace's folder; it is kept whether or not it can be drawn."""
    embedding_id = new_id()
    folder = context.makes(workspace.layout.embedding(embedding_id))
    embedding.save(folder, {"name": name, "title": title, "run_id": run_id, "dataset_id": dataset_id})
    dimensions = [count for count in _FIRST_MAPS if min(embedding.vector_size, embedding.n_keys) >= count]
    first_maps = PcaMaps(workspace, context, embedding_id, embedding.vectors, dimensions, report)
    missing = NotComputed()
    maps = []
    for n_components in dimensions:
        drawn = missing.attempt(
            f"{name}_map_{n_components}d",
            f"The {n_components}-D map of the {name}",
            partial(first_maps.keep, n_components),
        )
        if drawn is not None:
            maps.append((projections, drawn))
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
    return Kept(embedding_id, ((embeddings, row), *maps), missing.reasons)


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


class PcaMaps:
    """PCA maps of an embedding: the components and the neighbors they are measured by are computed once for all.

    Parameters
    ----------
    dimensions
        The numbers of dimensions of the maps, in the order in which they are kept.
    report
        Told the share done of all maps together.
    """

    def __init__(
        self,
        workspace: Workspace,
        context: JobContext,
        embedding_id: str,
        vectors: Vectors,
        dimensions: Sequence[int],
        report: ReportProgress = ignore_progress,
    ) -> None:
        self._workspace = workspace
        self._context = context
        self._embedding_id = embedding_id
        self._vectors = vectors
        self._dimensions = dimensions
        self._report = report

    @cached_property
    def _components(self) -> tuple[Vectors, npt.NDArray[np.float64]]:
        return pca(self._vectors, max(self._dimensions), part_of(self._report, 0.0, _PCA_SHARE))

    @cached_property
    def _sample(self) -> NeighborSample:
        report = part_of(self._report, _PCA_SHARE, _FINDING_SHARE)
        return neighbor_sample(self._workspace, self._embedding_id, self._vectors, report)

    def keep(self, n_components: int) -> dict[str, Any]:
        """Write the coordinates of a map and return the row; raises `InputError` for vectors with NaN."""
        coordinates, variance_ratio = self._components
        step = (1.0 - _FINDING_SHARE) / len(self._dimensions)
        start = _FINDING_SHARE + self._dimensions.index(n_components) * step
        return keep_projection(
            self._workspace,
            self._context,
            self._embedding_id,
            self._vectors,
            # The first directions are the same whatever the number of them.
            coordinates[:, :n_components],
            method="pca",
            parameters={},
            seed=0,
            quality={"explained_variance_ratio": [float(share) for share in variance_ratio[:n_components]]},
            sample=lambda: self._sample,
            report=part_of(self._report, start, start + step),
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
    sample: Callable[[], NeighborSample],
    report: ReportProgress = ignore_progress,
) -> dict[str, Any]:
    """Write coordinates with how far they can be trusted, and return the row.

    Parameters
    ----------
    sample
        Returns the neighbors that the map is measured by (see `neighbor_sample`).

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
        "quality",
        "How far the map can be trusted",
        lambda: projection_quality(vectors, coordinates, seed, sample=sample(), report=report),
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
