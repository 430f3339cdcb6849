"""Opening the workspace of a command, and waiting for its jobs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from embedlab.cli.output import ProgressLine, write_note
from embedlab.core.durations import time_left
from embedlab.core.errors import ConflictError, NotFoundError
from embedlab.core.settings import load_settings

if TYPE_CHECKING:
    from embedlab.jobs.engine.progress import Progress
    from embedlab.jobs.jobs import Jobs
    from embedlab.workspace.rows import EmbeddingRow, JobRow
    from embedlab.workspace.workspace import Workspace

_CANCEL_TIMEOUT_S = 10.0


@contextmanager
def opened_workspace() -> Iterator[Workspace]:
    """Open the workspace that the environment sets."""
    from embedlab.workspace.workspace import Workspace

    workspace = Workspace.open(load_settings())
    try:
        yield workspace
    finally:
        workspace.close()


@contextmanager
def opened_jobs() -> Iterator[Jobs]:
    """Open the workspace with its jobs, and mark jobs whose worker has died."""
    from embedlab.jobs.jobs import Jobs

    with opened_workspace() as workspace:
        jobs = Jobs(workspace)
        jobs.look_after()
        yield jobs


def follow(jobs: Jobs, job_id: str) -> JobRow:
    """Wait for the end of a job and show its progress; Ctrl-C cancels it."""
    line = ProgressLine()
    has_noted_queue = False

    def show(row: JobRow, progress: Progress) -> None:
        nonlocal has_noted_queue
        if row.status == "queued":
            ahead = [each for each in jobs.jobs(active=True) if each.id != job_id] if not has_noted_queue else []
            if ahead:
                write_note(f"Waiting for a free slot; {len(ahead)} other jobs are active.")
            has_noted_queue = True
        elif row.status == "running":
            stage = "starting" if progress.stage == "waiting" else progress.stage
            eta_s = progress.eta_s
            left = "" if eta_s is None else time_left(eta_s, progress.eta_low_s, progress.eta_high_s)
            line.show(progress.share_done, stage, progress.rate, progress.rate_unit, left)

    try:
        return jobs.wait(job_id, on_progress=show)
    except KeyboardInterrupt:
        with suppress(ConflictError):
            jobs.cancel(job_id)
        return jobs.wait(job_id, timeout_s=_CANCEL_TIMEOUT_S)
    finally:
        line.end()


def find_embedding(workspace: Workspace, name: str) -> EmbeddingRow:
    """Return the embedding with an id or `RUN/name`, or the only embedding of a run or dataset.

    Raises
    ------
    NotFoundError
        There is no such embedding, or the run has several.
    """
    try:
        return workspace.resolve_embedding(name)
    except NotFoundError:
        if "/" in name:
            raise
        candidates = workspace.embeddings(run_id=name) or [
            row for row in workspace.embeddings(dataset_id=name) if row.run_id is None
        ]
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            choices = ", ".join(f"{name}/{row.name}" for row in candidates)
            raise NotFoundError(
                "The run has several embeddings.", received=name, remedy=f"Choose one: {choices}."
            ) from None
        raise
