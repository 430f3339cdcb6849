"""Stop and keep model: the run is finished and says that it was stopped, also after its worker died."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.errors import ConflictError
from embedlab.core.kind import Kind
from embedlab.jobs.conditions import stop_note
from embedlab.jobs.engine.context import JobContext, checkpoint_folders
from embedlab.jobs.engine.queue import STOP_EARLY
from embedlab.jobs.engine.snapshots import snapshot_folders
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.estimates import Experience
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.stopped_early import stopped_early
from embedlab.models.contract.base import State
from embedlab.models.registry import model as model_of
from embedlab.workspace.workspace import Workspace

_SETTINGS = {"vector_size": 4, "epochs": 6, "min_count": 1, "seed": 1}


@pytest.fixture
def trained(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Train in this process; after `stop_after` epochs the user stops the training."""
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    monkeypatch.setattr("embedlab.jobs.engine.snapshots._LEAST_INTERVAL_S", 0.0)
    monkeypatch.setattr("embedlab.jobs.engine.context._STOP_POLL_INTERVAL_S", 0.0)
    jobs = Jobs(workspace)
    rng = np.random.default_rng(0)
    words = [f"w{number}" for number in range(30)]
    path = tmp_path / "text.txt"
    path.write_text("\n".join(" ".join(rng.permutation(words)[:8]) for _ in range(60)), encoding="utf-8")
    upload = workspace.stage_upload(path, path.name)
    assert execute(workspace, jobs.submit_import(upload.id, Kind.TEXT, {}, "text").id)
    dataset = workspace.datasets()[0].id

    def train(stop_after: int | None = None) -> str:
        job_id = jobs.submit_training(dataset, "word2vec", _SETTINGS).id
        record = JobContext.record

        def recording(context: JobContext, epoch: int, **metrics: float) -> None:
            record(context, epoch, **metrics)
            if epoch == stop_after:
                jobs.stop_early(job_id)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(JobContext, "record", recording)
            assert execute(workspace, job_id)
        return job_id

    return train


def test_a_stopped_training_is_finished_kept_and_says_so(workspace: Workspace, trained: Callable[..., str]) -> None:
    jobs = Jobs(workspace)
    row = jobs.job(trained(stop_after=2))
    assert row.status == "succeeded", row.error
    assert stopped_early(row.result) == (2, 6)
    assert stop_note(row.result) == "Stopped early after epoch 2 of 6"
    assert len(jobs.progress(row.id).history) == 2
    assert row.result is not None
    embedding_id = row.result["embeddings"]["words"]
    assert workspace.projections(embedding_id)
    assert row.result["reproducible"] is False
    # Estimates do not learn from its time, which is not that of six epochs.
    assert Experience(workspace, model_of("word2vec"))._times.apply(1.0)[1] == 0


def test_a_finished_training_leaves_a_film_whose_end_is_the_map(
    workspace: Workspace, trained: Callable[..., str]
) -> None:
    jobs = Jobs(workspace)
    run_id = trained()
    assert stopped_early(jobs.job(run_id).result) is None
    film = jobs.film(run_id)
    assert film.epochs[0] == 0
    assert film.epochs[-1] == 6
    flat = next(row for row in workspace.projections(film.embedding_id) if row.n_components == 2)
    np.testing.assert_array_equal(film.coordinates[-1], workspace.coordinates(flat.id)[film.rows])
    # The snapshots take many times the space of the film.
    assert snapshot_folders(workspace.layout.job(run_id)) == []
    workspace.delete_run(run_id)
    assert not jobs.has_film(run_id)


def test_a_stop_writes_a_checkpoint_and_a_new_worker_trains_no_more(tmp_path: Path) -> None:
    requested = [False]

    def context() -> JobContext:
        return JobContext(tmp_path, 1, threading.Event(), stop_requested=lambda: requested[0])

    first = context()
    first.checkpoint(1, lambda: State({}, {"epoch": 1}))
    assert not first.stops_after(1)
    assert checkpoint_folders(tmp_path) == []
    requested[0] = True
    first._stop_polled_at = -1.0
    first.checkpoint(2, lambda: State({}, {"epoch": 2}))
    assert first.stops_after(2)
    # The worker dies here.
    second = context()
    assert second.resume_state is not None
    assert second.resume_state.config == {"epoch": 2}
    assert second.stops_after(2)
    assert second.stopped_early == (2, 2)


def test_nothing_stops_before_the_first_epoch(tmp_path: Path) -> None:
    context = JobContext(tmp_path, 1, threading.Event(), stop_requested=lambda: True)
    context.checkpoint(0, lambda: State({}, {}))
    assert not context.stops_after(0)


def test_only_a_training_at_work_can_be_stopped_and_kept(workspace: Workspace, trained: Callable[..., str]) -> None:
    jobs = Jobs(workspace)
    run_id = trained()
    with pytest.raises(ConflictError, match="already ended"):
        jobs.stop_early(run_id)
    imported = next(row for row in jobs.jobs() if row.run_id is None)
    with pytest.raises(ConflictError, match="Only a training or a map"):
        jobs.stop_early(imported.id)
    waiting = jobs.submit_training(workspace.datasets()[0].id, "word2vec", _SETTINGS)
    with pytest.raises(ConflictError, match="not started"):
        jobs.stop_early(waiting.id)


def test_a_training_begun_again_is_not_stopped(workspace: Workspace, submit: Callable[..., str]) -> None:
    jobs = Jobs(workspace)
    job_id = submit("train", **{STOP_EARLY: True, "model": "word2vec"})
    jobs.cancel(job_id)
    jobs.queue.requeue(job_id, resumed=True)
    assert jobs.queue.stop_requested(job_id)
    jobs.cancel(job_id)
    jobs.queue.requeue(job_id, resumed=False)
    assert not jobs.queue.stop_requested(job_id)
    assert jobs.job(job_id).request == {"model": "word2vec"}
