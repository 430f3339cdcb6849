"""Saving a new embedding: its files, its first maps, and the rows for the catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import sqlalchemy as sa

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError
from embedlab.core.files import atomic_folder, folder_size_bytes, write_json
from embedlab.core.graph_file import load_graph
from embedlab.core.progress import ReportProgress, ignore_progress, part_of
from embedlab.core.roles import is_map, role
from embedlab.exploration.clusters import CLUSTERS_FILE, Clusters, find_clusters
from embedlab.exploration.near_duplicates import NEAR_DUPLICATES_FILE, NearDuplicates, find_near_duplicates
from embedlab.exploration.selections.selection import Selection
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.not_computed import NotComputed
from embedlab.projections.base import FitResult, ProjectionMethod
from embedlab.projections.context import ProjectionContext
from embedlab.projections.raw import Raw
from embedlab.projections.registry import METHODS
from embedlab.projections.trust.neighbor_sample import NeighborSample, sample_neighbors, vectors_digest
from embedlab.projections.trust.quality import projection_quality
from embedlab.workspace.catalog import new_id
from embedlab.workspace.layout import ISOLATED_ROWS_FILE
from embedlab.workspace.tables import EpochNow, embeddings, projections
from embedlab.workspace.workspace import Workspace

FitEach = Callable[[Vectors, Sequence[int], Any, ProjectionContext], list[FitResult]]
_NEIGHBORS_FILE = "neighbors.npz"
#: Share of the progress bar for the first maps; the rest is for clusters.
_MAPS_SHARE = 0.9
#: Share of that rest for near-duplicates.
_DUPLICATES_SHARE = 0.4
#: Share of the progress bar after the coordinates for finding the true neighbors; measuring the quality takes the rest.
_FINDING_SHARE = 0.7
#: Share of that part for checking whether stored neighbors are valid.
_CHECKING_SHARE = 0.1


@dataclass(frozen=True)
class SavedEmbedding:
    """A saved embedding with its maps, and the rows to insert into the catalog."""

    embedding_id: str
    name: str
    title: str
    n_keys: int
    vector_size: int
    rows: tuple[tuple[sa.Table, dict[str, Any]], ...]
    #: Why a first map is missing, by name.
    not_computed: dict[str, str]

    def store(self, workspace: Workspace, connection: sa.Connection) -> None:
        """Insert the rows."""
        for table, values in self.rows:
            workspace.catalog.insert(connection, table, values)


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
) -> SavedEmbedding:
    """Save an embedding and its first maps in the workspace; it is saved even if it has no map."""
    embedding_id = new_id()
    folder = context.makes(workspace.layout.embedding(embedding_id))
    embedding.save(folder, {"name": name, "title": title, "run_id": run_id, "dataset_id": dataset_id})
    n_components = min(embedding.vector_size, embedding.n_keys)
    methods = [
        (method, [count for count in method.first_dimensions if count <= n_components])
        for method in METHODS.values()
        if method.first_dimensions
    ]
    if is_map(name, embedding.vector_size):
        methods = [(METHODS[Raw.name], [embedding.vector_size])]
    missing = NotComputed()
    maps = []
    mapping = part_of(report, 0.0, _MAPS_SHARE)
    for number, (method, dimensions) in enumerate(methods):
        part_report = part_of(mapping, number / len(methods), (number + 1) / len(methods))
        method_maps = Maps(workspace, context, embedding_id, embedding, method, dimensions, report=part_report)
        # The first map is the default, so its method is not named.
        method_title = "" if number == 0 else f"{method.title} "
        prefix = f"{name}_map" if number == 0 else f"{name}_{method.name}_map"
        for count in dimensions:
            map_row = missing.attempt(
                f"{prefix}_{count}d", f"The {method_title}{count}-D map of the {name}", partial(method_maps.keep, count)
            )
            if map_row is not None:
                maps.append((projections, map_row))
    missing.attempt(
        f"{name}_clusters",
        f"The clusters of the {name}",
        lambda: keep_clusters(workspace, context, embedding_id, embedding, name, part_of(report, _MAPS_SHARE, 1.0)),
    )
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
    return SavedEmbedding(
        embedding_id,
        name,
        title,
        embedding.n_keys,
        embedding.vector_size,
        ((embeddings, row), *maps),
        missing.reasons,
    )


def keep_clusters(
    workspace: Workspace,
    context: JobContext,
    embedding_id: str,
    embedding: Embedding,
    name: str,
    report: ReportProgress = ignore_progress,
) -> None:
    """Store the clusters of an embedding and its near-duplicates with it, unless they are stored already.

    Parameters
    ----------
    name
        The name of the embedding in the catalog, which is its role.
    """
    folder = workspace.layout.embedding(embedding_id)
    # Do not recreate the folder of an embedding that was deleted meanwhile.
    if NearDuplicates.load(folder / NEAR_DUPLICATES_FILE, embedding.n_keys) is None:
        duplicates = find_near_duplicates(
            embedding, n_threads=context.n_threads, report=part_of(report, 0.0, _DUPLICATES_SHARE)
        )
        if folder.is_dir():
            duplicates.save(folder / NEAR_DUPLICATES_FILE)
    stored = Clusters.load(folder / CLUSTERS_FILE, embedding.n_keys)
    if stored is not None and stored.finer is not None:
        return
    clusters = find_clusters(
        embedding,
        english=role(name).english,
        left_out=role(name).shape_column,
        n_threads=context.n_threads,
        report=part_of(report, _DUPLICATES_SHARE, 1.0),
    )
    if clusters is not None and folder.is_dir():
        clusters.save(folder / CLUSTERS_FILE)
    report(1.0, "naming clusters")


def neighbor_sample(
    workspace: Workspace, embedding_id: str, vectors: Vectors, report: ReportProgress = ignore_progress
) -> NeighborSample:
    """Return the true neighbors of a sample of an embedding's keys, used to measure all of its maps.

    Computed for the first map and stored with the embedding; a stored sample of other vectors is replaced.
    """
    folder = workspace.layout.embedding(embedding_id)
    stored = NeighborSample.load(folder / _NEIGHBORS_FILE)
    if stored is not None and stored.digest == vectors_digest(vectors, part_of(report, 0.0, _CHECKING_SHARE)):
        return stored
    graph = load_graph(folder, len(vectors))
    sample = sample_neighbors(vectors, report=part_of(report, _CHECKING_SHARE, 1.0), graph=graph)
    # Do not recreate the folder of an embedding that was deleted meanwhile.
    if folder.is_dir():
        sample.save(folder / _NEIGHBORS_FILE)
    return sample


class Maps:
    """Maps of an embedding by one method; shared parts, such as the true neighbors, are computed once.

    Parameters
    ----------
    dimensions
        The numbers of dimensions of the maps, in the order in which they are saved.
    parameters
        Parameters of the method; its defaults if missing.
    fit_each
        Lays out the maps; by default `method.fit_each`.
    report
        Called with the completed share of all maps together.
    isolated
        The rows of the stored embedding that `embedding` has; None if it has all of them.
    """

    def __init__(
        self,
        workspace: Workspace,
        context: JobContext,
        embedding_id: str,
        embedding: Embedding,
        method: ProjectionMethod[Any],
        dimensions: Sequence[int],
        *,
        parameters: Mapping[str, Any] | None = None,
        seed: int = 0,
        fit_each: FitEach | None = None,
        report: ReportProgress = ignore_progress,
        isolated: Selection | None = None,
    ) -> None:
        self._workspace = workspace
        self._context = context
        self._embedding_id = embedding_id
        self._embedding = embedding
        self._vectors = embedding.vectors
        self._method = method
        self._dimensions = dimensions
        self._parameters = method.parameters_class.checked(parameters or {})
        self._seed = seed
        self._fit_each = fit_each or method.fit_each
        self._report = report
        self._isolated = isolated
        self._placed = method.share_of_bar
        self._found = self._placed + _FINDING_SHARE * (1.0 - self._placed)

    @cached_property
    def _fitted(self) -> dict[int, FitResult]:
        context = ProjectionContext(
            seed=self._seed,
            n_threads=self._context.n_threads,
            listener=part_of(self._report, 0.0, self._placed),
            keys=self._embedding.keys,
            labels=self._embedding.labels,
        )
        fits = self._fit_each(self._vectors, self._dimensions, self._parameters, context)
        return dict(zip(self._dimensions, fits, strict=True))

    @cached_property
    def _sample(self) -> NeighborSample:
        report = part_of(self._report, self._placed, self._found)
        if self._isolated is not None:
            # The stored sample is of all points.
            return sample_neighbors(self._vectors, report=report)
        return neighbor_sample(self._workspace, self._embedding_id, self._vectors, report)

    def keep(self, n_components: int) -> dict[str, Any]:
        """Save the coordinates of a map and return its row; raises `InputError` for vectors with NaN."""
        fitted = self._fitted[n_components]
        step = (1.0 - self._found) / len(self._dimensions)
        start = self._found + self._dimensions.index(n_components) * step
        return keep_projection(
            self._workspace,
            self._context,
            self._embedding_id,
            self._vectors,
            fitted.coordinates,
            method=self._method.name,
            parameters=self._parameters.model_dump(mode="json"),
            seed=self._seed,
            quality=fitted.facts,
            sample=lambda: self._sample,
            report=part_of(self._report, start, start + step),
            isolated=self._isolated,
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
    isolated: Selection | None = None,
) -> dict[str, Any]:
    """Save the coordinates of a map with its quality, and return its row.

    Parameters
    ----------
    sample
        Returns the true neighbors (see `neighbor_sample`).
    isolated
        The rows that the map shows; None if it shows all.

    Raises
    ------
    InputError
        The coordinates are not finite.
    """
    if not np.isfinite(coordinates).all():
        raise InputError("The projection gave no finite coordinates for these vectors.", remedy="Try another method.")
    projection_id = new_id()
    missing = NotComputed()
    measured = missing.attempt(
        "quality",
        "The quality of the map",
        lambda: projection_quality(vectors, coordinates, seed, sample=sample(), report=report),
    )
    facts = {} if isolated is None else {"isolated": {"n_points": isolated.count, "steps": list(isolated.steps)}}
    all_quality = missing.among(missing.finite({**quality, **(measured or {}), **facts}))
    about = {
        "id": projection_id,
        "embedding_id": embedding_id,
        "method": method,
        "n_components": int(coordinates.shape[1]),
        "parameters": dict(parameters),
        "seed": seed,
        "quality": all_quality,
    }
    with atomic_folder(context.makes(workspace.layout.projection(projection_id))) as temporary:
        np.save(temporary / "coordinates.npy", coordinates.astype(np.float32), allow_pickle=False)
        if isolated is not None:
            np.save(temporary / ISOLATED_ROWS_FILE, isolated.rows, allow_pickle=False)
        write_json(temporary / "projection.json", about)
    return {**about, "created_at": EpochNow()}
