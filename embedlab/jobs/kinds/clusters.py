"""The job that finds the clusters of an embedding that has none: those of earlier versions."""

from __future__ import annotations

from embedlab.core.errors import CancelledError, NotFoundError
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.kinds.base import Id, JobKind, Request
from embedlab.jobs.kinds.embeddings import keep_clusters
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.workspace.rows import JobRow
from embedlab.workspace.workspace import Workspace


class ClustersRequest(Request):
    """The embedding; `in_background` if no user requested its clusters."""

    embedding_id: Id
    in_background: bool = False


class FindClusters(JobKind[ClustersRequest]):
    """Finds and names the clusters of an embedding."""

    name = "clusters"
    request_class = ClustersRequest

    def title(self, workspace: Workspace, request: ClustersRequest) -> str:
        """Return the embedding."""
        return f"Clusters of {workspace.embedding(request.embedding_id).title}"

    def handle(self, workspace: Workspace, job: JobRow, request: ClustersRequest, context: JobContext) -> Outcome:
        """Find them; cancelled if the embedding was deleted meanwhile."""
        del job
        try:
            row = workspace.embedding(request.embedding_id)
        except NotFoundError as error:
            raise CancelledError("The embedding was deleted.", received=error.received) from error
        keep_clusters(workspace, context, row.id, workspace.load_embedding(row.id), row.name, context.report)
        return Outcome({"embedding_id": row.id}, lambda _: None)
