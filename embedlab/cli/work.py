"""The workspace a command works on, and waiting for the jobs it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from embedlab.cli.output import ProgressLine, write_note
from embedlab.core.errors import ConflictError, NotFoundError
from embedlab.core.settings import load_settings

if TYPE_CHECKING:
    from embedlab.jobs.engine.progress import Progress
    from embedlab.jobs.jobs import Jobs
    from embedlab.workspace.rows import EmbeddingRow, JobRow
    from embedlab.workspace.workspace import Workspace

_LEAVING_PATIENCE_S = 10.0


@contextmanager
def opened_workspace() -> Iterator[Workspace]:
    """Open the workspace named by the environment."""
    from embedlab.workspace.workspace import Workspace

    workspace = Workspace.open(load_settings())
    try:
        yield workspace
    finally:
        workspace.close()


@contextmanager
def opened_jobs() -> Iterator[Jobs]:
    """Open the workspace with its jobs; those whose worker has died are noticed."""
    from embedlab.jobs.jobs import Jobs

    with opened_workspace() as workspace:
        jobs = Jobs(workspace)
        jobs.look_after()
        yield jobs


def follow(jobs: Jobs, job_id: str) -> JobRow:
    """Wait for the end of a job, showing its progress; Ctrl-C cancels it."""
    line = ProgressLine()
    told_waiting = False

    def show(row: JobRow, progress: Progress) -> None:
        nonlocal told_waiting
        if row.status == "queued":
            ahead = [each for each in jobs.jobs(active=True) if each.id != job_id] if not told_waiting else []
            if ahead:
                write_note(f"Waiting for a free slot; {len(ahead)} other jobs are active.")
            told_waiting = True
        elif row.status == "running":
            stage = "starting" if progress.stage == "waiting" else progress.stage
            line.show(progress.share_done, stage, progress.rate, progress.rate_unit, progress.eta_s)

    try:
        return jobs.wait(job_id, on_progress=show)
    except KeyboardInterrupt:
        with suppress(ConflictError):
            jobs.cancel(job_id)
        return jobs.wait(job_id, timeout_s=_LEAVING_PATIENCE_S)
    finally:
        line.end()


def find_embedding(workspace: Workspace, name: str) -> EmbeddingRow:
    """Return the embedding named by its id or as `RUN/name`; a run or dataset that has just one stands for it.

    Raises
    ------
    NotFoundError
        There is none of this name, or there are several to choose from.
    """
    try:
        return workspace.resolve_embedding(name)
    except NotFoundError:
        if "/" in name:
            raise
        of_it = workspace.embeddings(run_id=name) or [
            row for row in workspace.embeddings(dataset_id=name) if row.run_id is None
        ]
        if len(of_it) == 1:
            return of_it[0]
        if of_it:
            choices = ", ".join(f"{name}/{row.name}" for row in of_it)
            raise NotFoundError(
                "The run has several embeddings.", received=name, remedy=f"Choose one: {choices}."
            ) from None
        raise
