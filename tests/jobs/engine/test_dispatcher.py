"""The dispatcher's thread: it starts at once, outlives every error, keeps house, and stops."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from embedlab.core.errors import StorageError
from embedlab.jobs.engine import dispatcher as dispatcher_module
from embedlab.jobs.engine.dispatcher import Dispatcher, last_round_age_s
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace

PATIENCE_S = 60.0


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Dispatcher]]:
    """Start dispatchers without long pauses; they are stopped after the test."""
    monkeypatch.setattr(dispatcher_module, "_INTERVAL_S", 0.01)
    monkeypatch.setattr(dispatcher_module, "_PAUSE_AFTER_ERROR_S", 0.01)
    monkeypatch.setattr(dispatcher_module, "_STOP_TIMEOUT_S", PATIENCE_S)
    all_of_them: list[Dispatcher] = []

    def start(open_jobs: Callable[[], Jobs]) -> Dispatcher:
        made = Dispatcher(open_jobs)
        all_of_them.append(made)
        made.start()
        return made

    yield start
    for each in all_of_them:
        each.stop()
        assert not each.is_running


class _Rounds:
    """Stands in for a method: counts its calls, may raise, and can be waited for."""

    def __init__(self, error: Exception | None = None) -> None:
        self.count = 0
        self._error = error
        self._reached = threading.Condition()

    def __call__(self) -> None:
        with self._reached:
            self.count += 1
            self._reached.notify_all()
        if self._error is not None:
            raise self._error

    def wait_for(self, count: int) -> bool:
        with self._reached:
            return self._reached.wait_for(lambda: self.count >= count, PATIENCE_S)


def test_all_queued_jobs_are_done_though_nobody_asks(jobs: Jobs, workspace: Workspace, submit, started) -> None:
    job_ids = [submit("count", steps=2) for _ in range(3)]
    started(lambda: jobs)
    left, end = set(job_ids), threading.Event()
    for _ in range(600):
        left = {job_id for job_id in left if jobs.queue.job(job_id).status.is_active}
        if not left or end.wait(0.1):
            break
    assert [jobs.queue.job(job_id).status for job_id in job_ids] == [Status.SUCCEEDED] * 3


def test_a_round_comes_at_once_and_stopping_ends_the_thread(
    jobs: Jobs, started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher_module, "_INTERVAL_S", 3600.0)
    rounds = _Rounds()
    monkeypatch.setattr(jobs, "dispatch", rounds)
    running = started(lambda: jobs)
    assert rounds.wait_for(1)
    running.stop()
    assert not running.is_running
    assert rounds.count == 1


def test_stopping_what_never_started_does_nothing(jobs: Jobs) -> None:
    Dispatcher(lambda: jobs).stop()


def test_any_error_is_outlived_and_told_once(
    jobs: Jobs, started, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = _Rounds(RuntimeError("once in a while"))
    monkeypatch.setattr(jobs, "dispatch", rounds)
    with caplog.at_level(logging.ERROR, logger="embedlab.jobs.engine.dispatcher"):
        running = started(lambda: jobs)
        assert rounds.wait_for(4)
        running.stop()
    told = [record for record in caplog.records if "could not be dispatched" in record.getMessage()]
    assert len(told) == 1
    assert told[0].exc_info is not None
    assert last_round_age_s(jobs.workspace.settings.home) is None


def test_a_workspace_that_cannot_be_opened_is_tried_again(jobs: Jobs, started, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds, tries = _Rounds(), []
    monkeypatch.setattr(jobs, "dispatch", rounds)

    def open_jobs() -> Jobs:
        tries.append(1)
        if len(tries) <= 3:
            raise StorageError("The catalog's database cannot be opened.")
        return jobs

    started(open_jobs)
    assert rounds.wait_for(2)
    assert len(tries) > 3


def test_house_is_kept_at_the_start_and_not_in_every_round(
    jobs: Jobs, started, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, swept = _Rounds(), _Rounds(OSError("a file in the way"))
    monkeypatch.setattr(jobs, "dispatch", rounds)
    monkeypatch.setattr(jobs.workspace, "sweep", swept)
    started(lambda: jobs)
    assert rounds.wait_for(5)
    assert swept.count == 1


def test_the_age_of_the_last_round_is_known_while_it_runs(jobs: Jobs, started, monkeypatch: pytest.MonkeyPatch) -> None:
    home = jobs.workspace.settings.home
    rounds = _Rounds()
    monkeypatch.setattr(jobs, "dispatch", rounds)
    assert last_round_age_s(home) is None
    running = started(lambda: jobs)
    assert rounds.wait_for(2)
    age_s = last_round_age_s(home)
    assert age_s is not None
    assert 0.0 <= age_s < PATIENCE_S
    running.stop()
    assert last_round_age_s(home) is None
