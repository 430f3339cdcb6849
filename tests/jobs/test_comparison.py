from __future__ import annotations

from typing import Any

import pytest

from embedlab.jobs.comparison import compare_runs
from embedlab.workspace.tables import embeddings, jobs, runs
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import add_yardstick
from tests.workspaces import fill


def test_what_differs_and_every_score_side_by_side(workspace: Workspace) -> None:
    filled = fill(workspace)
    first: dict[str, Any] = {"vector_size": 50, "epochs": 5, "seed": 0, "window": 5}
    scores = {
        "wordsim353": {
            "score": 0.5,
            "low": 0.4,
            "high": 0.6,
            "covered": 300,
            "of": 353,
            "meaningful": True,
            "note": "",
        },
        "simlex999": {
            "score": 0.3,
            "low": 0.1,
            "high": 0.5,
            "covered": 9,
            "of": 999,
            "meaningful": False,
            "note": "few",
        },
        "loss": 1.5,
        "best_epoch": 3,
        "n_test": 10,
        "checks": {"score": 1.0, "covered": 1, "of": 1, "results": [{"check": "a near b", "passed": True}]},
        "files": {"gone": {"name": "gone.tsv", "score": 0.9, "covered": 3, "of": 3}},
    }
    older = {"word_pairs": {"wordsim353": {"spearman": 0.2, "n_used": 200, "n_pairs": 353, "meaningful": True}}}
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(parameters=first, scores=scores))
        other = {"id": "abcdefghijkm", "created_at": 1.0}
        job = {"kind": "train", "status": "succeeded", "title": "b", "request": {}, "attempt": 1}
        workspace.catalog.insert(connection, jobs, {**other, **job, "started_at": 10.0, "finished_at": 12.5})
        run = {"name": "b", "dataset_id": filled.dataset, "model": "ppmi-svd", "versions": {}}
        parameters = {"vector_size": 100, "seed": 0, "window": 5}
        workspace.catalog.insert(connection, runs, {**other, **run, "parameters": parameters, "scores": older})
    compared = compare_runs(workspace, filled.dataset)
    assert [run.id for run in compared.runs] == [filled.run, "abcdefghijkm"]
    assert compared.settings == {"vector_size": (50, 100)}
    assert {name: column.values for name, column in compared.scores.items()} == {
        "loss": (1.5, None),
        "wordsim353": (0.5, 0.2),
        "simlex999": (0.3, None),
        "checks": (1.0, None),
    }
    margins = {name: column.margin for name, column in compared.scores.items()}
    assert margins == {
        "loss": None,
        "wordsim353": pytest.approx(0.1),
        "simlex999": pytest.approx(0.2),
        "checks": None,
    }
    assert {name: column.doubt for name, column in compared.scores.items() if column.doubt} == {"simlex999": "few"}
    assert compared.scores["wordsim353"].best == {0}
    assert compared.unjudged == ()
    with workspace.transaction() as connection:
        connection.execute(embeddings.update().values(run_id="abcdefghijkm"))
    assert compare_runs(workspace, filled.dataset).unjudged == ("abcdefghijkm",)
    assert compared.runs[1].elapsed_s == 2.5


def put_runs(workspace: Workspace, *of_runs: dict[str, Any]) -> str:
    """Give a dataset a run with each of these scores, the first the newest; return the dataset's id."""
    filled = fill(workspace)
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(scores=of_runs[0]))
        for number, scores in enumerate(of_runs[1:], 1):
            about = {"id": f"abcdefghijk{number}", "created_at": 100.0 - number}
            job = {"kind": "train", "status": "succeeded", "title": "b", "request": {}, "attempt": 1}
            workspace.catalog.insert(connection, jobs, {**about, **job})
            run = {"name": "b", "dataset_id": filled.dataset, "model": "word2vec", "versions": {}, "parameters": {}}
            workspace.catalog.insert(connection, runs, {**about, **run, "scores": scores})
    return filled.dataset


def put_file(workspace: Workspace, dataset_id: str, name: str) -> str:
    """Keep a file of pairs that a user called `name` with a dataset; return its id."""
    return add_yardstick(workspace, dataset_id, "pairs", name, [["a", "b", 1.0]]).id


def of_file(name: str, score: float) -> dict[str, Any]:
    about = {"low": score - 0.1, "high": score + 0.1, "covered": 200, "of": 200, "meaningful": True, "note": ""}
    return {"name": name, "kind": "pairs", "score": score, **about}


def test_a_files_name_decides_nothing(workspace: Workspace) -> None:
    """A file may be called like a score of the test part, an error, or another file."""
    dataset_id = put_runs(workspace, {}, {})
    names = ("Test RMSE", "Test my loss", "Validation loss", "rmse", "rmse")
    ids = [put_file(workspace, dataset_id, name) for name in names]
    values = {"test_rmse": 0.9, "loss": 1.0}, {"test_rmse": 0.8, "loss": 2.0}
    with workspace.transaction() as connection:
        for run, own, score in zip(workspace.runs(dataset_id), values, (0.6, 0.4), strict=True):
            files = {file_id: of_file(name, score) for file_id, name in zip(ids, names, strict=True)}
            connection.execute(runs.update().where(runs.c.id == run.id).values(scores={**own, "files": files}))
    columns = compare_runs(workspace, dataset_id).scores
    assert columns.keys() == {"test_rmse", "loss", *ids}
    titles = [column.title for column in columns.values()]
    assert len(set(titles)) == len(titles)
    for file_id in ids:
        # Of a correlation more is better, and runs may be chosen by it.
        assert (columns[file_id].kind.better, columns[file_id].kind.part) == ("higher", "none")
        assert columns[file_id].best == {0}
    assert columns["test_rmse"].best == frozenset()
    assert columns["loss"].best == frozenset()
    assert [column.name for column in compare_runs(workspace, dataset_id).choosing()] == ids


def test_runs_are_chosen_by_the_validation_part_first(workspace: Workspace) -> None:
    pairs = {"score": 0.5, "low": 0.4, "high": 0.6, "covered": 300, "of": 353, "meaningful": True, "note": ""}
    stability = {**pairs, "interval_over": "seeds"}
    scores = {"wordsim353": pairs, "stability": stability, "validation_rmse": 0.9, "test_rmse": 1.0, "new_figure": 3}
    dataset_id = put_runs(workspace, scores, {**scores, "validation_rmse": 0.8, "new_figure": 4})
    compared = compare_runs(workspace, dataset_id)
    assert [column.name for column in compared.choosing()] == ["validation_rmse", "wordsim353", "stability"]
    assert compared.scores["validation_rmse"].best == {1}
    # Whether more of an unknown figure is better is not known, so none is the best.
    assert compared.scores["new_figure"].kind.better is None
    assert compared.scores["new_figure"].best == frozenset()


def test_the_baselines_of_the_newest_run_are_in_force(workspace: Workspace) -> None:
    older = {"test_rmse": 0.9, "baselines": {"item_mean": {"rmse": 1.0, "mae": 0.8}}}
    newer = {"test_rmse": 0.9, "baselines": {"item_mean": {"test_rmse": 1.1, "test_mae": 0.8}}}
    documents = {"documents": {"knn_accuracy": 0.9, "n_asked": 50, "baselines": {"majority": 0.6}}}
    compared = compare_runs(workspace, put_runs(workspace, newer, older, documents))
    found = {each.name: {name: score.value for name, score in each.scores.items()} for each in compared.baselines}
    assert found == {"item_mean": {"test_rmse": 1.1, "test_mae": 0.8}, "majority": {"documents": 0.6}}
    assert compared.unlike_baselines == ("test_rmse",)


def test_runs_of_one_test_part_have_the_same_baselines(workspace: Workspace) -> None:
    scores = {"test_rmse": 0.9, "baselines": {"item_mean": {"test_rmse": 1.1}}}
    summed_otherwise = {"test_rmse": 0.9, "baselines": {"item_mean": {"test_rmse": 1.1 + 1e-12}}}
    assert compare_runs(workspace, put_runs(workspace, scores, summed_otherwise)).unlike_baselines == ()


def test_a_score_without_a_value_makes_no_column(workspace: Workspace) -> None:
    dataset_id = put_runs(workspace, {"validation_rmse": None}, {"validation_rmse": 0.5, "test_f1": None})
    columns = compare_runs(workspace, dataset_id).scores
    assert {name: column.values for name, column in columns.items()} == {"validation_rmse": (None, 0.5)}
