"""A worker in this very process: what it does at the end of its work, whatever comes between."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from embedlab.core.errors import CancelledError, ConflictError, NotFoundError
from embedlab.jobs.engine import heartbeat, locks, worker
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.kinds.registry import LOADED
from embedlab.workspace.rows import JobRow, Status
from embedlab.workspace.workspace import Workspace
from tests.jobs.stub_kinds import StubKind

Submit = Callable[..., str]


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Outcome]], None]:
    """Let jobs of the kind `stub` do something."""

    def does(handler: Callable[..., Outcome]) -> None:
        monkeypatch.setitem(LOADED, "stub", StubKind("stub", handler))

    return does


def _write(workspace: Workspace, job: JobRow, context: JobContext) -> Path:
    made = context.makes(workspace.layout.run(job.id))
    made.mkdir()
    return made


def _nothing(connection: sa.Connection) -> None:
    del connection


def test_work_is_done_once_and_tidied_up(workspace: Workspace, submit: Submit, does) -> None:
    after: list[str] = []

    def handler(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
        _write(workspace, job, context)
        return Outcome({"done": True}, _nothing, lambda: after.append(job.id))

    does(handler)
    job_id = submit("stub")
    assert worker.execute(workspace, job_id)
    assert not worker.execute(workspace, job_id)
    row = Queue(workspace.catalog).job(job_id)
    assert (row.status, row.result, after) == (Status.SUCCEEDED, {"done": True}, [job_id])
    assert workspace.layout.run(job_id).exists()
    assert not (workspace.layout.job(job_id) / "scratch").exists()
    assert locks.free_slots(workspace.layout.locks, 2) == 2


def test_long_clean_up_is_not_cut_off_by_the_lease(
    workspace: Workspace, submit: Submit, does, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []
    monkeypatch.setattr("embedlab.jobs.engine.heartbeat.os._exit", ended.append)
    does(lambda *_: Outcome({}, _nothing, lambda: time.sleep(1.0)))
    worker.execute(workspace, submit("stub"))
    assert ended == []


def test_every_sign_of_life_of_the_work_is_heard(
    workspace: Workspace, submit: Submit, does, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.settings = workspace.settings.model_copy(update={"stalled_after_s": 60})
    heard: list[object] = []
    limits: list[float] = []

    class Listening(heartbeat.Silence):
        def __init__(self, limit_s: float) -> None:
            limits.append(limit_s)
            super().__init__(limit_s)

        def lasts(self, sign: object) -> bool:
            heard.append(sign)
            return super().lasts(sign)

    def handler(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
        for _ in range(3):
            context.report(0.5, "at work")
            end = time.monotonic() + 60.0
            while context.n_signs not in heard and time.monotonic() < end:
                time.sleep(0.01)
        return Outcome({}, _nothing)

    monkeypatch.setattr(heartbeat, "_LISTEN_S", 0.01)
    monkeypatch.setattr(heartbeat, "Silence", Listening)
    does(handler)
    worker.execute(workspace, submit("stub"))
    assert limits == [60]
    assert {1, 2, 3} <= set(heard)


def test_a_result_whose_ground_is_gone_fails_and_leaves_nothing(workspace: Workspace, submit: Submit, does) -> None:
    def store(connection: sa.Connection) -> None:
        raise sa.exc.IntegrityError("INSERT", {}, Exception("foreign key"))

    def handler(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
        _write(workspace, job, context)
        return Outcome({}, store)

    does(handler)
    job_id = submit("stub")
    worker.execute(workspace, job_id)
    row = Queue(workspace.catalog).job(job_id)
    assert row.status == Status.FAILED
    assert row.error["type"] == ConflictError.__name__
    assert not workspace.layout.run(job_id).exists()


def test_a_job_taken_away_meanwhile_keeps_nothing(
    workspace: Workspace, submit: Submit, does, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedlab.jobs.engine.heartbeat._LISTEN_S", 60.0)
    queue = Queue(workspace.catalog)

    def handler(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
        _write(workspace, job, context)
        assert queue.end_abandoned(queue.job(job.id), Status.INTERRUPTED, {"type": "x", "what": "y"})
        return Outcome({}, _nothing, lambda: pytest.fail("nothing may follow"))

    does(handler)
    job_id = submit("stub")
    worker.execute(workspace, job_id)
    assert queue.job(job_id).status == Status.INTERRUPTED
    assert not workspace.layout.run(job_id).exists()


def test_a_database_that_is_away_for_a_moment_costs_no_result(
    workspace: Workspace, submit: Submit, does, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_FINISH_PAUSES_S", (0.0, 0.0, 0.0))
    finish, tries = Queue.finish, []

    def flaky(queue: Queue, *arguments: object, **options: object) -> bool:
        tries.append(1)
        if len(tries) == 3:
            # The answer is lost although the change has come through.
            finish(queue, *arguments, **options)
        if len(tries) <= 3:
            raise sa.exc.OperationalError("UPDATE", {}, Exception("database is locked"))
        return finish(queue, *arguments, **options)

    monkeypatch.setattr(Queue, "finish", flaky)
    after: list[int] = []

    def handler(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
        _write(workspace, job, context)
        return Outcome({"n": 1}, _nothing, lambda: after.append(1))

    does(handler)
    job_id = submit("stub")
    worker.execute(workspace, job_id)
    assert Queue(workspace.catalog).job(job_id).status == Status.SUCCEEDED
    assert workspace.layout.run(job_id).exists()
    assert after == [1]


def test_no_slot_no_work(workspace: Workspace, submit: Submit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_PATIENCE_S", 0.1)
    held = [locks.hold_slot(workspace.layout.locks, 2) for _ in range(2)]
    job_id = submit("count", steps=1)
    assert not worker.execute(workspace, job_id)
    assert Queue(workspace.catalog).job(job_id).status == Status.QUEUED
    assert all(held)


def test_hostile_job_ids_do_nothing(workspace: Workspace) -> None:
    for job_id in ("../../x", "", "abcdefghijkm"):
        with pytest.raises(NotFoundError):
            worker.execute(workspace, job_id)
    assert list((workspace.settings.home / "jobs").iterdir()) == []


def test_what_an_earlier_attempt_has_left_is_gone_before_the_work_begins(
    workspace: Workspace, submit: Submit, does
) -> None:
    job_id = submit("stub")
    # As a version without journals has left it: the run's folder, and nothing that tells of it.
    workspace.layout.run(job_id).mkdir()
    seen: list[bool] = []

    def handler(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
        seen.append(workspace.layout.run(job.id).exists())
        _write(workspace, job, context)
        return Outcome({}, _nothing)

    does(handler)
    assert worker.execute(workspace, job_id)
    assert seen == [False]
    assert Queue(workspace.catalog).job(job_id).status == Status.SUCCEEDED


def test_what_cannot_be_taken_back_is_told_before_the_work_and_not_after_it(
    workspace: Workspace, submit: Submit, does, monkeypatch: pytest.MonkeyPatch
) -> None:
    does(lambda *_: pytest.fail("nothing may begin"))
    monkeypatch.setattr(worker, "settle", lambda *_: False)
    job_id = submit("stub")
    worker.execute(workspace, job_id)
    row = Queue(workspace.catalog).job(job_id)
    assert row.status == Status.FAILED
    assert "cannot be deleted" in row.error["what"]


def test_a_job_that_another_worker_has_taken_up_is_left_to_it(
    workspace: Workspace, submit: Submit, does, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedlab.jobs.engine.heartbeat._LISTEN_S", 60.0)
    queue = Queue(workspace.catalog)

    def handler(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
        _write(workspace, job, context)
        assert queue.end_abandoned(queue.job(job.id), Status.INTERRUPTED, {"type": "x", "what": "y"})
        queue.requeue(job.id, resumed=False)
        assert queue.claim(job.id, "another", {"host": "elsewhere", "pid": 1, "started": 0.0})
        return Outcome({}, _nothing)

    does(handler)
    job_id = submit("stub")
    worker.execute(workspace, job_id)
    assert queue.job(job_id).token == "another"
    assert workspace.layout.run(job_id).exists()
    assert (workspace.layout.job(job_id) / "made.jsonl").exists()


@pytest.mark.parametrize("error", [sa.exc.OperationalError, sa.exc.InterfaceError], ids=["operational", "interface"])
def test_results_wait_for_a_database_that_is_away_for_minutes(
    workspace: Workspace, submit: Submit, does, monkeypatch: pytest.MonkeyPatch, error: type[sa.exc.DBAPIError]
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(worker.time, "sleep", waited.append)
    finish = Queue.finish

    def away(queue: Queue, *arguments: object, **options: object) -> bool:
        if sum(waited) < 300.0:
            raise error("UPDATE", {}, Exception("the server is restarting"))
        return finish(queue, *arguments, **options)

    monkeypatch.setattr(Queue, "finish", away)

    def handler(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
        _write(workspace, job, context)
        return Outcome({"n": 1}, _nothing)

    does(handler)
    job_id = submit("stub")
    worker.execute(workspace, job_id)
    assert Queue(workspace.catalog).job(job_id).status == Status.SUCCEEDED
    assert workspace.layout.run(job_id).exists()


def test_a_clean_up_that_fails_takes_nothing_from_a_job_that_is_done(
    workspace: Workspace, submit: Submit, does
) -> None:
    def afterwards() -> None:
        raise OSError("a file in the way")

    def handler(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
        _write(workspace, job, context)
        return Outcome({"n": 1}, _nothing, afterwards)

    does(handler)
    job_id = submit("stub")
    worker.execute(workspace, job_id)
    assert Queue(workspace.catalog).job(job_id).status == Status.SUCCEEDED
    assert workspace.layout.run(job_id).exists()


@pytest.mark.parametrize("error", [ValueError("no"), CancelledError("stop")], ids=["failed", "cancelled"])
def test_an_upload_made_by_a_job_that_stops_goes_too(
    workspace: Workspace, submit: Submit, does, error: Exception
) -> None:
    def handler(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
        context.makes(workspace.layout.upload(job.id)).write_bytes(b"x")
        raise error

    does(handler)
    job_id = submit("stub")
    worker.execute(workspace, job_id)
    assert not workspace.layout.upload(job_id).exists()
