"""Progress: written by one process, read by others at any moment, also in the middle of a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from embedlab.core.errors import StorageError
from embedlab.jobs.engine import progress
from embedlab.jobs.engine.progress import (
    LOG_FILE,
    Progress,
    ProgressWriter,
    forget_progress,
    last_seen,
    read_progress,
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time the writer sees, as the only element."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_nothing_written_is_waiting(tmp_path: Path) -> None:
    assert read_progress(tmp_path) == Progress()
    assert read_progress(tmp_path / "missing").stage == "waiting"


def test_what_is_written_is_read(tmp_path: Path, clock: list[float]) -> None:
    writer = ProgressWriter(tmp_path)
    writer.write(0.0, "reading")
    clock[0] += 10
    writer.write(0.25, "training", epoch=1, n_epochs=4, rate=450_000.0, rate_unit="words/s")
    (tmp_path / LOG_FILE).write_text("".join(f"line {number}\n" for number in range(30)))
    read = read_progress(tmp_path, log_lines=3)
    assert (read.share_done, read.stage, read.epoch, read.n_epochs) == (0.25, "training", 1, 4)
    assert (read.rate, read.rate_unit, read.elapsed_s) == (450_000.0, "words/s", 10.0)
    assert read.eta_s == pytest.approx(30.0)
    assert read.log_tail == ["line 27", "line 28", "line 29"]


def test_reports_too_soon_are_skipped_unless_forced(tmp_path: Path, clock: list[float]) -> None:
    writer = ProgressWriter(tmp_path)
    writer.write(0.1, "a")
    writer.write(0.2, "b")
    assert read_progress(tmp_path).stage == "a"
    writer.write(0.3, "c", force=True)
    assert read_progress(tmp_path).stage == "c"


def test_after_a_resumption_the_estimate_counts_from_there(tmp_path: Path, clock: list[float]) -> None:
    writer = ProgressWriter(tmp_path)
    writer.write(0.5, "training")
    clock[0] += 10
    writer.write(0.75, "training")
    assert read_progress(tmp_path).eta_s == pytest.approx(10.0)


@pytest.mark.parametrize(
    "torn",
    [b'{"share_done": 0.9, "sta', b"\xff\xfe\x00", b"5", b"[1]", b'{"share_done": 0.9, "unknown": 1, "stage": "kept"}'],
    ids=["cut-short", "binary", "number", "list", "unknown-field"],
)
def test_a_torn_last_line_is_passed_over(tmp_path: Path, torn: bytes) -> None:
    writer = ProgressWriter(tmp_path)
    writer.write(0.5, "kept")
    writer.record({"epoch": 1, "loss": 2.0})
    for name in ("progress.jsonl", "history.jsonl"):
        with (tmp_path / name).open("ab") as stream:
            stream.write(torn)
    read = read_progress(tmp_path)
    assert read.stage == "kept"
    assert read.history == [{"epoch": 1, "loss": 2.0}]


def test_a_successor_starts_on_a_line_of_its_own(tmp_path: Path) -> None:
    ProgressWriter(tmp_path).record({"epoch": 1, "loss": 2.0})
    with (tmp_path / "history.jsonl").open("ab") as stream:
        stream.write(b'{"epoch": 2, "lo')
    successor = ProgressWriter(tmp_path)
    successor.record({"epoch": 2, "loss": 1.0})
    assert [entry["loss"] for entry in read_progress(tmp_path).history] == [2.0, 1.0]


def test_of_an_epoch_trained_twice_the_later_counts(tmp_path: Path) -> None:
    writer = ProgressWriter(tmp_path)
    for epoch, loss in ((1, 5.0), (2, 4.0), (2, 3.0)):
        writer.record({"epoch": epoch, "loss": loss})
    assert read_progress(tmp_path).history == [{"epoch": 1, "loss": 5.0}, {"epoch": 2, "loss": 3.0}]


def test_a_long_account_is_read_from_its_end(tmp_path: Path) -> None:
    lines = [json.dumps({"share_done": number / 10_000, "stage": "x"}) for number in range(10_000)]
    (tmp_path / "progress.jsonl").write_text("\n".join(lines) + "\n")
    assert read_progress(tmp_path).share_done == 0.9999


def test_forgetting_keeps_the_history_of_a_resumed_training(tmp_path: Path) -> None:
    writer = ProgressWriter(tmp_path)
    writer.write(0.5, "x")
    writer.record({"epoch": 1})
    forget_progress(tmp_path, history=False)
    assert read_progress(tmp_path) == Progress(history=[{"epoch": 1}])
    forget_progress(tmp_path, history=True)
    forget_progress(tmp_path, history=True)
    assert read_progress(tmp_path) == Progress()


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = ProgressWriter(tmp_path)
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StorageError, match="disk is full"):
        writer.write(0.5, "x")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_line_with_what_is_no_json_is_passed_over(tmp_path: Path, number: str) -> None:
    (tmp_path / "history.jsonl").write_text(f'{{"epoch": 1, "loss": 0.5}}\n{{"epoch": 2, "loss": {number}}}\n')
    assert read_progress(tmp_path).history == [{"epoch": 1, "loss": 0.5}]


def test_what_could_not_be_kept_is_told_with_the_progress(tmp_path: Path, clock: list[float]) -> None:
    writer = ProgressWriter(tmp_path)
    writer.write(0.1, "training")
    assert read_progress(tmp_path).note == ""
    clock[0] += 1
    writer.note = "The snapshot could not be kept."
    writer.write(0.2, "training")
    assert read_progress(tmp_path).note == "The snapshot could not be kept."


def test_how_far_a_job_got_is_one_line(tmp_path: Path, clock: list[float]) -> None:
    assert last_seen(tmp_path) == "before its first progress"
    writer = ProgressWriter(tmp_path)
    writer.write(0.125, "reading")
    assert last_seen(tmp_path) == "reading, 12 %"
    clock[0] += 1
    writer.write(0.4, "training", epoch=4, n_epochs=10)
    assert last_seen(tmp_path) == "training, 4 of 10 epochs"
    writer.record({"epoch": 5, "loss": 0.5})
    assert last_seen(tmp_path) == "training, 5 of 10 epochs"
    (tmp_path / "progress.jsonl").unlink()
    (tmp_path / "progress.jsonl").mkdir()
    assert last_seen(tmp_path) == "no readable progress"
