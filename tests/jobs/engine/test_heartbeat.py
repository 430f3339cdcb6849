"""The heart of a worker: what it forgives, and how it measures silence."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa

from embedlab.jobs.engine import heartbeat as heartbeat_module
from embedlab.jobs.engine.heartbeat import LONGEST_GAP_S, Heartbeat, Silence
from embedlab.jobs.engine.queue import Queue
from embedlab.workspace.workspace import Workspace

AWAY = sa.exc.OperationalError("UPDATE", {}, Exception("database or disk is full"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as the only element."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_silence_lasts_from_the_last_sign(clock: list[float]) -> None:
    silence = Silence(10.0)
    assert not silence.lasts(0)
    for _ in range(9):
        clock[0] += 1.0
        assert not silence.lasts(0)
    clock[0] += 1.0
    assert silence.lasts(0)
    clock[0] += 1.0
    assert not silence.lasts(1)


def test_the_sleep_of_the_machine_is_no_silence(clock: list[float]) -> None:
    silence = Silence(10.0)
    silence.lasts(0)
    clock[0] += 8 * 3600.0
    assert not silence.lasts(0)
    clock[0] += LONGEST_GAP_S
    assert silence.lasts(0)


def test_without_a_limit_silence_never_lasts_too_long(clock: list[float]) -> None:
    silence = Silence(0.0)
    for _ in range(1000):
        clock[0] += LONGEST_GAP_S
        assert not silence.lasts(0)


@pytest.fixture
def held(workspace: Workspace, submit, monkeypatch: pytest.MonkeyPatch) -> tuple[Queue, str]:
    """A queue and a running job whose token is `token`; hearts beat fast."""
    monkeypatch.setattr(heartbeat_module, "_LISTEN_S", 0.01)
    monkeypatch.setattr(heartbeat_module, "HEARTBEAT_S", 0.0)
    queue, job_id = Queue(workspace.catalog), submit("stub")
    assert queue.claim(job_id, "token", {"host": "elsewhere", "pid": 1, "started": 0.0})
    return queue, job_id


def test_a_lease_that_cannot_be_renewed_on_a_full_disk_ends_no_work(
    held: tuple[Queue, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queue, job_id = held
    looked = threading.Semaphore(0)

    def renew(*_: object) -> tuple[bool, bool]:
        looked.release()
        raise AWAY

    monkeypatch.setattr(queue, "renew", renew)
    monkeypatch.setattr(heartbeat_module, "LEASE_S", 0.0)
    ended: list[int] = []
    monkeypatch.setattr(heartbeat_module.os, "_exit", ended.append)
    with Heartbeat(queue, job_id, "token", threading.Event(), lambda stalled: True):
        assert all(looked.acquire(timeout=20) for _ in range(5))
    assert ended == []
    assert sum("cannot be renewed" in record.getMessage() for record in caplog.records) == 1


@pytest.mark.parametrize(
    ("answer", "exits"),
    [
        pytest.param(True, True, id="ended-by-it"),
        pytest.param(False, False, id="ended-by-itself"),
        pytest.param(AWAY, True, id="catalog-away"),
    ],
)
def test_work_that_hangs_is_ended(
    held: tuple[Queue, str], monkeypatch: pytest.MonkeyPatch, answer: bool | Exception, exits: bool
) -> None:
    queue, job_id = held
    asked, ended = threading.Event(), threading.Event()
    told: list[bool] = []

    def abandon(stalled: bool) -> bool:
        told.append(stalled)
        asked.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def leave(code: int) -> None:
        # The process would be gone.
        heart.cease()
        ended.set()

    monkeypatch.setattr(heartbeat_module.os, "_exit", leave)
    heart = Heartbeat(queue, job_id, "token", threading.Event(), abandon, n_signs=lambda: 7, stalled_after_s=0.05)
    with heart:
        assert asked.wait(20)
        assert ended.wait(20) if exits else not ended.wait(0.2)
    assert set(told) == {True}


def test_work_that_shows_signs_is_not_ended(held: tuple[Queue, str], monkeypatch: pytest.MonkeyPatch) -> None:
    queue, job_id = held
    told: list[bool] = []
    with Heartbeat(
        queue,
        job_id,
        "token",
        threading.Event(),
        lambda stalled: bool(told.append(stalled)),
        n_signs=time.monotonic_ns,
        stalled_after_s=0.05,
    ):
        time.sleep(0.3)
    assert told == []
