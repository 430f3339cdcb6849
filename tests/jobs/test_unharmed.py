"""What only accompanies a training, and cannot be written, does not end it; and snapshots have a bound."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from embedlab.core.errors import CancelledError
from embedlab.jobs.engine import context as context_module
from embedlab.jobs.engine import progress, snapshots
from embedlab.jobs.engine.context import JobContext, checkpoint_folders, newest_checkpoint
from embedlab.jobs.engine.progress import read_progress
from embedlab.jobs.engine.snapshots import bound_snapshots, snapshot_folders, snapshots_folder
from embedlab.jobs.jobs import Jobs
from embedlab.models.contract.base import State
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import jobs as jobs_table
from embedlab.workspace.workspace import Workspace

FULL = OSError(28, "No space left on device")


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobContext:
    """A context that keeps every snapshot, checkpoint and report it is offered."""
    monkeypatch.setattr(snapshots, "_LEAST_INTERVAL_S", -1.0)
    monkeypatch.setattr(progress, "_LEAST_INTERVAL_S", -1.0)
    made = JobContext(tmp_path, 1, threading.Event())
    monkeypatch.setattr(context_module, "_LEAST_CHECKPOINT_INTERVAL_S", -1e9)
    return made


def _fail(error: Exception) -> Callable[..., None]:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


def _train(context: JobContext, epochs: int) -> None:
    for epoch in range(epochs):
        context.progress(epoch=epoch, n_epochs=epochs, share_of_epoch=0.0)
        context.record(epoch + 1, loss=1.0)
        context.snapshot(epoch, lambda: {"words": (["a"], np.zeros((1, 2), np.float32))})
        context.checkpoint(epoch, lambda: State({"a": np.zeros(1)}))
    context.afterwards("scoring", 1.0)
    context.report(1.0, "done")


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(FULL, id="full-disk"),
        pytest.param(PermissionError(13, "Permission denied"), id="no-right"),
        pytest.param(OSError(30, "Read-only file system"), id="read-only"),
        pytest.param(OSError(5, "Input/output error"), id="broken-disk"),
        pytest.param(ValueError("Out of range float values are not JSON compliant"), id="no-json"),
        pytest.param(MemoryError(), id="memory"),
    ],
)
def test_snapshots_and_checkpoints_that_cannot_be_written_are_told_once(
    context: JobContext, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(State, "save", _fail(error))
    with caplog.at_level(logging.WARNING):
        _train(context, 5)
    told = [record.getMessage() for record in caplog.records if "could not be saved" in record.getMessage()]
    assert len(told) == 2
    assert {line.split(" could")[0] for line in told} == {"The snapshot", "The checkpoint"}
    assert context.not_kept.keys() == {"snapshot", "checkpoint"}
    kept = read_progress(context.folder)
    assert kept.share_done == pytest.approx(1.0)
    assert len(kept.history) == 5
    assert "The checkpoint could not be saved" in kept.note


def test_progress_and_history_that_cannot_be_written_do_not_end_the_work(
    context: JobContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "_append", _fail(FULL))
    _train(context, 5)
    assert context.not_kept.keys() == {"progress", "history"}
    assert sum("could not be saved" in record.getMessage() for record in caplog.records) == 2
    assert len(checkpoint_folders(context.folder)) == 1


def test_work_begins_though_its_progress_file_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "progress.jsonl").mkdir()
    context = JobContext(tmp_path, 1, threading.Event())
    context.report(0.5, "at work")
    assert context.not_kept.keys() == {"progress"}


def test_an_older_checkpoint_stays_when_a_newer_one_cannot_be_written(
    context: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    context.checkpoint(1, lambda: State({"epoch": np.array([1])}))
    with monkeypatch.context() as full:
        full.setattr(np, "save", _fail(FULL))
        context.checkpoint(2, lambda: State({"epoch": np.array([2])}))
    state = newest_checkpoint(context.folder)
    assert state is not None
    assert state.arrays["epoch"].tolist() == [1]
    context.checkpoint(3, lambda: State({"epoch": np.array([3])}))
    state = newest_checkpoint(context.folder)
    assert state is not None
    assert state.arrays["epoch"].tolist() == [3]


def test_a_full_disk_is_not_tried_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    context, tries = JobContext(tmp_path, 1, threading.Event()), []

    def save(state: State, folder: Path) -> None:
        tries.append(now[0])
        raise FULL

    monkeypatch.setattr(State, "save", save)
    for _ in range(40):
        now[0] += 1.0
        context.checkpoint(1, lambda: State({}))
    assert len(tries) == 3
    assert np.diff(tries).min() >= 15.0


def test_a_cancellation_within_a_snapshot_passes_through(context: JobContext) -> None:
    with pytest.raises(CancelledError):
        context.snapshot(1, _fail(CancelledError("The job was cancelled.")))
    assert context.not_kept == {}


# The bound on snapshots


@pytest.fixture
def with_snapshots(workspace: Workspace, submit, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Five jobs with a megabyte of snapshots each, ended one after the other; the last is at work."""
    job_ids = [submit("train") for _ in range(5)]
    for number, job_id in enumerate(job_ids):
        moment = snapshots_folder(workspace.layout.job(job_id)) / "000001"
        moment.mkdir(parents=True)
        (moment / "words.npy").write_bytes(bytes(1_000_000))
        status = Status.RUNNING if number == 4 else Status.SUCCEEDED
        # The one that was submitted last ended first.
        ended = {"status": status, "finished_at": None if number == 4 else 1000.0 - number}
        with workspace.transaction() as connection:
            connection.execute(sa.update(jobs_table).where(jobs_table.c.id == job_id).values(**ended))
    return job_ids


@pytest.mark.parametrize(
    ("most_mb", "kept"),
    [
        pytest.param(5, {0, 1, 2, 3, 4}, id="all-fit"),
        pytest.param(4, {0, 1, 2, 4}, id="one-too-many"),
        pytest.param(2, {0, 4}, id="most-too-many"),
        pytest.param(0, {4}, id="none-but-those-at-work"),
    ],
)
def test_the_snapshots_of_the_runs_that_ended_first_go_first(
    workspace: Workspace, with_snapshots: list[str], most_mb: int, kept: set[int]
) -> None:
    workspace.settings = workspace.settings.model_copy(update={"max_snapshots_mb": most_mb})
    assert bound_snapshots(workspace) == 5 - len(kept)
    have = {n for n, job_id in enumerate(with_snapshots) if snapshot_folders(workspace.layout.job(job_id))}
    assert have == kept


def test_keeping_house_bounds_the_snapshots(
    workspace: Workspace, with_snapshots: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.settings = workspace.settings.model_copy(update={"max_snapshots_mb": 0})
    jobs = Jobs(workspace)
    monkeypatch.setattr(jobs._overseer, "notice_dead", lambda running: False)
    jobs.keep_house()
    assert [bool(snapshot_folders(workspace.layout.job(job_id))) for job_id in with_snapshots] == [False] * 4 + [True]


def test_a_workspace_without_snapshots_loses_nothing(workspace: Workspace) -> None:
    assert bound_snapshots(workspace) == 0
