"""The job that projects an embedding into two or three dimensions."""

from __future__ import annotations

import shutil
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError, NotFoundError, ParameterError
from embedlab.core.files import atomic_folder, write_json
from embedlab.core.progress import part_of
from embedlab.exploration.selections.encoding import from_text
from embedlab.exploration.selections.selection import MOST_STEPS, Selection
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.kinds.base import Id, JobKind, Name, Request, Seed
from embedlab.jobs.kinds.embeddings import Maps, keep_clusters, neighbor_sample
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.layouts.identity import find_layout
from embedlab.jobs.layouts.making import Layout, Start
from embedlab.jobs.layouts.starts import earlier_start, start_of
from embedlab.jobs.not_computed import NotComputed
from embedlab.projections.registry import method as method_of
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import EmbeddingRow, JobRow, ProjectionRow
from embedlab.workspace.selections import LONGEST_ROWS
from embedlab.workspace.tables import EpochNow, projections
from embedlab.workspace.workspace import Workspace

#: Share of the progress bar for clusters, if they are missing; the rest is for the map.
_CLUSTERS_SHARE = 0.05


class ProjectRequest(Request):
    """A map: its embedding, method and parameters.

    Parameters
    ----------
    start_from
        A map of the same embedding to start from.
    from_earlier
        Start from the map of an earlier embedding of the same dataset, if that is a good start.
    in_background
        No user requested it.
    stop_early, paused
        Set by the user while it runs.
    rows, steps
        An isolated map shows only some rows: their text (`selections.encoding.as_text`), and how they were selected.
    """

    embedding_id: Id
    method: Name
    n_components: Annotated[int, Field(ge=2, le=3)]
    parameters: dict[str, Any] = Field(default_factory=dict)
    seed: Seed = 0
    start_from: Id | None = None
    from_earlier: bool = False
    in_background: bool = False
    stop_early: bool = False
    paused: bool = False
    rows: Annotated[str, Field(max_length=LONGEST_ROWS)] = ""
    steps: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=MOST_STEPS)] = Field(
        default_factory=list
    )

    def isolated(self, n_keys: int) -> Selection | None:
        """Return the rows of an isolated map; None for a map of all rows.

        Raises
        ------
        ParameterError
            The rows do not exist.
        """
        if not self.rows:
            return None
        selection = from_text(self.rows, n_keys, *self.steps)
        if selection is None or not selection.count:
            raise ParameterError("The rows of the isolated map do not exist.", received=self.rows)
        return selection


class Project(JobKind[ProjectRequest]):
    """Computes another map of an embedding."""

    name = "project"
    request_class = ProjectRequest
    can_stop_early = True
    can_pause = True

    def prepared(self, workspace: Workspace, request: ProjectRequest) -> ProjectRequest:
        """Refuse invalid maps, and complete the parameters with all defaults."""
        row = workspace.embedding(request.embedding_id)
        method = method_of(request.method)
        if request.n_components not in method.dimensions:
            raise ParameterError(
                f"A map by {method.title} has {' or '.join(map(str, method.dimensions))} dimensions.",
                received=request.n_components,
            )
        isolated = request.isolated(row.n_keys)
        parameters = method.completed(request.parameters, row.n_keys if isolated is None else isolated.count)
        method.check(parameters, request.n_components, lambda: workspace.load_embedding(row.id))
        if request.start_from is not None:
            if not method.can_start or request.rows:
                raise ParameterError(f"A map by {method.title} of these points cannot start from another map.")
            start_of(workspace, row.id, request.start_from, request.n_components)
        # Fields that were not set stay out of the stored request, as in those of earlier versions.
        changes = {"embedding_id": row.id, "parameters": parameters.model_dump(mode="json"), "seed": request.seed}
        return request.model_copy(update=changes)

    def title(self, workspace: Workspace, request: ProjectRequest) -> str:
        """Return the method and the embedding."""
        row = workspace.embedding(request.embedding_id)
        isolated = request.isolated(row.n_keys)
        points = "" if isolated is None else f"{isolated.count:,} points of "
        return f"{method_of(request.method).title} map of {points}{row.title}"

    def handle(self, workspace: Workspace, job: JobRow, request: ProjectRequest, context: JobContext) -> Outcome:
        """Project it; a map that no user requested is dropped if the embedding was deleted meanwhile."""
        del job
        if request.in_background:
            try:
                workspace.embedding(request.embedding_id)
            except NotFoundError as error:
                raise CancelledError("The embedding was deleted.", received=error.received) from error
        return project_embedding(workspace, request, context)


def project_embedding(workspace: Workspace, request: ProjectRequest, context: JobContext) -> Outcome:
    """Project an embedding and save the coordinates with the quality of the map.

    A layout that exists in the workspace is not computed again; the result then has `reused`.
    """
    row = workspace.embedding(request.embedding_id)
    embedding = workspace.load_embedding(row.id)
    # Embeddings of earlier versions have no clusters yet; the map is complete without them.
    NotComputed().attempt(
        "clusters",
        "The clusters",
        lambda: keep_clusters(
            workspace, context, row.id, embedding, row.name, part_of(context.report, 0.0, _CLUSTERS_SHARE)
        ),
    )
    method = method_of(request.method)
    parameters = method.parameters_class.checked(request.parameters)
    isolated = request.isolated(embedding.n_keys)
    points = embedding if isolated is None else embedding.subset(isolated.rows)
    start = _start(workspace, request, row, embedding, context)
    layout = Layout(
        workspace,
        context,
        row.id,
        points,
        method,
        request.n_components,
        parameters,
        request.seed,
        start,
        None if isolated is None else isolated.rows,
    )
    context.report(_CLUSTERS_SHARE, "looking for the same map")
    same = None if isolated is not None else find_layout(workspace, layout.key, method.name, row.id)
    if same is not None and same.embedding_id == row.id:
        result = {"projection_id": same.id, "embedding_id": row.id, "reused": True}
        return Outcome(result, lambda _: None)
    if same is not None:
        values = _copied(workspace, context, same, row.id)
    else:
        maps = Maps(
            workspace,
            context,
            row.id,
            points,
            method,
            [request.n_components],
            parameters=request.parameters,
            seed=request.seed,
            fit_each=layout.fit_each,
            report=part_of(context.report, _CLUSTERS_SHARE, 1.0),
            isolated=isolated,
        )
        values = maps.keep(request.n_components)

    def store(connection: sa.Connection) -> None:
        workspace.catalog.insert(connection, projections, values)

    result = {"projection_id": values["id"], "embedding_id": row.id}
    return Outcome({**result, "reused": True} if same is not None else result, store)


def _start(
    workspace: Workspace, request: ProjectRequest, row: EmbeddingRow, embedding: Embedding, context: JobContext
) -> Start | None:
    if request.start_from is not None:
        coordinates = start_of(workspace, row.id, request.start_from, request.n_components)
        return Start(request.start_from, coordinates)
    if not request.from_earlier or not method_of(request.method).can_start:
        return None
    context.report(_CLUSTERS_SHARE, "comparing with the earlier map")
    sample = neighbor_sample(workspace, row.id, embedding.vectors)
    found = earlier_start(workspace, row, embedding, sample, request.method, request.n_components)
    if found is None:
        return None
    projection, coordinates = found
    return Start(projection.id, coordinates, workspace.embedding(projection.embedding_id).title)


def _copied(workspace: Workspace, context: JobContext, same: ProjectionRow, embedding_id: str) -> dict[str, Any]:
    """Save a map of equal vectors as a map of this embedding, and return its row."""
    projection_id = new_id()
    about = {
        "id": projection_id,
        "embedding_id": embedding_id,
        "method": same.method,
        "n_components": same.n_components,
        "parameters": same.parameters,
        "seed": same.seed,
        "quality": same.quality,
    }
    with atomic_folder(context.makes(workspace.layout.projection(projection_id))) as temporary:
        shutil.copyfile(workspace.layout.projection(same.id) / "coordinates.npy", temporary / "coordinates.npy")
        write_json(temporary / "projection.json", about)
    return {**about, "created_at": EpochNow()}
