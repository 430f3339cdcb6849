"""The same training with several seeds: queued whole, compared after them, kept with every run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from embedlab.core.errors import ConflictError, ParameterError, StorageError
from embedlab.core.files import read_json
from embedlab.core.kind import Kind
from embedlab.jobs.engine import overseer
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.stability import (
    MOST_SEEDS,
    SHARES_FILE,
    active_repeats,
    keys_by_stability,
    load_stability,
    other_seeds,
    repeats_of,
    submit_repeats,
)
from embedlab.workspace import catalog
from embedlab.workspace.rows import RunRow, Status
from embedlab.workspace.tables import jobs as jobs_table
from embedlab.workspace.workspace import Workspace
from tests.large_workspace import add_rows
from tests.workspaces import fill

DISPATCH = Jobs.dispatch
SETTINGS = {"vector_size": 8, "epochs": 3, "min_count": 1, "seed": 1}


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path) -> RunRow:
    path = tmp_path / "text.txt"
    words = [f"w{number}" for number in range(40)]
    rng = np.random.default_rng(0)
    path.write_text("\n".join(" ".join(rng.permutation(words)[:8]) for _ in range(80)), encoding="utf-8")
    upload = workspace.stage_upload(path, "text.txt")
    jobs = Jobs(workspace)
    assert execute(workspace, jobs.submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "t").id)
    job = jobs.submit_training(workspace.datasets()[0].id, "word2vec", SETTINGS)
    assert execute(workspace, job.id)
    return workspace.run(job.id)


def test_of_many_repeats_the_newest_are_returned_and_only_they_are_read_whole(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset_id = fill(workspace).dataset
    added = add_rows(workspace, 1, 60, on_dataset=dataset_id, n_on_dataset=60)
    oldest, newest_first = workspace.run(added.runs[0]), list(reversed(added.runs))
    read_whole = []

    def counted(**row: Any) -> RunRow:
        read_whole.append(row["id"])
        return RunRow(**row)

    monkeypatch.setattr(catalog, "RunRow", counted)
    expected = newest_first[: MOST_SEEDS - 1]
    assert [each.id for each in repeats_of(workspace, oldest)] == [oldest.id, *expected]
    assert sorted(read_whole) == sorted(expected)


def test_missing_seeds_are_trained_compared_and_kept_with_every_run(workspace: Workspace, run: RunRow) -> None:
    jobs = Jobs(workspace)
    # A run with other settings is no repeat; one with another seed is, and its seed is not trained again.
    other = jobs.submit_training(run.dataset_id, "word2vec", {**SETTINGS, "epochs": 2, "seed": 5})
    alike = jobs.submit_training(run.dataset_id, "word2vec", {**SETTINGS, "seed": 0})
    assert execute(workspace, other.id)
    assert execute(workspace, alike.id)
    assert [each.id for each in repeats_of(workspace, run)] == [run.id, alike.id]
    queued = submit_repeats(jobs, run.id, 4)
    assert [job.kind for job in queued] == ["train", "train", "stability"]
    assert [job.request["parameters"]["seed"] for job in queued[:-1]] == [2, 3]
    assert queued[-1].request["after"] == [job.id for job in queued[:-1]]
    assert len(active_repeats(jobs, run)) == 3
    with pytest.raises(ConflictError, match="already being compared"):
        submit_repeats(jobs, run.id, 4)
    for job in queued:
        assert execute(workspace, job.id)
    result = jobs.job(queued[-1].id).result or {}
    assert result["run_ids"][0] == run.id
    assert set(result["run_ids"]) == {run.id, alike.id, queued[0].id, queued[1].id}
    for run_id in result["run_ids"]:
        score = workspace.run(run_id).scores["stability"]
        assert (score["n_seeds"], score["covered"], score["of"]) == (4, 40, 40)
        assert read_json(workspace.run_folder(run_id) / "run.json")["scores"]["stability"] == score
        kept = load_stability(workspace, workspace.run(run_id))
        assert kept is not None
        assert np.nanmean(kept.shares) == pytest.approx(score["score"], abs=1e-6)
    assert "stability" not in workspace.run(other.id).scores
    assert len(other_seeds(workspace, run)) == 3


def test_the_steadiest_words_come_first_and_what_was_not_asked_is_left_out(workspace: Workspace, run: RunRow) -> None:
    for job in submit_repeats(Jobs(workspace), run.id, 2):
        assert execute(workspace, job.id)
    fresh = workspace.run(run.id)
    keys = workspace.load_embedding(workspace.embeddings(run_id=run.id)[0].id).keys
    shares = np.full(40, np.nan, np.float32)
    shares[:4] = 0.2, 0.9, 0.2, 0.5
    np.save(workspace.run_folder(run.id) / SHARES_FILE, shares)
    kept = load_stability(workspace, fresh)
    assert kept is not None
    embedding = workspace.load_embedding(kept.row.id)
    assert [each.key for each in keys_by_stability(embedding, kept, 3, most=True)] == [keys[1], keys[3], keys[0]]
    by_share = [each.key for each in keys_by_stability(embedding, kept, 9, most=False)]
    assert by_share == [keys[0], keys[2], keys[3], keys[1]]
    for no_share in (-7.0, np.inf):
        np.save(workspace.run_folder(run.id) / SHARES_FILE, np.where(np.arange(40) == 5, np.float32(no_share), shares))
        with pytest.raises(StorageError, match="does not fit"):
            load_stability(workspace, fresh)
    np.save(workspace.run_folder(run.id) / SHARES_FILE, shares[:5])
    with pytest.raises(StorageError, match="does not fit"):
        load_stability(workspace, fresh)
    (workspace.run_folder(run.id) / SHARES_FILE).write_bytes(b"broken")
    with pytest.raises(StorageError, match="damaged"):
        load_stability(workspace, fresh)


def test_what_cannot_be_repeated_is_refused(workspace: Workspace, run: RunRow) -> None:
    jobs = Jobs(workspace)
    for n_seeds in (1, 11):
        with pytest.raises(ParameterError, match="Between 2 and 10"):
            submit_repeats(jobs, run.id, n_seeds)
    waiting = jobs.submit_training(run.dataset_id, "word2vec", {**SETTINGS, "seed": 9})
    with pytest.raises(ConflictError, match="not succeeded"):
        submit_repeats(jobs, waiting.id, 2)
    assert load_stability(workspace, run) is None


def test_a_comparison_without_its_trainings_fails_kindly(workspace: Workspace, run: RunRow) -> None:
    jobs = Jobs(workspace)
    training, comparison = submit_repeats(jobs, run.id, 2)
    jobs.cancel(training.id)
    execute(workspace, comparison.id)
    failed = jobs.job(comparison.id)
    assert failed.status == Status.FAILED
    assert "at least two trainings" in (failed.error or {})["what"]


def test_a_job_waits_for_those_it_comes_after(
    workspace: Workspace, run: RunRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(workspace)
    training, comparison = submit_repeats(jobs, run.id, 2)
    started: list[str] = []

    def start(settings: object, job_id: str, folder: object) -> object:
        started.append(job_id)
        raise OSError("no worker in this test")

    monkeypatch.setattr(overseer.processes, "start_worker", start)
    # As if each were the only one of its moment: the comparison could come first by its time alone.
    with workspace.transaction() as connection:
        connection.execute(sa.update(jobs_table).where(jobs_table.c.id == comparison.id).values(created_at=1.0))
    DISPATCH(jobs)
    assert started == [training.id]
    jobs.cancel(training.id)
    DISPATCH(jobs)
    assert started[1:] == [comparison.id]
