"""What a job's work may ask of its worker: snapshots, checkpoints, scratch, cancellation."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import CancelledError
from embedlab.jobs.engine import context as context_module
from embedlab.jobs.engine import snapshots
from embedlab.jobs.engine.context import (
    JobContext,
    checkpoint_folders,
    has_leftovers,
    newest_checkpoint,
    remove_leftovers,
)
from embedlab.jobs.engine.progress import read_progress
from embedlab.jobs.engine.snapshots import (
    MOST_SNAPSHOTS,
    SnapshotWriter,
    forget_snapshots,
    load_snapshots,
    newest_snapshot,
    snapshot_folders,
)
from embedlab.models.contract.base import SNAPSHOT_KEYS, State


def _context(folder: Path) -> JobContext:
    return JobContext(folder, 1, threading.Event())


def _moment(epoch: int, n_keys: int = 3) -> dict[str, tuple[list[str], np.ndarray]]:
    return {"words": ([f"w{key}" for key in range(n_keys)], np.full((n_keys, 2), epoch, dtype=np.float32))}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that contexts and snapshots see, as the only element."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_a_stop_is_heard_at_every_report(tmp_path: Path) -> None:
    stop = threading.Event()
    context = JobContext(tmp_path, 1, stop)
    context.report(0.1, "reading")
    stop.set()
    for report in (
        lambda: context.report(0.2, "reading"),
        lambda: context.progress(epoch=0, n_epochs=1, share_of_epoch=0.5),
        lambda: context.afterwards("scoring", 0.5),
        context.check_cancelled,
    ):
        with pytest.raises(CancelledError):
            report()


def test_the_bar_leaves_room_for_what_comes_after_the_training(tmp_path: Path, clock: list[float]) -> None:
    context = _context(tmp_path)
    context.progress(epoch=4, n_epochs=5, share_of_epoch=1.0)
    assert read_progress(tmp_path).share_done == pytest.approx(0.95)
    context.afterwards("scoring", 1.0)
    assert read_progress(tmp_path).share_done == pytest.approx(1.0)


def test_figures_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    _context(tmp_path).record(1, loss=float("nan"), accuracy=0.5)
    assert read_progress(tmp_path).history == [{"epoch": 1, "accuracy": 0.5}]


def test_scratch_is_empty_whatever_a_predecessor_left(tmp_path: Path) -> None:
    (tmp_path / "scratch" / "dataset").mkdir(parents=True)
    assert list(_context(tmp_path).scratch.iterdir()) == []


def test_the_newest_checkpoint_is_kept_also_within_one_epoch(tmp_path: Path, clock: list[float]) -> None:
    context = _context(tmp_path)
    assert context.resume_state is None
    for value in range(4):
        clock[0] += 60
        context.checkpoint(1, lambda value=value: State({"value": np.array([value])}))
    assert len(checkpoint_folders(tmp_path)) == 1
    resumed = _context(tmp_path)
    assert resumed.resume_state is not None
    assert resumed.resume_state.arrays["value"].tolist() == [3]


def test_checkpoints_keep_their_distance(tmp_path: Path, clock: list[float]) -> None:
    context = _context(tmp_path)
    asked = []
    for _ in range(60):
        clock[0] += 1
        context.checkpoint(1, lambda: asked.append(clock[0]) or State({}))
    assert len(asked) == 4
    assert asked[0] - 1000 <= 3


def test_leftovers_of_an_interrupted_write_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = _context(tmp_path)
    monkeypatch.setattr(context_module, "_LEAST_CHECKPOINT_INTERVAL_S", -1e9)
    context.checkpoint(1, lambda: State({}))
    half = tmp_path / "checkpoints" / ".000002.ab.partial"
    half.mkdir()
    remove_leftovers(tmp_path, checkpoints=False)
    assert not half.exists()
    assert not context.scratch.exists()
    assert newest_checkpoint(tmp_path) is not None
    remove_leftovers(tmp_path, checkpoints=True)
    assert newest_checkpoint(tmp_path) is None


def test_leftovers_stay_findable_until_all_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = _context(tmp_path)
    State({}).save(tmp_path / "checkpoints" / "000001")
    remove = shutil.rmtree

    def killed_after_first(path: Path, **options: Any) -> None:
        remove(path, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(context_module.shutil, "rmtree", killed_after_first)
    with pytest.raises(KeyboardInterrupt):
        remove_leftovers(tmp_path, checkpoints=True)
    assert has_leftovers(tmp_path)
    assert context.scratch.exists()


def test_snapshots_are_bounded_and_keep_first_and_last(tmp_path: Path, clock: list[float]) -> None:
    writer = SnapshotWriter(tmp_path)
    offered = 1000
    for epoch in range(offered):
        clock[0] += 2
        writer.offer(epoch, lambda epoch=epoch: _moment(epoch))
    kept = [snapshot.epoch for snapshot in load_snapshots(tmp_path)]
    assert len(kept) <= MOST_SNAPSHOTS
    assert len(kept) > MOST_SNAPSHOTS / 3
    assert kept[0] == 0
    assert kept == sorted(kept)
    assert kept[-1] > offered * 0.9


@pytest.mark.parametrize(
    ("n_keys", "epochs"),
    [
        pytest.param(SNAPSHOT_KEYS, [0, 4, 8], id="many-keys"),
        pytest.param(SNAPSHOT_KEYS // 2, [0, 2, 4, 6, 8], id="half"),
        pytest.param(3, list(range(10)), id="few"),
    ],
)
def test_a_snapshot_too_soon_is_never_computed(
    tmp_path: Path, clock: list[float], n_keys: int, epochs: list[int]
) -> None:
    writer = SnapshotWriter(tmp_path)
    asked = []
    for epoch in range(10):
        clock[0] += 0.3
        writer.offer(epoch, lambda epoch=epoch: asked.append(epoch) or _moment(epoch, n_keys))
    assert asked == epochs


@pytest.mark.parametrize(
    ("every", "offered", "kept"),
    [(5, 21, [0, 5, 10, 15, 20]), (1, 60, list(range(60))), (3, 190, list(range(0, 190, 6)))],
    ids=["few", "all", "thinned"],
)
def test_snapshots_are_of_the_chosen_epochs(
    tmp_path: Path, clock: list[float], every: int, offered: int, kept: list[int]
) -> None:
    del clock
    writer = SnapshotWriter(tmp_path, every)
    for epoch in range(offered):
        writer.offer(epoch, lambda epoch=epoch: _moment(epoch))
    assert [snapshot.epoch for snapshot in load_snapshots(tmp_path)] == kept


def test_a_snapshot_holds_the_most_frequent_keys(tmp_path: Path) -> None:
    SnapshotWriter(tmp_path).offer(7, lambda: _moment(7, SNAPSHOT_KEYS + 5))
    snapshot = newest_snapshot(tmp_path)
    assert snapshot is not None
    keys, vectors = snapshot.vectors["words"]
    assert (snapshot.epoch, len(keys), vectors.shape) == (7, SNAPSHOT_KEYS, (SNAPSHOT_KEYS, 2))


def test_a_snapshot_that_vanishes_while_read_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "_LEAST_INTERVAL_S", -1.0)
    monkeypatch.setattr(snapshots, "_INTERVAL_S_PER_KEY", -1.0)
    writer = SnapshotWriter(tmp_path)
    for epoch in (1, 2):
        writer.offer(epoch, lambda epoch=epoch: _moment(epoch))
    (snapshot_folders(tmp_path)[-1] / "state.json").unlink()
    assert [snapshot.epoch for snapshot in load_snapshots(tmp_path)] == [1]
    newest = newest_snapshot(tmp_path)
    assert newest is not None
    assert newest.epoch == 1
    forget_snapshots(tmp_path)
    assert newest_snapshot(tmp_path) is None
