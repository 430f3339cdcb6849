"""The job that projects an embedding into two or three dimensions."""

from __future__ import annotations

import sqlalchemy as sa

from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.kinds.embeddings import Maps
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.projections.registry import method as method_of
from embedlab.workspace.rows import JobRow
from embedlab.workspace.tables import projections
from embedlab.workspace.workspace import Workspace


def project_embedding(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Project the job's embedding and keep the coordinates with how far they can be trusted."""
    request = job.request
    embedding_id, n_components = request["embedding_id"], request["n_components"]
    embedding = workspace.load_embedding(embedding_id)
    maps = Maps(
        workspace,
        context,
        embedding_id,
        embedding.vectors,
        method_of(request["method"]),
        [n_components],
        parameters=request["parameters"],
        seed=request["seed"],
        report=context.report,
    )
    row = maps.keep(n_components)

    def store(connection: sa.Connection) -> None:
        workspace.catalogue.insert(connection, projections, row)

    return Outcome({"projection_id": row["id"], "embedding_id": embedding_id}, store)
