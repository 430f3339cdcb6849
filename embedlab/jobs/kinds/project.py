"""The job that projects an embedding into two or three dimensions."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa

from embedlab.core.errors import ParameterError
from embedlab.core.progress import part_of
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.kinds.embeddings import PcaMaps, keep_projection, neighbor_sample
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.requests import METHODS
from embedlab.projections.projecting import TsneParameters, tsne
from embedlab.workspace.rows import JobRow
from embedlab.workspace.tables import projections
from embedlab.workspace.workspace import Workspace

# Where on the bar the stages of a t-SNE map end: its coordinates, and the neighbors that it is measured by.
_PLACING_SHARE = 0.9
_FINDING_SHARE = 0.97


def project_embedding(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Project the job's embedding and keep the coordinates with how far they can be trusted."""
    request = job.request
    embedding = workspace.load_embedding(request["embedding_id"])
    n_components, seed = request["n_components"], request["seed"]
    if request["method"] == "pca":
        maps = PcaMaps(workspace, context, request["embedding_id"], embedding.vectors, [n_components], context.report)
        row = maps.keep(n_components)
    elif request["method"] == "tsne":
        parameters = TsneParameters.model_validate(request["parameters"])
        placing = part_of(context.report, 0.0, _PLACING_SHARE)
        coordinates = tsne(embedding.vectors, n_components, parameters, seed, context.n_threads, placing)
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
            sample=partial(
                neighbor_sample,
                workspace,
                request["embedding_id"],
                embedding.vectors,
                part_of(context.report, _PLACING_SHARE, _FINDING_SHARE),
            ),
            report=part_of(context.report, _FINDING_SHARE, 1.0),
        )
    else:
        raise ParameterError(
            "There is no such projection.", received=request["method"], remedy=f"Choose one of {', '.join(METHODS)}."
        )

    def store(connection: sa.Connection) -> None:
        workspace.catalogue.insert(connection, projections, row)

    return Outcome({"projection_id": row["id"], "embedding_id": request["embedding_id"]}, store)
