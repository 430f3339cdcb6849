"""Jobs of users come first: a background job gives its slot to them, and starts again later."""

from __future__ import annotations

from typing import Any

import pytest

from embedlab.jobs.engine.background import choose
from embedlab.jobs.engine.queue import Queue
from embedlab.workspace.rows import JobRow, Status
from tests.jobs.conftest import is_working, wait_until


def row(name: str, *, running: bool = False, background: bool = False) -> JobRow:
    status = Status.RUNNING if running else Status.QUEUED
    request = {"in_background": True} if background else {}
    empty: dict[str, Any] = dict.fromkeys(
        ("result", "error", "started_at", "finished_at", "heartbeat_at", "cancel_requested_at", "worker")
    )
    token = "t" if running else None
    return JobRow(name, "local", "project", status, name, request, attempt=1, created_at=0.0, token=token, **empty)


MAP, MAP_2 = row("map", background=True), row("map-2", background=True)
RUNNING_MAP, STARTING_MAP = row("map", running=True, background=True), row("map", background=True)
TRAIN, TRAIN_2, RUNNING_TRAIN = row("train"), row("train-2"), row("at-work", running=True)


@pytest.mark.parametrize(
    ("waiting", "at_work", "n_free", "start", "preempt"),
    [
        ([MAP, TRAIN], [], 1, ["train"], None),
        ([MAP, TRAIN], [], 2, ["train", "map"], None),
        ([MAP, MAP_2], [], 2, ["map"], None),
        ([MAP_2], [RUNNING_MAP], 1, [], None),
        ([MAP_2], [STARTING_MAP], 1, [], None),
        ([TRAIN], [RUNNING_MAP], 0, [], "map"),
        ([TRAIN], [RUNNING_MAP], 1, ["train"], None),
        ([TRAIN, TRAIN_2], [RUNNING_MAP], 1, ["train"], "map"),
        ([TRAIN], [STARTING_MAP], -1, [], None),
        ([TRAIN, MAP_2], [RUNNING_TRAIN], 0, [], None),
        ([MAP_2], [RUNNING_TRAIN], 0, [], None),
    ],
    ids=[
        "users-first",
        "both-fit",
        "one-map-at-a-time",
        "map-at-work",
        "map-starting",
        "preempted",
        "room-beside",
        "two-trainings",
        "not-while-starting",
        "never-a-training",
        "full",
    ],
)
def test_jobs_of_users_come_first(
    waiting: list[JobRow], at_work: list[JobRow], n_free: int, start: list[str], preempt: str | None
) -> None:
    choice = choose(waiting, at_work, n_free)
    assert [each.id for each in choice.start] == start
    assert (choice.preempt and choice.preempt.id) == preempt


def test_a_preempted_map_ends_for_a_training_and_starts_again(jobs, submit) -> None:
    jobs.workspace.settings = jobs.workspace.settings.model_copy(update={"slots": 1})
    background = submit("count", steps=10_000, in_background=True)
    wait_until(jobs, background, lambda _: is_working(jobs, background))
    training = submit("count", steps=1)
    assert wait_until(jobs, training, lambda job: not job.status.is_active).status == Status.SUCCEEDED
    assert jobs.job(background).attempt == 2
    again = wait_until(jobs, background, lambda job: job.status == Status.RUNNING)
    assert again.attempt == 2
    jobs.cancel(background)
    assert wait_until(jobs, background, lambda job: not job.status.is_active).status == Status.CANCELLED


def test_a_cancelled_background_job_is_not_put_back(workspace, submit) -> None:
    queue = Queue(workspace.catalog)
    job_id = submit("count", in_background=True)
    queue.claim(job_id, "token", {})
    running = queue.job(job_id)
    queue.request_cancel(job_id)
    assert not queue.preempt(running)
    assert queue.job(job_id).status == Status.RUNNING
