"""The fixtures of the jobs' tests."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psutil
import pytest

from embedlab.jobs.engine import processes
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.rows import JobRow, Status
from embedlab.workspace.workspace import Workspace
from tests.workspaces import database_url, other_workspace, settings, workspace

__all__ = ["database_url", "other_workspace", "settings", "workspace"]


@pytest.fixture
def jobs(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """Jobs whose workers know the handlers of `stub_worker`; no worker outlives the test."""
    monkeypatch.setattr(processes, "WORKER_COMMAND", (sys.executable, "-P", "-m", "tests.jobs.engine.stub_worker"))
    made = Jobs(workspace)
    yield made
    workers = [row.worker for row in made.jobs() if row.worker is not None]
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
    for worker in workers:
        processes.kill(worker)


@pytest.fixture
def submit(workspace: Workspace) -> Callable[..., str]:
    """Queue a job of a stub's kind without starting anything."""

    def submit(kind: str, **request: Any) -> str:
        from embedlab.jobs.engine.queue import Queue

        with workspace.transaction() as connection:
            return Queue(workspace.catalog).submit(connection, kind, f"a {kind}", request)

    return submit


def wait_until(jobs: Jobs, job_id: str, condition: Callable[[JobRow], bool], timeout_s: float = 60.0) -> JobRow:
    """Dispatch until a job meets a condition, at least once."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        jobs.dispatch()
        row = jobs.job(job_id)
        if condition(row):
            return row
        time.sleep(0.05)
    log = jobs.progress(job_id).log_tail
    raise AssertionError(f"the job did not get there: {jobs.job(job_id)}, log {log}")


def is_working(jobs: Jobs, job_id: str) -> bool:
    """Tell whether a job's handler has begun."""
    return jobs.job(job_id).status == Status.RUNNING and jobs.progress(job_id).stage == "at work"
