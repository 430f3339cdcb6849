"""Jobs with real worker processes, which do next to nothing (`stub_worker`)."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from embedlab.core.errors import CancelledError, ConflictError, InputError, NotFoundError, StorageError
from embedlab.jobs import jobs as jobs_module
from embedlab.jobs.engine import heartbeat, locks, overseer, processes
from embedlab.jobs.jobs import Jobs, raise_error_of
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace
from tests.jobs.conftest import is_working, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stubs use POSIX signals and limits")


def _working(jobs: Jobs, job_id: str) -> None:
    wait_until(jobs, job_id, lambda row: is_working(jobs, row.id))


def _tidied(jobs: Jobs, job_id: str) -> None:
    """Wait until what a worker leaves behind is removed, by itself or by the next one who dispatches."""
    wait_until(jobs, job_id, lambda _: not (jobs.workspace.layout.job(job_id) / "scratch").exists())


def test_a_job_is_done_by_another_process(jobs: Jobs, submit) -> None:
    job_id = submit("count", steps=3)
    row = jobs.wait(job_id, timeout_s=60)
    assert row.status == Status.SUCCEEDED
    assert row.result is not None
    assert row.result["counted"] == 3
    assert row.result["pid"] != os.getpid()
    assert row.elapsed_s is not None
    assert 0.1 < row.elapsed_s < 60


def test_more_jobs_than_slots_are_all_done_and_never_more_at_once_than_slots(jobs: Jobs, submit) -> None:
    job_ids = [submit("count", steps=4) for _ in range(5)]
    most = 0
    while any(jobs.job(job_id).status.is_active for job_id in job_ids):
        jobs.dispatch()
        most = max(most, sum(row.status == Status.RUNNING for row in jobs.jobs(active=True)))
        time.sleep(0.02)
    assert [jobs.job(job_id).status for job_id in job_ids] == [Status.SUCCEEDED] * 5
    assert 1 <= most <= 2


def test_two_dispatchers_start_a_job_once(jobs: Jobs, workspace: Workspace, submit) -> None:
    second = Jobs(workspace)
    job_ids = [submit("count", steps=4) for _ in range(3)]
    threads = [threading.Thread(target=each.wait, args=(job_ids[-1], 60)) for each in (jobs, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for job_id in job_ids:
        row = jobs.wait(job_id, timeout_s=60)
        assert row.status == Status.SUCCEEDED
        assert row.attempt == 1


def test_a_queued_job_is_cancelled_at_once(jobs: Jobs, submit) -> None:
    job_id = submit("count", steps=3)
    assert jobs.cancel(job_id) == Status.CANCELLED
    jobs.dispatch()
    assert jobs.job(job_id).status == Status.CANCELLED
    with pytest.raises(ConflictError, match="already ended"):
        jobs.cancel(job_id)


def test_what_a_cancellation_waits_for_takes_less_than_two_seconds() -> None:
    by_itself_s = 2 * heartbeat._LISTEN_S + heartbeat._GRACE_S
    from_outside_s = overseer._CANCEL_PATIENCE_S + jobs_module._POLL_S + processes._KILL_PATIENCE_S
    assert max(by_itself_s, from_outside_s) < 2.0


# The bounds are generous, since a machine may stand still for a moment: none of these jobs would end by itself.
@pytest.mark.parametrize("kind", ["count", "deaf", "stone_deaf"])
def test_a_running_job_is_cancelled_soon(jobs: Jobs, submit, kind: str) -> None:
    job_id = submit(kind, steps=10_000)
    _working(jobs, job_id)
    worker = psutil.Process(jobs.job(job_id).worker["pid"])
    jobs.cancel(job_id)
    row = wait_until(jobs, job_id, lambda row: not row.status.is_active, timeout_s=30)
    assert row.status == Status.CANCELLED
    assert row.error["type"] == "CancelledError"
    worker.wait(timeout=30)
    _tidied(jobs, job_id)
    with pytest.raises(CancelledError):
        raise_error_of(row)


def test_a_kind_cancellation_needs_no_dispatcher(jobs: Jobs, workspace: Workspace, submit) -> None:
    job_id = submit("deaf")
    _working(jobs, job_id)
    jobs.cancel(job_id)
    end = time.monotonic() + 30
    while jobs.queue.job(job_id).status == Status.RUNNING and time.monotonic() < end:
        time.sleep(0.05)
    assert jobs.queue.job(job_id).status == Status.CANCELLED


def test_a_killed_worker_is_noticed_at_once_on_its_own_host(
    jobs: Jobs, submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its lease tells nothing.
    monkeypatch.setattr(overseer, "LEASE_S", 1e9)
    job_id = submit("deaf")
    _working(jobs, job_id)
    psutil.Process(jobs.job(job_id).worker["pid"]).kill()
    row = wait_until(jobs, job_id, lambda row: not row.status.is_active)
    assert row.status == Status.INTERRUPTED
    assert row.error["received"] == "at work, 0 %; ended by SIGKILL"
    assert row.error["remedy"].startswith("Restart it. If this happens again, the machine may be out of memory")
    _tidied(jobs, job_id)


def test_the_exit_code_of_a_worker_is_told_though_its_locks_are_released_first(
    jobs: Jobs, submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = submit("deaf")
    _working(jobs, job_id)
    monkeypatch.setattr(overseer, "_EXIT_PATIENCE_S", 60.0)
    monkeypatch.setattr(locks, "worker_lives", lambda folder: False)
    threading.Timer(0.5, psutil.Process(jobs.queue.job(job_id).worker["pid"]).kill).start()
    row = jobs.job(job_id)
    assert row.status == Status.INTERRUPTED
    assert row.error["received"] == "at work, 0 %; ended by SIGKILL"


@pytest.mark.slow
def test_a_killed_worker_is_noticed_by_its_lease_where_locks_say_nothing(
    jobs: Jobs, submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = submit("deaf")
    _working(jobs, job_id)
    monkeypatch.setattr(locks, "worker_lives", lambda folder: None)
    with monkeypatch.context() as patch:
        # The heartbeat comes late on a machine that stands still.
        patch.setattr(overseer, "LEASE_S", 60.0)
        assert jobs.job(job_id).status == Status.RUNNING
    psutil.Process(jobs.queue.job(job_id).worker["pid"]).kill()
    row = wait_until(jobs, job_id, lambda row: not row.status.is_active)
    assert row.status == Status.INTERRUPTED


def test_a_job_of_another_host_is_judged_by_its_lease(jobs: Jobs, submit, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = submit("count", steps=1)
    assert jobs.queue.claim(job_id, "token", {"host": "elsewhere", "pid": 1, "started": 0.0})
    monkeypatch.setattr(overseer, "LEASE_S", 60.0)
    assert jobs.job(job_id).status == Status.RUNNING
    monkeypatch.setattr(overseer, "LEASE_S", -1.0)
    assert jobs.job(job_id).status == Status.INTERRUPTED


def test_an_interrupted_job_is_started_again(jobs: Jobs, submit) -> None:
    job_id = submit("count", steps=2, first_steps=10_000)
    _working(jobs, job_id)
    psutil.Process(jobs.job(job_id).worker["pid"]).kill()
    wait_until(jobs, job_id, lambda row: row.status == Status.INTERRUPTED)
    with pytest.raises(ConflictError, match="no checkpoint to resume"):
        jobs.resume(job_id)
    assert jobs.restart(job_id).attempt == 2
    assert jobs.wait(job_id, timeout_s=60).status == Status.SUCCEEDED
    with pytest.raises(ConflictError):
        jobs.restart(job_id)


@pytest.mark.parametrize(("again", "started_at"), [("resume", 3), ("restart", 0)])
def test_a_training_goes_on_from_its_checkpoint_or_from_the_beginning(
    jobs: Jobs, submit, again: str, started_at: int
) -> None:
    job_id = submit("train", stop_after=3)
    _working(jobs, job_id)
    assert not jobs.can_resume(jobs.job(job_id))
    psutil.Process(jobs.job(job_id).worker["pid"]).kill()
    stopped = wait_until(jobs, job_id, lambda row: row.status == Status.INTERRUPTED)
    assert jobs.can_resume(stopped)
    assert stopped.error["received"] == "at work, 50 %; ended by SIGKILL"
    assert stopped.error["remedy"].startswith("Resume it from its last checkpoint, or restart it.")
    getattr(jobs, again)(job_id)
    row = jobs.wait(job_id, timeout_s=60)
    assert row.status == Status.SUCCEEDED
    assert row.result == {"started_at": started_at}
    assert [entry["epoch"] for entry in jobs.progress(job_id).history] == [1, 2, 3, 4, 5]
    assert not jobs.can_resume(row)


def test_a_worker_without_its_lease_ends_without_writing(jobs: Jobs, workspace: Workspace, submit) -> None:
    job_id = submit("lose_lease")
    _working(jobs, job_id)
    row = jobs.job(job_id)
    worker = psutil.Process(row.worker["pid"])
    assert jobs.queue.end_abandoned(row, Status.INTERRUPTED, {"type": "x", "what": "taken away"})
    worker.wait(timeout=60)
    assert not (workspace.settings.home / "written-too-late").exists()
    assert jobs.job(job_id).status == Status.INTERRUPTED


def test_a_job_whose_workers_die_at_start_fails_with_a_message(
    jobs: Jobs, submit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = tmp_path / "starts"
    monkeypatch.setenv("EMBEDLAB_TEST_DIES_AT_START", str(starts))
    job_id = submit("count", steps=1)
    row = jobs.wait(job_id, timeout_s=60)
    assert row.status == Status.FAILED
    assert "No worker process could be started" in row.error["what"]
    assert len(starts.read_text()) == 3
    monkeypatch.delenv("EMBEDLAB_TEST_DIES_AT_START")
    jobs.restart(job_id)
    assert jobs.wait(job_id, timeout_s=60).status == Status.SUCCEEDED


def test_a_worker_that_cannot_be_started_fails_the_job(
    jobs: Jobs, submit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processes, "WORKER_COMMAND", (str(tmp_path / "no-such-program"),))
    row = jobs.wait(submit("count", steps=1), timeout_s=30)
    assert row.status == Status.FAILED


@pytest.mark.parametrize(
    ("kind", "error", "exit_code"),
    [("refuse", InputError, 2), ("fill_disk", StorageError, 1), ("no_such", InputError, 2)],
)
def test_a_failure_comes_back_as_the_error_it_was(jobs: Jobs, submit, kind: str, error: type, exit_code: int) -> None:
    row = jobs.wait(submit(kind), timeout_s=60)
    assert row.status == Status.FAILED
    with pytest.raises(error) as caught:
        raise_error_of(row)
    assert caught.value.exit_code == exit_code
    if kind == "refuse":
        assert (caught.value.received, caught.value.remedy) == ("hotel", "Bring more text.")
    if kind == "fill_disk":
        assert caught.value.what == "The disk is full."
        runs = jobs.workspace.settings.home / "runs"
        assert list(runs.iterdir()) == []


def test_an_unforeseen_failure_tells_its_kind_and_logs_the_rest(jobs: Jobs, submit) -> None:
    row = jobs.wait(submit("crash"), timeout_s=60)
    assert row.status == Status.FAILED
    assert "ZeroDivisionError" in row.error["what"]
    assert "secret of the data" not in str(row.error)
    assert "secret of the data" in "\n".join(jobs.progress(row.id).log_tail)


def test_an_owner_neither_sees_nor_stops_the_jobs_of_another(jobs: Jobs, other_workspace: Workspace, submit) -> None:
    job_id = submit("count", steps=1)
    others = Jobs(other_workspace)
    assert others.jobs() == []
    others.dispatch()
    assert jobs.job(job_id).status == Status.QUEUED
    for attempt in (others.job, others.cancel, others.restart, others.resume, others.dismiss):
        with pytest.raises(NotFoundError):
            attempt(job_id)
    assert jobs.job(job_id).status == Status.QUEUED


def test_an_ended_job_is_dismissed_with_its_folder(jobs: Jobs, submit) -> None:
    job_id = submit("count", steps=2)
    with pytest.raises(ConflictError, match="still active"):
        jobs.dismiss(job_id)
    jobs.wait(job_id, timeout_s=60)
    jobs.dismiss(job_id)
    assert not jobs.workspace.layout.job(job_id).exists()
    with pytest.raises(NotFoundError):
        jobs.job(job_id)


def test_waiting_forgives_a_catalog_that_is_away(jobs: Jobs, submit, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = submit("count", steps=1)
    job, tries = jobs.job, []

    def flaky(job_id: str) -> object:
        tries.append(1)
        if len(tries) <= 3:
            raise sa.exc.OperationalError("SELECT", {}, Exception("database is locked"))
        return job(job_id)

    monkeypatch.setattr(jobs, "job", flaky)
    assert jobs.wait(job_id, timeout_s=60).status == Status.SUCCEEDED
    monkeypatch.setattr("embedlab.jobs.jobs._AWAY_PATIENCE_S", -1.0)
    tries.clear()
    with pytest.raises(sa.exc.OperationalError):
        jobs.wait(job_id)


def test_waiting_tells_progress_and_gives_up_in_time(jobs: Jobs, submit) -> None:
    job_id = submit("count", steps=10_000)
    seen: list[float] = []
    row = jobs.wait(job_id, timeout_s=0.0, on_progress=lambda row, progress: seen.append(progress.share_done))
    assert row.status.is_active
    assert len(seen) == 1


@pytest.mark.parametrize("job_id", ["../../etc", "", "a" * 12, "ABCDEFGHJKLM", "a/b"])
def test_hostile_ids_name_no_job(jobs: Jobs, job_id: str) -> None:
    for attempt in (jobs.job, jobs.cancel, jobs.restart, jobs.wait):
        with pytest.raises(NotFoundError):
            attempt(job_id)
