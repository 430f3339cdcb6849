"""The job that projects an embedding into two or three dimensions."""

from __future__ import annotations

import sqlalchemy as sa

from embedlab.errors import ParameterError
from embedlab.exploration.projection import TsneParameters, tsne
from embedlab.jobs.context import JobContext
from embedlab.jobs.handlers.embeddings import keep_pca, keep_projection, refuse_not_finite
from embedlab.jobs.handlers.outcome import Outcome
from embedlab.jobs.requests import METHODS
from embedlab.workspace.rows import JobRow
from embedlab.workspace.tables import projections
from embedlab.workspace.workspace import Workspace


def project_embedding(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Project the job's embedding and keep the coordinates with how far they can be trusted."""
    request = job.request
    embedding = workspace.load_embedding(request["embedding_id"])
    n_components, seed = request["n_components"], request["seed"]
    if request["method"] == "pca":
        row = keep_pca(workspace, context, request["embedding_id"], embedding.vectors, n_components)
    elif request["method"] == "tsne":
        refuse_not_finite(embedding.vectors)
        parameters = TsneParameters.model_validate(request["parameters"])
        coordinates = tsne(embedding.vectors, n_components, parameters, seed, context.n_threads, context.report)
        row = keep_projection(
            workspace,
            context,
            request["embedding_id"],
            embedding.vectors,
            coordinates,
            method="tsne",
            parameters=request["parameters"],
            seed=seed,
            quality={},
        )
    else:
        raise ParameterError(
            "There is no such projection.", received=request["method"], remedy=f"Choose one of {', '.join(METHODS)}."
        )

    def store(connection: sa.Connection) -> None:
        workspace.catalogue.insert(connection, projections, row)

    return Outcome({"projection_id": row["id"], "embedding_id": request["embedding_id"]}, store)
