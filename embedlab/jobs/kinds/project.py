"""The job that projects an embedding into two or three dimensions."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from embedlab.core.errors import CancelledError, NotFoundError, ParameterError
from embedlab.core.progress import part_of
from embedlab.exploration.selections.encoding import from_text
from embedlab.exploration.selections.selection import MOST_STEPS, Selection
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.kinds.base import Id, JobKind, Name, Request, Seed
from embedlab.jobs.kinds.embeddings import Maps, keep_clusters
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.not_computed import NotComputed
from embedlab.projections.registry import method as method_of
from embedlab.workspace.rows import JobRow
from embedlab.workspace.selections import LONGEST_ROWS
from embedlab.workspace.tables import projections
from embedlab.workspace.workspace import Workspace

#: Share of the progress bar for clusters, if they are missing; the rest is for the map.
_CLUSTERS_SHARE = 0.05


class ProjectRequest(Request):
    """A map: its embedding, method and parameters; `in_background` if no user requested it.

    An isolated map shows only some rows: `rows` is their text (`selections.encoding.as_text`), and `steps` says how
    they were selected.
    """

    embedding_id: Id
    method: Name
    n_components: Annotated[int, Field(ge=2, le=3)]
    parameters: dict[str, Any] = Field(default_factory=dict)
    seed: Seed = 0
    in_background: bool = False
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

    def prepared(self, workspace: Workspace, request: ProjectRequest) -> ProjectRequest:
        """Refuse invalid maps, and complete the parameters with all defaults."""
        row = workspace.embedding(request.embedding_id)
        method = method_of(request.method)
        if request.n_components not in method.dimensions:
            raise ParameterError(
                f"A map by {method.title} has {' or '.join(map(str, method.dimensions))} dimensions.",
                received=request.n_components,
            )
        parameters = method.parameters_class.checked(request.parameters)
        method.check(parameters, request.n_components, lambda: workspace.load_embedding(row.id))
        request.isolated(row.n_keys)
        # Requests of earlier versions have none of these, so they are stored only if they say something.
        extra: dict[str, Any] = {"in_background": True} if request.in_background else {}
        if request.rows:
            extra |= {"rows": request.rows, "steps": request.steps}
        return ProjectRequest(
            embedding_id=row.id,
            method=method.name,
            n_components=request.n_components,
            parameters=parameters.model_dump(mode="json"),
            seed=request.seed,
            **extra,
        )

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
    """Project an embedding and save the coordinates with the quality of the map."""
    embedding_id, n_components = request.embedding_id, request.n_components
    name = workspace.embedding(embedding_id).name
    embedding = workspace.load_embedding(embedding_id)
    # Embeddings of earlier versions have no clusters yet; the map is complete without them.
    NotComputed().attempt(
        "clusters",
        "The clusters",
        lambda: keep_clusters(
            workspace, context, embedding_id, embedding, name, part_of(context.report, 0.0, _CLUSTERS_SHARE)
        ),
    )
    isolated = request.isolated(embedding.n_keys)
    maps = Maps(
        workspace,
        context,
        embedding_id,
        embedding if isolated is None else embedding.subset(isolated.rows),
        method_of(request.method),
        [n_components],
        parameters=request.parameters,
        seed=request.seed,
        report=part_of(context.report, _CLUSTERS_SHARE, 1.0),
        isolated=isolated,
    )
    row = maps.keep(n_components)

    def store(connection: sa.Connection) -> None:
        workspace.catalog.insert(connection, projections, row)

    return Outcome({"projection_id": row["id"], "embedding_id": embedding_id}, store)
