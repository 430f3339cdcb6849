"""Estimates learn from earlier runs: how fast, from which, and how little one freak can do."""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from embedlab.core.errors import TooLargeError
from embedlab.core.kind import Kind
from embedlab.jobs.engine.processes import threads_per_slot
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.estimates import MOST_RUNS, Experience, LearnedEstimate, estimate_training, origin, peak_memory_of
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.searches import sweeps
from embedlab.jobs.searches.sweeps import plan_sweep
from embedlab.models.contract.base import Estimate
from embedlab.models.registry import model as model_of
from embedlab.workspace import tables
from embedlab.workspace.rows import DatasetRow, Status
from embedlab.workspace.workspace import Workspace
from tests.large_workspace import statements
from tests.workspaces import fill, past_run

MODEL = model_of("glove")
COUNTS = {"tokens": 500_000, "vocabulary": 20_000, "documents": 1000}
PARAMETERS = MODEL.parameters_class(workers=1, epochs=40)
VALUES = PARAMETERS.model_dump(mode="json")
QUICK = {"vector_size": 4, "epochs": 2, "min_count": 1}
#: What a run like the one asked for weighs, by how many newer ones there are.
WEIGHTS = [0.5 ** (age / 20) for age in range(MOST_RUNS)]

Past = Callable[..., str]


@pytest.fixture
def dataset(workspace: Workspace) -> DatasetRow:
    dataset_id = _dataset(workspace)
    return workspace.dataset(dataset_id)


def _dataset(workspace: Workspace) -> str:
    """Put a dataset into a workspace on which nothing was trained."""
    filled = fill(workspace)
    workspace.delete_run(filled.run)
    with workspace.transaction() as connection:
        chosen = tables.datasets.c.id == filled.dataset
        connection.execute(sa.update(tables.datasets).where(chosen).values(counts=COUNTS))
    return filled.dataset


def _told(values: dict[str, Any] | None = None, n_threads: int | None = None) -> Estimate:
    parameters = MODEL.parameters_class.checked({**VALUES, **(values or {})})
    return MODEL.estimate(COUNTS, parameters, n_threads or max(1, (os.cpu_count() or 1) // 2))


@pytest.fixture
def past(workspace: Workspace, dataset: DatasetRow) -> Past:
    """Put an earlier run into the workspace that took `times` what was told; each is newer than the last."""
    moments = itertools.count(step=10**9)

    def past(
        times: float = 1.0,
        *,
        times_memory: float | None = None,
        values: dict[str, Any] | None = None,
        parameters: Any = None,
        model: str = MODEL.name,
        of_dataset: str = dataset.id,
        **of_job: Any,
    ) -> str:
        told = _told(values)
        peak_mb = None if times_memory is None else times_memory * told.memory_mb
        if parameters is None:
            parameters = {**VALUES, **(values or {})}
        took_s, at = times * told.seconds, next(moments)
        return past_run(workspace, of_dataset, model, parameters, took_s, peak_mb=peak_mb, at=at, **of_job)

    return past


@pytest.fixture
def ask(workspace: Workspace, dataset: DatasetRow) -> Callable[[], LearnedEstimate]:
    return lambda: estimate_training(workspace, dataset, MODEL, PARAMETERS)


def test_without_runs_it_is_the_models_own_estimate(ask: Callable[[], LearnedEstimate]) -> None:
    told = _told()
    assert ask() == LearnedEstimate(told.seconds, told.memory_mb, 0, 0)
    assert origin(0).startswith("from the model's own figures")
    assert (origin(1), origin(4)) == ("learned from 1 earlier run", "learned from 4 earlier runs")


def test_runs_that_all_took_three_times_as_long_are_believed_more_and_more(
    past: Past, ask: Callable[[], LearnedEstimate]
) -> None:
    told = _told()
    ratios = []
    for n in range(1, 31):
        past(3.0, times_memory=2.0)
        learned = ask()
        weight = sum(WEIGHTS[:n])
        share = weight / (weight + 1)
        assert learned.seconds == pytest.approx(told.seconds * 3**share)
        assert learned.memory_mb == pytest.approx(told.memory_mb * 2**share)
        assert (learned.n_runs, learned.n_memory_runs) == (n, n)
        ratios.append(learned.seconds / told.seconds)
    assert ratios[0] == pytest.approx(math.sqrt(3))
    assert ratios == sorted(ratios)
    assert 2.8 < ratios[-1] < 3


def test_the_range_is_a_factor_of_two_without_runs_and_narrows_with_equal_ones(
    past: Past, ask: Callable[[], LearnedEstimate]
) -> None:
    told = _told()
    assert ask().seconds_range == pytest.approx((told.seconds / 2, told.seconds * 2))
    assert ask().memory_mb_range == pytest.approx((told.memory_mb / 2, told.memory_mb * 2))
    factors = []
    for n_past in range(1, 13):
        past(1.0, times_memory=1.0)
        n = sum(WEIGHTS[:n_past]) + 1
        expected = 2 ** math.sqrt((1 + 1 / n) / (2 * n))
        assert ask().seconds_factor == pytest.approx(expected)
        assert ask().memory_factor == pytest.approx(expected)
        factors.append(expected)
    assert factors == sorted(factors, reverse=True)
    assert factors[-1] < 1.25


def test_the_range_is_wide_where_runs_differ(past: Past, ask: Callable[[], LearnedEstimate]) -> None:
    for times in (0.5, 2.0) * 5:
        past(times)
    # Half of the runs took half, half of them twice the estimate.
    assert ask().seconds == pytest.approx(_told().seconds, rel=0.05)
    assert 2.2 < ask().seconds_factor < 2.7
    low, high = ask().seconds_range
    assert low < _told().seconds / 2 < 2 * _told().seconds < high


def test_runs_that_were_quicker_teach_as_well(past: Past, ask: Callable[[], LearnedEstimate]) -> None:
    past(1 / 3)
    assert ask().seconds == pytest.approx(_told().seconds / math.sqrt(3))


def test_one_freak_among_ten_moves_it_little(past: Past, ask: Callable[[], LearnedEstimate]) -> None:
    for _ in range(9):
        past(2.0)
    before = ask().seconds
    past(1e6)
    after = ask().seconds
    # It counts as three times the others, which is the furthest, with the weight of the newest run.
    weight = sum(WEIGHTS[:10])
    log_ratio = (weight * math.log(2) + math.log(3)) / (weight + 1)
    assert after == pytest.approx(_told().seconds * math.exp(log_ratio))
    assert after < 1.2 * before


def test_a_single_freak_is_held_to_twenty_times(past: Past, ask: Callable[[], LearnedEstimate]) -> None:
    past(1e6)
    assert ask().seconds == pytest.approx(_told().seconds * math.sqrt(20))


def test_newer_runs_count_more(past: Past, ask: Callable[[], LearnedEstimate]) -> None:
    for times in (1.0, 2.0):
        past(times)
    newest_faster = _told().seconds * 2 ** (WEIGHTS[0] / (WEIGHTS[0] + WEIGHTS[1] + 1))
    assert ask().seconds == pytest.approx(newest_faster)


def test_only_the_newest_are_looked_at(past: Past, ask: Callable[[], LearnedEstimate]) -> None:
    for _ in range(5):
        past(10.0)
    for _ in range(MOST_RUNS):
        past(1.0)
    learned = ask()
    assert learned.n_runs == MOST_RUNS
    assert learned.seconds == pytest.approx(_told().seconds)


def test_runs_of_another_size_count_less_and_far_ones_nothing(past: Past, ask: Callable[[], LearnedEstimate]) -> None:
    larger = {"epochs": 200}
    distance = math.log(_told(larger).seconds / _told().seconds)
    assert 1 < distance < 2
    past(2.0, values=larger)
    weight = math.exp(-0.5 * (distance / math.log(4)) ** 2)
    assert ask().seconds == pytest.approx(_told().seconds * 2 ** (weight / (weight + 1)))


def test_a_run_far_larger_teaches_nothing(
    workspace: Workspace, dataset: DatasetRow, past: Past, ask: Callable[[], LearnedEstimate]
) -> None:
    tiny = DatasetRow(**{**vars(dataset), "counts": {"tokens": 100, "vocabulary": 20, "documents": 3}})
    past(2.0, values={"epochs": 1000, "vector_size": 500})
    learned = estimate_training(workspace, tiny, MODEL, PARAMETERS)
    assert learned.n_runs == 0
    assert learned.seconds == MODEL.estimate(tiny.counts, PARAMETERS, 1).seconds


def test_runs_with_other_threads_count_less_by_what_was_told_for_those(
    workspace: Workspace, dataset: DatasetRow
) -> None:
    values = {**VALUES, "workers": 2}
    mine, other = 1, 2
    one_thread = Workspace(workspace.settings.model_copy(update={"slots": 256}), workspace.catalog)
    told = {n_threads: _told(values, n_threads).seconds for n_threads in (mine, other)}
    assert told[mine] > 1.5 * told[other]
    result = {"n_threads": other}
    past_run(workspace, dataset.id, MODEL.name, values, 2 * told[other], result=result)
    learned = estimate_training(one_thread, dataset, MODEL, MODEL.parameters_class.checked(values))
    weight = 0.25 * math.exp(-0.5 * (math.log(told[mine] / told[other]) / math.log(4)) ** 2)
    assert learned.seconds == pytest.approx(told[mine] * 2 ** (weight / (weight + 1)))


@pytest.mark.parametrize("worker", [None, {"host": "another.example", "pid": 1, "started": 0.0}, "hostile"])
def test_runs_of_another_machine_count_less(past: Past, ask: Callable[[], LearnedEstimate], worker: Any) -> None:
    past(2.0, worker=worker)
    assert ask().seconds == pytest.approx(_told().seconds * 2 ** (0.25 / 1.25))


@pytest.mark.parametrize(
    "unlike",
    [
        {"model": "word2vec"},
        {"model": "no-such-model"},
        *({"status": status} for status in Status if status != Status.SUCCEEDED),
        # Resumed or begun again.
        {"attempt": 2},
        # Of another version, or from a backup that somebody wrote.
        {"parameters": {**VALUES, "epochs": "many"}},
        {"parameters": {**VALUES, "no_such_parameter": 1}},
        {"parameters": "hostile"},
        {"result": {"n_threads": "two", "peak_memory_mb": 10.0}},
        {"result": {"n_threads": 0, "peak_memory_mb": 10.0}},
    ],
)
def test_other_runs_teach_nothing(past: Past, ask: Callable[[], LearnedEstimate], unlike: dict[str, Any]) -> None:
    own = ask()
    past(3.0, times_memory=3.0, **unlike)
    assert ask() == own


@pytest.mark.parametrize("moments", [{"started_at": None}, {"finished_at": None}, {"finished_at": -1e9}])
def test_times_that_are_none_teach_nothing(
    past: Past, ask: Callable[[], LearnedEstimate], moments: dict[str, float | None]
) -> None:
    past(3.0, times_memory=4.0, **moments)
    learned = ask()
    assert (learned.n_runs, learned.n_memory_runs) == (0, 1)
    assert learned.seconds == _told().seconds
    assert learned.memory_mb == pytest.approx(2 * _told().memory_mb)


@pytest.mark.parametrize("peak_mb", [None, 0, -5.0, "much", True, [300], pytest.param(10**400, id="huge")])
def test_a_peak_that_is_none_teaches_nothing(workspace: Workspace, dataset: DatasetRow, peak_mb: Any) -> None:
    told = _told()
    past_run(workspace, dataset.id, MODEL.name, VALUES, 3 * told.seconds, peak_mb=peak_mb)
    learned = estimate_training(workspace, dataset, MODEL, PARAMETERS)
    assert (learned.n_runs, learned.n_memory_runs) == (1, 0)
    assert learned.memory_mb == told.memory_mb
    assert peak_memory_of({"peak_memory_mb": peak_mb}) is None


def test_runs_on_a_deleted_dataset_teach_nothing(
    workspace: Workspace, past: Past, ask: Callable[[], LearnedEstimate]
) -> None:
    other = _dataset(workspace)
    past(3.0)
    before = ask()
    past(9.0, of_dataset=other)
    assert ask().n_runs == 2
    workspace.delete_dataset(other)
    assert ask() == before


def test_results_are_read_again_only_when_a_run_has_ended(past: Past, ask: Callable[[], LearnedEstimate]) -> None:
    def asked() -> tuple[LearnedEstimate, bool]:
        with statements() as sent:
            estimate = ask()
        return estimate, any("jobs.result" in each for each in sent)

    past(3.0)
    first, read = asked()
    assert read
    assert asked() == (first, False)
    past(5.0)
    second, read = asked()
    assert (second.n_runs, read) == (2, True)
    assert second.seconds > first.seconds


def test_runs_of_another_owner_teach_nothing(
    workspace: Workspace, other_workspace: Workspace, past: Past, ask: Callable[[], LearnedEstimate]
) -> None:
    own = ask()
    past(3.0, of_dataset=_dataset(other_workspace))
    assert ask().n_runs == 1
    with workspace.transaction() as connection:
        connection.execute(sa.update(tables.runs).values(owner="bob"))
    assert ask() == own


def test_a_sweep_is_estimated_and_refused_by_what_was_learned(
    workspace: Workspace, dataset: DatasetRow, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = {"vector_size": [60, 80, 120]}
    own = plan_sweep(workspace, dataset, MODEL.name, grid, VALUES)
    monkeypatch.setattr(sweeps, "LONGEST_S", 1.3 * own.seconds)
    assert plan_sweep(workspace, dataset, MODEL.name, grid, VALUES) == own
    assert own.n_taught == 0
    past(1 / 9)
    faster = plan_sweep(workspace, dataset, MODEL.name, grid, VALUES)
    experience = Experience(workspace, MODEL)
    each = [experience.estimate(COUNTS, MODEL.parameters_class.checked(one)).seconds for one in faster.parameters]
    assert faster.seconds == pytest.approx(sum(each) / min(3, workspace.settings.slots))
    assert faster.seconds < 0.5 * own.seconds
    assert faster.n_taught == 1
    for _ in range(5):
        past(3.0)
    with pytest.raises(TooLargeError, match="A sweep may take at most"):
        plan_sweep(workspace, dataset, MODEL.name, grid, VALUES)


@pytest.fixture
def small_text(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatasetRow:
    path = tmp_path / "text.txt"
    path.write_text("the king and the queen sat in the castle\n" * 50, encoding="utf-8")
    upload = workspace.stage_upload(path, "text.txt")
    with monkeypatch.context() as patch:
        patch.setattr(Jobs, "dispatch", lambda self: None)
        assert execute(workspace, Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "t").id)
    return workspace.datasets()[0]


def test_a_real_training_tells_what_it_needed_and_teaches(workspace: Workspace, small_text: DatasetRow) -> None:
    jobs = Jobs(workspace)
    own = jobs.estimate_training(small_text.id, "word2vec", QUICK)
    assert own.n_runs == 0
    row = jobs.wait(jobs.submit_training(small_text.id, "word2vec", QUICK).id, timeout_s=120)
    assert row.status == Status.SUCCEEDED
    peak_mb = peak_memory_of(row.result)
    assert peak_mb is not None
    assert 50 < peak_mb < 2000
    about = json.loads((workspace.run_folder(row.id) / "run.json").read_text(encoding="utf-8"))
    assert about["peak_memory_mb"] == peak_mb
    assert about["n_threads"] == threads_per_slot(workspace.settings)
    learned = jobs.estimate_training(small_text.id, "word2vec", QUICK)
    assert (learned.n_runs, learned.n_memory_runs) == (1, 1)
    assert learned.memory_mb == pytest.approx(math.sqrt(own.memory_mb * peak_mb))
    assert row.elapsed_s is not None
    bounded = min(max(row.elapsed_s, own.seconds / 20), own.seconds * 20)
    assert learned.seconds == pytest.approx(math.sqrt(own.seconds * bounded))


def test_in_a_process_that_does_other_work_no_peak_is_taken_for_the_jobs(
    workspace: Workspace, small_text: DatasetRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    job = Jobs(workspace).submit_training(small_text.id, "word2vec", QUICK)
    assert execute(workspace, job.id)
    row = Jobs(workspace).job(job.id)
    assert row.status == Status.SUCCEEDED
    assert row.result is not None
    assert row.result["peak_memory_mb"] is None
    assert row.result["n_threads"] == threads_per_slot(workspace.settings)
    estimated = Jobs(workspace).estimate_training(small_text.id, "word2vec", QUICK)
    assert (estimated.n_runs, estimated.n_memory_runs) == (1, 0)
