"""The job that evaluates finished runs or imported vectors by the current checks and files of their dataset."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from embedlab.core.errors import NotFoundError, StorageError
from embedlab.core.progress import ReportProgress
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.judging import judge_for_dataset, judged_embedding
from embedlab.jobs.kinds.base import Id, JobKind, Request
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.kinds.rescoring import add_scores, update_folders
from embedlab.jobs.not_computed import JUDGING, NOT_COMPUTED, NotComputed
from embedlab.tasks.yardsticks import JUDGED
from embedlab.workspace.rows import EmbeddingRow, JobRow
from embedlab.workspace.workspace import Workspace


class JudgeRequest(Request):
    """Runs on a dataset, or imported vectors."""

    dataset_id: Id
    run_ids: list[Id] = Field(default_factory=list)
    embedding_ids: list[Id] = Field(default_factory=list)


class Judge(JobKind[JudgeRequest]):
    """Evaluates finished runs again."""

    name = "judge"
    request_class = JudgeRequest

    def title(self, workspace: Workspace, request: JudgeRequest) -> str:
        """Return what is evaluated."""
        return f"Evaluate {'runs on ' if request.run_ids else ''}{workspace.dataset(request.dataset_id).name}"

    def handle(self, workspace: Workspace, job: JobRow, request: JudgeRequest, context: JobContext) -> Outcome:
        """Evaluate them."""
        del job
        return judge_runs(workspace, request, context)


def judge_runs(workspace: Workspace, request: JudgeRequest, context: JobContext) -> Outcome:
    """Evaluate the requested runs; the scores from their training are kept.

    The scores of imported vectors are stored only in the job's result.
    """
    dataset_id = request.dataset_id
    named: list[tuple[str | None, str | None]] = [(run_id, None) for run_id in request.run_ids]
    named += [(None, embedding_id) for embedding_id in request.embedding_ids]
    judged: dict[str, dict[str, Any]] = {}
    vectors: dict[str, dict[str, Any]] = {}
    for number, (run_id, embedding_id) in enumerate(named):

        def report(share: float, stage: str, number: int = number) -> None:
            context.report((number + share) / len(named), stage)

        # It may have been deleted since the job was queued.
        with suppress(NotFoundError):
            row = workspace.embedding(embedding_id) if embedding_id else judged_embedding(workspace, run_id or "")
            if row is not None:
                scores = _judge_embedding(workspace, dataset_id, row, report)
                if run_id is not None:
                    judged[run_id] = scores
                else:
                    vectors[row.id] = scores

    def store(connection: sa.Connection) -> None:
        for run_id, scores in sorted(judged.items()):
            add_scores(connection, run_id, scores, instead_of=JUDGED)

    return Outcome(
        {"dataset_id": dataset_id, "scores": judged, "embeddings": vectors},
        store,
        lambda: update_folders(workspace, judged),
    )


def _judge_embedding(
    workspace: Workspace, dataset_id: str, row: EmbeddingRow, report: ReportProgress
) -> dict[str, Any]:
    """Evaluate one embedding; if that fails, return the reason, so that the others are still evaluated."""
    missing = NotComputed()
    try:
        embedding = workspace.load_embedding(row.id)
    except StorageError as error:
        return {NOT_COMPUTED: {JUDGING: f"The embedding could not be opened: {error.what}"}}
    scores = missing.attempt(
        JUDGING, "The evaluation", lambda: judge_for_dataset(workspace, dataset_id, {row.name: embedding}, report)
    )
    return missing.among(scores or {})
