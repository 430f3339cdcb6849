"""What the kinds of jobs do: one file a kind."""

from __future__ import annotations

from collections.abc import Callable

from embedlab.errors import InputError
from embedlab.jobs.context import JobContext
from embedlab.jobs.handlers import importing, projecting, training
from embedlab.jobs.handlers.outcome import Outcome
from embedlab.workspace.rows import JobRow
from embedlab.workspace.workspace import Workspace

Handler = Callable[[Workspace, JobRow, JobContext], Outcome]

HANDLERS: dict[str, Handler] = {
    importing.KIND: importing.import_dataset,
    training.KIND: training.train_model,
    projecting.KIND: projecting.project_embedding,
}


def handler_of(kind: str) -> Handler:
    """Return what does jobs of a kind, or raise `InputError`."""
    try:
        return HANDLERS[kind]
    except KeyError:
        raise InputError("There is no such kind of job.", received=kind) from None
