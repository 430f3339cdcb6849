"""A grid of trainings as one request: planned, refused when too large, stoppable, and every run stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedlab.core.errors import InputError, NotFoundError, ParameterError, TooLargeError
from embedlab.core.kind import Kind
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.searches.sweeps import active_sweeps, plan_sweep, run_name, stop_sweep, submit_sweep
from embedlab.workspace.rows import DatasetRow, Status
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def dataset(workspace: Workspace, tmp_path: Path) -> DatasetRow:
    path = tmp_path / "text.txt"
    path.write_text("the king and the queen sat in the castle\n" * 50, encoding="utf-8")
    upload = workspace.stage_upload(path, "text.txt")
    assert execute(workspace, Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "t").id)
    return workspace.datasets()[0]


def test_a_setting_that_the_model_chooses_is_not_in_the_name() -> None:
    assert run_name("Ridge", {"nu": 0.5, "l2_users": None}) == "Ridge, nu 0.5"
    assert run_name("Ridge", {"nu": 0.0, "l2_users": 0.0}) == "Ridge, nu 0.0, l2_users 0.0"
    assert run_name("Ridge", {"nu": None}) == "Ridge, automatic"


def test_every_combination_is_trained_once(workspace: Workspace, dataset: DatasetRow) -> None:
    plan = plan_sweep(workspace, dataset, "word2vec", {"vector_size": ["2", 4, 4], "window": [2, 3]}, {"epochs": 1})
    assert plan.settings == tuple({"vector_size": size, "window": window} for size in (2, 4) for window in (2, 3))
    assert all(parameters["epochs"] == 1 for parameters in plan.parameters)
    assert plan.seconds > 0
    jobs = Jobs(workspace)
    sweep_id, run_ids = submit_sweep(jobs, dataset.id, plan)
    assert {row.id for row in active_sweeps(jobs, dataset.id)[sweep_id]} == set(run_ids)
    assert execute(workspace, run_ids[0])
    assert workspace.run(run_ids[0]).status == Status.SUCCEEDED
    assert workspace.run(run_ids[0]).name == "Word2Vec, vector_size 2, window 2"

    assert stop_sweep(jobs, active_sweeps(jobs, dataset.id)[sweep_id]) == 3
    assert active_sweeps(jobs, dataset.id) == {}
    statuses = sorted(run.status for run in workspace.runs(dataset.id))
    assert statuses == [Status.CANCELLED] * 3 + [Status.SUCCEEDED]


def test_the_epochs_between_snapshots_are_those_of_every_run(workspace: Workspace, dataset: DatasetRow) -> None:
    plan = plan_sweep(workspace, dataset, "word2vec", {"vector_size": [2, 4]}, {"epochs": 4})
    jobs = Jobs(workspace)
    with pytest.raises(ParameterError, match="epochs between snapshots"):
        submit_sweep(jobs, dataset.id, plan, snapshot_every=0)
    assert workspace.runs(dataset.id) == []
    _, run_ids = submit_sweep(jobs, dataset.id, plan, snapshot_every=3)
    assert [jobs.job(run_id).request["snapshot_every"] for run_id in run_ids] == [3, 3]


def test_a_sweep_too_large_is_refused_by_its_estimate(workspace: Workspace, dataset: DatasetRow) -> None:
    with pytest.raises(TooLargeError, match="10,000 runs, about"):
        plan_sweep(workspace, dataset, "word2vec", {"vector_size": range(2, 102), "window": range(1, 101)})
    huge = DatasetRow(**{**vars(dataset), "counts": {"documents": 1, "tokens": 10**11, "vocabulary": 10**6}})
    with pytest.raises(TooLargeError, match="at most 24 hours"):
        plan_sweep(workspace, huge, "word2vec", {"vector_size": [100, 200]})
    assert workspace.runs() == []


@pytest.mark.parametrize(
    "grid", [{}, {"vector_size": []}, {"vector_size": [4, 0]}, {"no_such": [1]}, {"vector_size": ["four"]}]
)
def test_what_cannot_be_swept_is_refused(workspace: Workspace, dataset: DatasetRow, grid: dict[str, list[int]]) -> None:
    with pytest.raises(ParameterError):
        plan_sweep(workspace, dataset, "word2vec", grid)
    with pytest.raises(InputError):
        plan_sweep(workspace, dataset, "matrix-factorization", {"n_factors": [2]})


def test_a_sweep_in_which_an_embedding_to_start_from_does_not_fit_is_refused(
    workspace: Workspace, dataset: DatasetRow
) -> None:
    start = {"start_from": fill(workspace).embedding}
    assert len(plan_sweep(workspace, dataset, "word2vec", {"vector_size": [3], "epochs": [1, 2]}, start).settings) == 2
    with pytest.raises(ParameterError, match="vector_size=4"):
        plan_sweep(workspace, dataset, "word2vec", {"vector_size": [3, 4]}, start)
    with pytest.raises(NotFoundError):
        plan_sweep(workspace, dataset, "word2vec", {"epochs": [1, 2]}, {"start_from": "nosuchid2222"})
