"""The queue: every change of a status is guarded, whoever makes it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from embedlab.core.errors import ConflictError, NotFoundError
from embedlab.core.settings import Settings
from embedlab.jobs.engine.queue import Queue
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import projections
from embedlab.workspace.workspace import Workspace

Submit = Callable[..., str]
WORKER = {"host": "here", "pid": 1, "started": 0.0}


@pytest.fixture
def queue(workspace: Workspace) -> Queue:
    return Queue(workspace.catalog)


def test_one_of_many_claims_a_job(queue: Queue, settings: Settings, submit: Submit) -> None:
    job_ids = [submit("count") for _ in range(5)]
    claimed: list[tuple[str, int]] = []
    failed: list[BaseException] = []
    begin = threading.Barrier(6)

    def claim_all(number: int) -> None:
        own = Workspace.open(settings)
        begin.wait()
        try:
            claimed.extend(
                (job_id, number) for job_id in job_ids if Queue(own.catalog).claim(job_id, str(number), WORKER)
            )
        except BaseException as error:
            failed.append(error)
        own.close()

    threads = [threading.Thread(target=claim_all, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(job_id for job_id, _ in claimed) == sorted(job_ids)
    assert all(queue.job(job_id).token == str(number) for job_id, number in claimed)


def test_the_lease_is_held_by_the_token_alone(queue: Queue, submit: Submit) -> None:
    job_id = submit("count")
    assert queue.claim(job_id, "mine", WORKER)
    assert queue.renew(job_id, "mine") == (True, False)
    assert queue.renew(job_id, "another's") == (False, False)
    assert not queue.finish(job_id, "another's", Status.SUCCEEDED)
    queue.request_cancel(job_id)
    assert queue.look(job_id, "mine") == (True, True)
    assert queue.finish(job_id, "mine", Status.SUCCEEDED, result={"a": 1})
    assert queue.job(job_id).result == {"a": 1}
    assert queue.renew(job_id, "mine") == (False, False)
    assert not queue.finish(job_id, "mine", Status.FAILED)


def test_results_and_status_are_written_together_or_not_at_all(queue: Queue, submit: Submit) -> None:
    job_id = submit("project")
    queue.claim(job_id, "mine", WORKER)
    orphan = {"id": new_id(), "embedding_id": new_id(), "method": "pca", "n_components": 2, "parameters": {}}

    def store(connection: sa.Connection) -> None:
        values = {**orphan, "seed": 0, "quality": {}, "created_at": 0.0}
        queue.catalog.insert(connection, projections, values)

    with pytest.raises(ConflictError, match="deleted"):
        queue.finish(job_id, "mine", Status.SUCCEEDED, store=store)
    assert queue.job(job_id).status == Status.RUNNING


def test_a_renewed_lease_has_not_lapsed(queue: Queue, submit: Submit) -> None:
    job_id = submit("count")
    queue.claim(job_id, "mine", WORKER)
    seen = queue.job(job_id)
    with queue.catalog.engine.begin() as connection:
        connection.execute(sa.text("UPDATE jobs SET heartbeat_at = heartbeat_at + 1"))
    assert not queue.end_abandoned(seen, Status.INTERRUPTED, {}, lapsed=True)
    assert queue.end_abandoned(queue.job(job_id), Status.INTERRUPTED, {}, lapsed=True)


def test_a_cancellation_keeps_the_time_it_was_asked_first(queue: Queue, submit: Submit) -> None:
    job_id = submit("count")
    queue.claim(job_id, "mine", WORKER)
    assert queue.request_cancel(job_id) == Status.RUNNING
    asked_at = queue.job(job_id).cancel_requested_at
    queue.request_cancel(job_id)
    assert queue.job(job_id).cancel_requested_at == asked_at


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.INTERRUPTED])
def test_a_stopped_job_is_queued_again_as_new(queue: Queue, submit: Submit, status: Status) -> None:
    job_id = submit("count", steps=1)
    with pytest.raises(ConflictError, match="stopped"):
        queue.requeue(job_id, resumed=False)
    queue.claim(job_id, "mine", WORKER)
    with pytest.raises(ConflictError):
        queue.requeue(job_id, resumed=True)
    queue.request_cancel(job_id)
    queue.finish(job_id, "mine", status, error={"what": "x"})
    queue.requeue(job_id, resumed=True)
    row = queue.job(job_id)
    assert (row.status, row.attempt, row.request) == (Status.QUEUED, 2, {"steps": 1})
    gone = (row.error, row.result, row.token, row.worker, row.cancel_requested_at, row.heartbeat_at, row.finished_at)
    assert gone == (None,) * 7
    assert queue.renew(job_id, "mine") == (False, False)


def test_giving_up_concerns_one_attempt(queue: Queue, submit: Submit) -> None:
    job_id = submit("count")
    first = queue.job(job_id)
    assert queue.give_up(first, {"what": "x"})
    queue.requeue(job_id, resumed=False)
    assert not queue.give_up(first, {"what": "x"})
    assert queue.job(job_id).status == Status.QUEUED


def test_jobs_come_in_the_order_they_were_asked_for(queue: Queue, submit: Submit) -> None:
    import time

    job_ids = []
    for _ in range(3):
        job_ids.append(submit("count"))
        time.sleep(0.01)
    assert [row.id for row in queue.find(newest_first=False)] == job_ids


def test_unknown_jobs(queue: Queue) -> None:
    for ask in (queue.job, queue.request_cancel, queue.delete):
        with pytest.raises(NotFoundError):
            ask("abcdefghijkm")
