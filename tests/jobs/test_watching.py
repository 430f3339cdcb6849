from __future__ import annotations

import pytest

from embedlab.jobs.jobs import Jobs
from embedlab.workspace.rows import ACTIVE, ENDED, Status
from embedlab.workspace.tables import jobs as jobs_table
from embedlab.workspace.workspace import Workspace


@pytest.fixture
def jobs(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """Jobs that start no worker."""
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    return Jobs(workspace)


def _queued(jobs: Jobs, kind: str, request: dict[str, object], status: Status = Status.QUEUED) -> str:
    with jobs.workspace.transaction() as connection:
        job_id = jobs.queue.submit(connection, kind, kind, request)
        connection.execute(jobs_table.update().where(jobs_table.c.id == job_id).values(status=status))
    return job_id


def test_jobs_about_something_are_those_whose_request_names_it(jobs: Jobs) -> None:
    mine = [_queued(jobs, "project", {"embedding_id": "a" * 12}) for _ in range(3)]
    _queued(jobs, "project", {"embedding_id": "b" * 12})
    _queued(jobs, "judge", {"embedding_id": "a" * 12})
    _queued(jobs, "project", {})
    assert {job.id for job in jobs.about("project", "embedding_id", "a" * 12, most=9)} == set(mine)
    assert len(jobs.about("project", "embedding_id", "a" * 12, most=2)) == 2


def test_other_jobs_are_counted_and_listed_without_trainings(jobs: Jobs) -> None:
    waiting = _queued(jobs, "import", {})
    failed = _queued(jobs, "project", {}, Status.FAILED)
    _queued(jobs, "train", {})
    _queued(jobs, "train", {}, Status.FAILED)
    assert [job.id for job in jobs.others(ACTIVE)] == [waiting]
    assert [job.id for job in jobs.others(ENDED)] == [failed]
    assert jobs.n_others(ENDED) == 1
    assert jobs.n_active() == 2
