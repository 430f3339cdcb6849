"""What each kind of job does, one file a kind, imported only by the worker that needs it."""

from __future__ import annotations

from collections.abc import Callable

from embedlab.core.errors import InputError
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.workspace.rows import JobRow
from embedlab.workspace.workspace import Workspace

Handler = Callable[[Workspace, JobRow, JobContext], Outcome]


def _import(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    from embedlab.jobs.kinds.import_data import import_dataset

    return import_dataset(workspace, job, context)


def _download(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    from embedlab.jobs.kinds.download import download_data

    return download_data(workspace, job, context)


def _train(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    from embedlab.jobs.kinds.train import train_model

    return train_model(workspace, job, context)


def _project(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    from embedlab.jobs.kinds.project import project_embedding

    return project_embedding(workspace, job, context)


def _judge(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    from embedlab.jobs.kinds.judge import judge_runs

    return judge_runs(workspace, job, context)


def _stability(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    from embedlab.jobs.kinds.stability import compare_seeds

    return compare_seeds(workspace, job, context)


HANDLERS: dict[str, Handler] = {
    "import": _import,
    "download": _download,
    "train": _train,
    "project": _project,
    "judge": _judge,
    "stability": _stability,
}


def handler_of(kind: str) -> Handler:
    """Return what does jobs of a kind, or raise `InputError`."""
    try:
        return HANDLERS[kind]
    except KeyError:
        raise InputError("There is no such kind of job.", received=kind) from None
