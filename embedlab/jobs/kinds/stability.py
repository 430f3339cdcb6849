"""The job that compares trainings that differ only in their seed, after they have ended."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from embedlab.core.roles import noun
from embedlab.evaluation.scores import score_title
from embedlab.evaluation.stability import neighbor_stability
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.judging import judged_embedding
from embedlab.jobs.kinds.base import Id, JobKind, Request
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.kinds.rescoring import add_scores, update_folders
from embedlab.jobs.not_computed import NOT_COMPUTED, NotComputed
from embedlab.jobs.stability import SCORE, repeats_of, save_stability
from embedlab.workspace.rows import JobRow
from embedlab.workspace.workspace import Workspace


class CompareSeedsRequest(Request):
    """A run, the number of seeds to compare, and the trainings to wait for."""

    run_id: Id
    n_seeds: Annotated[int, Field(ge=2, le=1000)]
    after: list[Id] = Field(default_factory=list)


class CompareSeeds(JobKind[CompareSeedsRequest]):
    """Compares trainings that differ only in their seed."""

    name = "stability"
    request_class = CompareSeedsRequest

    def title(self, workspace: Workspace, request: CompareSeedsRequest) -> str:
        """Return the title with the name of the run."""
        return f"Compare the seeds of {workspace.run(request.run_id).name}"

    def handle(self, workspace: Workspace, job: JobRow, request: CompareSeedsRequest, context: JobContext) -> Outcome:
        """Compare them."""
        del job
        return compare_seeds(workspace, request, context)


def compare_seeds(workspace: Workspace, request: CompareSeedsRequest, context: JobContext) -> Outcome:
    """Compare a run with its repeats; each of them stores the result among its scores."""
    repeats = repeats_of(workspace, workspace.run(request.run_id))[: request.n_seeds]
    rows = [(run, judged_embedding(workspace, run.id)) for run in repeats]
    compared = [(run, workspace.load_embedding(row.id)) for run, row in rows if row is not None]
    stability = neighbor_stability([embedding for _, embedding in compared], report=context.report)
    missing = NotComputed()
    name = next((row.name for _, row in rows if row is not None), "")
    score = missing.attempt(SCORE, "The stability", lambda: stability.score(noun(name, 2)))
    scores = missing.among(missing.finite({} if score is None else {SCORE: score}, score_title))
    if SCORE in scores:
        for run, _ in compared:
            save_stability(workspace, run, stability)

    run_ids = [run.id for run, _ in compared]

    def store(connection: sa.Connection) -> None:
        for run_id in sorted(run_ids):
            add_scores(connection, run_id, scores)

    result = {"run_ids": run_ids, "score": scores.get(SCORE), NOT_COMPUTED: missing.reasons}
    return Outcome(result, store, lambda: update_folders(workspace, run_ids))
