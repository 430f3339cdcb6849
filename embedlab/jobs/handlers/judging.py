"""The job that judges finished runs again, or imported vectors, by what is kept with their dataset now."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from embedlab.errors import NotFoundError, StorageError
from embedlab.evaluation.judging import JUDGED
from embedlab.files import read_json, write_json
from embedlab.jobs.context import JobContext
from embedlab.jobs.handlers.outcome import Outcome
from embedlab.jobs.judging import judge_for_dataset, judged_embedding
from embedlab.workspace.rows import JobRow
from embedlab.workspace.tables import runs
from embedlab.workspace.workspace import Workspace


def judge_runs(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Judge the job's runs; what training itself found out about them stays.

    The scores of imported vectors are in the job's result alone.
    """
    dataset_id, run_ids = job.request["dataset_id"], job.request["run_ids"]
    named = [(run_id, None) for run_id in run_ids] + [(None, each) for each in job.request["embedding_ids"]]
    judged: dict[str, dict[str, Any]] = {}
    vectors: dict[str, dict[str, Any]] = {}
    for number, (run_id, embedding_id) in enumerate(named):

        def report(share: float, stage: str, number: int = number) -> None:
            context.report((number + share) / len(named), stage)

        # It may have been deleted since the job was asked for.
        with suppress(NotFoundError):
            row = workspace.embedding(embedding_id) if embedding_id else judged_embedding(workspace, run_id or "")
            if row is not None:
                embedding = workspace.load_embedding(row.id)
                scores = judge_for_dataset(workspace, dataset_id, {row.name: embedding}, report)
                if run_id is not None:
                    judged[run_id] = scores
                else:
                    vectors[row.id] = scores

    def store(connection: sa.Connection) -> None:
        for run_id, scores in judged.items():
            before = connection.execute(sa.select(runs.c.scores).where(runs.c.id == run_id)).scalar_one_or_none()
            kept = {name: value for name, value in (before or {}).items() if name not in JUDGED}
            connection.execute(sa.update(runs).where(runs.c.id == run_id).values(scores={**kept, **scores}))

    def afterwards() -> None:
        # The run's folder explains itself; the catalogue is the truth.
        for run_id in judged:
            with suppress(NotFoundError, StorageError):
                path = workspace.run_folder(run_id) / "run.json"
                write_json(path, {**read_json(path), "scores": workspace.run(run_id).scores})

    return Outcome({"dataset_id": dataset_id, "scores": judged, "embeddings": vectors}, store, afterwards)
