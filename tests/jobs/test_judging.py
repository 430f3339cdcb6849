"""Judging by what is kept with a dataset: at the end of a training, and again on demand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import ConflictError, InputError, NotFoundError, TooLargeError
from embedlab.core.kind import Kind
from embedlab.evaluation.scores import read_scores
from embedlab.jobs import judging
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.judging import current_scores, is_judged, judge_for_dataset, keep_check, keep_file
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import remove_yardstick, yardsticks_of
from tests.workspaces import fill


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text("king\tqueen\t9\nking\tcastle\t5\nthe\tin\t1\nking\tunicorn\t2\n", encoding="utf-8")
    return path


@pytest.fixture
def analogies_file(tmp_path: Path) -> Path:
    path = tmp_path / "analogies.txt"
    path.write_text(": royal\nking queen castle sat\nking queen unicorn sat\n", encoding="utf-8")
    return path


def train(workspace: Workspace, tmp_path: Path) -> tuple[str, str]:
    path = tmp_path / "text.txt"
    path.write_text("the king and the queen sat in the castle\n" * 100, encoding="utf-8")
    upload = workspace.stage_upload(path, "text.txt")
    assert execute(workspace, Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "t").id)
    dataset_id = workspace.datasets()[0].id
    keep_check(workspace, dataset_id, "king near queen")
    run = Jobs(workspace).submit_training(dataset_id, "word2vec", {"vector_size": 4, "epochs": 1, "min_count": 1})
    assert execute(workspace, run.id)
    assert workspace.run(run.id).status == Status.SUCCEEDED
    return dataset_id, run.id


def test_a_training_is_judged_by_all_that_is_kept_and_again_when_that_changes(
    workspace: Workspace, tmp_path: Path, pairs_file: Path, analogies_file: Path
) -> None:
    dataset_id, run_id = train(workspace, tmp_path)
    first = workspace.run(run_id).scores
    assert {"wordsim353", "simlex999", "analogies", "checks"} <= first.keys()
    assert first["wordsim353"]["of"] == 353
    assert [result["check"] for result in first["checks"]["results"]] == ["king near queen"]
    assert is_judged(first, yardsticks_of(workspace, dataset_id))

    pairs = keep_file(workspace, dataset_id, "pairs", pairs_file, "my pairs.tsv")
    keep_file(workspace, dataset_id, "analogies", analogies_file, "my analogies.txt")
    keep_check(workspace, dataset_id, "king nearer queen than unicorn")
    rows = yardsticks_of(workspace, dataset_id)
    assert not is_judged(first, rows)
    assert "checks" not in current_scores(first, rows)

    job = Jobs(workspace).submit_judging(dataset_id)
    assert execute(workspace, job.id)
    assert Jobs(workspace).job(job.id).status == Status.SUCCEEDED
    again = workspace.run(run_id).scores
    assert again["files"][pairs.id]["name"] == "my pairs.tsv"
    assert (again["files"][pairs.id]["covered"], again["files"][pairs.id]["of"]) == (3, 4)
    assert [result["passed"] for result in again["checks"]["results"]][1] is None
    assert again["wordsim353"] == first["wordsim353"]
    assert is_judged(again, rows)
    assert {"my pairs.tsv", "my analogies.txt", "Own checks"} <= {each.title for each in read_scores(again).values()}
    assert json.loads((workspace.run_folder(run_id) / "run.json").read_text())["scores"] == again

    remove_yardstick(workspace, dataset_id, pairs.id)
    assert pairs.id not in read_scores(current_scores(again, yardsticks_of(workspace, dataset_id)))


def test_ratings_are_judged_by_own_checks_alone(workspace: Workspace) -> None:
    filled = fill(workspace)
    items = Embedding(np.eye(3, dtype=np.float32), ["1", "2", "3"], ["a", "b", "c"])
    with workspace.transaction() as connection:
        from embedlab.workspace.tables import datasets

        connection.execute(datasets.update().values(kind="ratings"))
    scores = judge_for_dataset(workspace, filled.dataset, {"users": items, "items": items})
    assert scores.keys() == {"checks"}
    assert judge_for_dataset(workspace, filled.dataset, {"users": items}) == {}


def test_what_is_kept_is_bounded_and_unique(
    workspace: Workspace, pairs_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = fill(workspace).dataset
    with pytest.raises(ConflictError):
        keep_check(workspace, dataset, "A  NEAR b".lower())
    with pytest.raises(InputError):
        keep_check(workspace, dataset, "nonsense")
    keep_file(workspace, dataset, "pairs", pairs_file, "p")
    with pytest.raises(ConflictError):
        keep_file(workspace, dataset, "pairs", pairs_file, "p")
    with pytest.raises(InputError):
        keep_file(workspace, dataset, "analogies", pairs_file, "q")
    with pytest.raises(InputError):
        keep_file(workspace, dataset, "other", pairs_file, "q")
    monkeypatch.setattr(judging, "MOST_CHECKS", 1)
    monkeypatch.setattr(judging, "MOST_FILES", 1)
    with pytest.raises(TooLargeError):
        keep_check(workspace, dataset, "a near c")
    with pytest.raises(TooLargeError):
        keep_file(workspace, dataset, "pairs", pairs_file, "q")


def test_yardsticks_are_their_owners_and_go_with_their_dataset(
    workspace: Workspace, other_workspace: Workspace
) -> None:
    dataset = fill(workspace).dataset
    (row,) = yardsticks_of(workspace, dataset)
    assert yardsticks_of(other_workspace, dataset) == []
    with pytest.raises(NotFoundError):
        keep_check(other_workspace, dataset, "a near c")
    with pytest.raises(NotFoundError):
        remove_yardstick(other_workspace, dataset, row.id)
    workspace.delete_dataset(dataset)
    assert yardsticks_of(workspace, dataset) == []


def test_without_a_finished_run_there_is_nothing_to_judge(workspace: Workspace) -> None:
    dataset = fill(workspace, status="failed").dataset
    with pytest.raises(ConflictError):
        Jobs(workspace).submit_judging(dataset)
