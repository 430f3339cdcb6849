"""A running layout is watched, paused, and stopped to keep it; the kept map is the frame at the stop."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import CancelledError
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.layouts import live
from embedlab.jobs.layouts.live import LiveLayout, frame_bytes, read_frame, read_rows
from embedlab.projections.context import ProjectionContext
from embedlab.projections.tsne import TSNE, TsneParameters

QUICK = TsneParameters(n_iter=150, early_exaggeration_iter=100)


def vectors_of(n_points: int = 120) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n_points, 6)).astype(np.float32)


class Watched:
    """A layout in a job whose request can be changed."""

    def __init__(self, folder: Path, n_points: int = 120, rows: np.ndarray | None = None) -> None:
        self.request: dict[str, Any] = {}
        self.stop = threading.Event()
        self.job = JobContext(folder, 1, self.stop, current_request=lambda: self.request)
        self.projection = ProjectionContext(2, listener=self.job.report)
        LiveLayout(self.job, np.arange(n_points) if rows is None else rows).attach(self.projection)

    def fit(self, parameters: TsneParameters = QUICK) -> np.ndarray:
        return TSNE().fit(vectors_of(), parameters, self.projection).coordinates


@pytest.fixture
def watched(tmp_path, monkeypatch) -> Watched:
    monkeypatch.setattr(live, "_INTERVAL_S", 0.0)
    monkeypatch.setattr(live, "_POLL_S", 0.0)
    return Watched(tmp_path)


def test_the_newest_frame_is_read_with_its_iteration(watched: Watched, tmp_path) -> None:
    assert read_frame(tmp_path) is None
    assert read_rows(tmp_path) is None
    kept = watched.fit()
    frame = read_frame(tmp_path)
    assert frame is not None
    assert (frame.number, frame.iteration, frame.n_iterations) == (25, 250, 250)
    assert frame.coordinates.shape == kept.shape
    np.testing.assert_array_equal(read_rows(tmp_path), np.arange(120))
    assert read_frame(tmp_path, since=24) is not None
    assert read_frame(tmp_path, since=25) is None
    assert len(frame_bytes(frame)) == 16 + frame.coordinates.nbytes


def test_a_stopped_map_is_the_frame_at_the_stop(watched: Watched, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(live, "_INTERVAL_S", 1e9)
    reports = 0
    report = watched.projection.listener

    def stop_later(share: float, stage: str) -> None:
        nonlocal reports
        reports += stage == "placing points"
        watched.request = {"stop_early": reports >= 3}
        report(share, stage)

    watched.projection.listener = stop_later
    kept = watched.fit()
    frame = read_frame(tmp_path)
    assert frame is not None
    assert watched.projection.stopped_after == (130, 250) == (frame.iteration, frame.n_iterations)
    np.testing.assert_array_equal(frame.coordinates, kept)
    assert not np.array_equal(kept, TSNE().fit(vectors_of(), QUICK, ProjectionContext(2)).coordinates)


def test_a_paused_layout_waits_and_ends_the_same(watched: Watched, tmp_path, monkeypatch) -> None:
    watched.request = {"paused": True}
    work = threading.Thread(target=lambda: results.append(watched.fit()))
    results: list[np.ndarray] = []
    work.start()
    while watched.projection.iterations is None:
        time.sleep(0.01)
    # A paused job is not a stalled one: it shows signs of life, and no further iteration.
    signs = watched.job.n_signs
    end = time.monotonic() + 60
    while watched.job.n_signs < signs + 5 and time.monotonic() < end:
        time.sleep(0.01)
    assert watched.job.n_signs >= signs + 5
    assert watched.projection.iterations == (10, 250)
    watched.request = {"paused": False}
    work.join()
    np.testing.assert_array_equal(results[0], TSNE().fit(vectors_of(), QUICK, ProjectionContext(2)).coordinates)


def test_a_paused_layout_hears_a_cancel_and_goes_on_after_a_while(watched: Watched, monkeypatch) -> None:
    watched.request = {"paused": True}
    monkeypatch.setattr(live, "LONGEST_PAUSE_S", 0.01)
    watched.fit()
    monkeypatch.setattr(live, "LONGEST_PAUSE_S", 600.0)
    timer = threading.Timer(0.1, watched.stop.set)
    timer.start()
    with pytest.raises(CancelledError):
        watched.fit()
    timer.join()


def test_frames_are_bounded(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(live, "MOST_LIVE_POINTS", 50)
    watched = Watched(tmp_path, rows=np.arange(0, 240, 2))
    watched.fit()
    frame, rows = read_frame(tmp_path), read_rows(tmp_path)
    assert frame is not None
    assert rows is not None
    assert len(frame.coordinates) == len(rows) == 50
    assert set(rows) <= set(range(0, 240, 2))


def test_a_frame_that_cannot_be_written_does_not_harm_the_map(watched: Watched, tmp_path) -> None:
    (tmp_path / "scratch" / "own" / "live").write_text("in the way")
    watched.fit()
    assert "live frame" in watched.job.not_kept
    assert read_frame(tmp_path) is None


def test_an_unreadable_frame_is_no_frame(watched: Watched, tmp_path) -> None:
    watched.fit()
    path = live.live_folder(tmp_path) / "frame.bin"
    for content in (b"", b"short", path.read_bytes()[:-4]):
        path.write_bytes(content)
        assert read_frame(tmp_path) is None
