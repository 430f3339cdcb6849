"""Comparing runs on a dataset, and the checks and files they are judged by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.kind import Kind
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.judging import keep_check, keep_file
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import runs
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of
from tests.app.test_train_and_runs import shown

OpenPage = Callable[..., AppTest]
HOSTILE = "![](http://example.com/x.png)<script>"


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def dataset_id(workspace: Workspace, tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text("the king and the queen sat in the castle\n" * 100, encoding="utf-8")
    upload = workspace.stage_upload(path, "text.txt")
    assert execute(workspace, Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, HOSTILE).id)
    return workspace.datasets()[0].id


@pytest.fixture
def trained(workspace: Workspace, dataset_id: str) -> Callable[..., str]:
    def train(**parameters: int) -> str:
        job = Jobs(workspace).submit_training(dataset_id, "word2vec", {"min_count": 1, "epochs": 2, **parameters})
        assert execute(workspace, job.id)
        assert workspace.run(job.id).status == Status.SUCCEEDED
        return job.id

    return train


def test_runs_stand_side_by_side_with_what_differs(
    open_page: OpenPage, workspace: Workspace, dataset_id: str, trained: Callable[..., str]
) -> None:
    keep_check(workspace, dataset_id, "king near queen")
    trained(vector_size=4)
    trained(vector_size=8)
    app = open_page("runs", view="compare", dataset=dataset_id)
    assert not app.exception
    (table,) = app.dataframe
    assert table.value["setting:vector_size"].tolist() == [8, 4]
    assert {"score:checks", "Time", "score:loss"} <= set(table.value.columns)
    assert "setting:epochs" not in table.value.columns
    names = table.value.columns.tolist()
    assert names.index("score:checks") < names.index("setting:vector_size") < names.index("score:loss")
    assert "Learning curves" in shown(app)
    assert "![](" not in shown(app)


def test_a_check_is_added_and_removed_and_asked_again(
    open_page: OpenPage, workspace: Workspace, dataset_id: str, trained: Callable[..., str]
) -> None:
    run_id = trained(vector_size=4)
    app = open_page("runs", view="compare", dataset=dataset_id)
    app.text_input(key="new-check:0").set_value("king close to queen")
    next(button for button in app.button if button.label == "Add the check").click().run()
    assert "near, far from, or nearer" in shown(app)
    assert app.text_input(key="new-check:0").value == "king close to queen"
    app.text_input(key="new-check:0").set_value("king near queen within 3")
    next(button for button in app.button if button.label == "Add the check").click().run()
    assert not app.exception
    assert [row.name for row in yardsticks_of(workspace, dataset_id)] == ["king near queen within 3"]
    assert app.text_input(key="new-check:1").value == ""
    app.button(key="judge-all").click().run()
    (job,) = Jobs(workspace).jobs("judge")
    assert execute(workspace, job.id)
    checks = workspace.run(run_id).scores["checks"]
    assert (checks["covered"], checks["of"]) == (1, 1)
    app = open_page("runs", run=run_id)
    assert "What decided" in app.dataframe[-1].value.columns or any(
        "What decided" in table.value.columns for table in app.dataframe
    )
    app = open_page("runs", view="compare", dataset=dataset_id)
    next(button for button in app.button if button.label == "Remove").click().run()
    assert yardsticks_of(workspace, dataset_id) == []
    assert "score:checks" not in app.dataframe[0].value.columns


def test_a_run_judged_by_less_than_there_is_now_says_so(
    open_page: OpenPage, workspace: Workspace, dataset_id: str, trained: Callable[..., str], tmp_path: Path
) -> None:
    run_id = trained(vector_size=4)
    (tmp_path / "pairs.csv").write_text("king,queen,9\nking,castle,5\nthe,in,1\n")
    keep_file(workspace, dataset_id, "pairs", tmp_path / "pairs.csv", HOSTILE)
    app = open_page("runs", run=run_id)
    assert "have changed since" in shown(app)
    app.button(key="judge-again").click().run()
    (job,) = Jobs(workspace).jobs("judge")
    assert job.request["run_ids"] == [run_id]
    assert "have changed since" not in shown(app)
    assert execute(workspace, job.id)
    app = open_page("runs", run=run_id)
    assert not app.exception
    assert HOSTILE in app.dataframe[0].value["Test"].tolist()
    assert "![](" not in shown(app)


def test_without_runs_checks_can_be_kept_already(open_page: OpenPage, dataset_id: str) -> None:
    app = open_page("runs", dataset=dataset_id)
    assert not app.exception
    assert app.text_input(key="new-check:0")


def test_imported_vectors_are_judged_on_demand(open_page: OpenPage, workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("4 2\nking 1 0.1\nqueen 1 0.2\nbread 0 1\nbutter 0.1 1\n", encoding="utf-8")
    upload = workspace.stage_upload(path, "vectors.txt")
    assert execute(workspace, Jobs(workspace).submit_import(upload.id, Kind.VECTORS, {}, "v").id)
    (dataset,) = workspace.datasets()
    keep_check(workspace, dataset.id, "king nearer queen than bread")
    app = open_page("runs", dataset=dataset.id)
    app.button(key="judge-vectors").click().run()
    (job,) = Jobs(workspace).jobs("judge")
    assert execute(workspace, job.id)
    app = open_page("runs", dataset=dataset.id)
    assert not app.exception
    assert app.dataframe[0].value["Used"].tolist() == ["2 of 353", "0 of 999", "0 of 19,544"]
    assert app.dataframe[-1].value["What decided"].tolist() == ["cosine 0.995 versus 0.100"]


def test_a_sweep_is_asked_for_and_stopped(open_page: OpenPage, workspace: Workspace, dataset_id: str) -> None:
    app = open_page("runs", view="compare", dataset=dataset_id)
    app.text_input(key="sweep-values-vector_size").set_value("2, 4 4 x").run()
    assert "vector" in shown(app)
    assert workspace.runs() == []
    assert "This has to be a whole number" in shown(app)
    app.text_input(key="sweep-values-vector_size").set_value("4").run()
    assert "at least two values" in shown(app)
    app.text_input(key="sweep-values-vector_size").set_value("2, 4, 8").run()
    assert "together, from the model's own figures; improves with every run. Each is a run" in shown(app)
    app.button(key="start-sweep").click().run()
    assert not app.exception
    # Runs queued within the same thousandth of a second have no order.
    assert sorted(run.parameters["vector_size"] for run in workspace.runs()) == [2, 4, 8]
    app = open_page("runs", view="compare", dataset=dataset_id)
    assert "Sweep running, 3 runs left" in shown(app)
    next(button for button in app.button if button.label == "Stop the sweep").click().run()
    assert {run.status for run in workspace.runs()} == {Status.CANCELLED}
    assert "Sweep running" not in shown(app)


def test_the_score_over_dimensions_is_drawn_once_there_are_two(
    open_page: OpenPage, dataset_id: str, trained: Callable[..., str]
) -> None:
    trained(vector_size=4)
    assert "How many dimensions" not in shown(open_page("runs", view="compare", dataset=dataset_id))
    trained(vector_size=8)
    app = open_page("runs", view="compare", dataset=dataset_id)
    assert not app.exception
    assert "How many dimensions" in shown(app)


def test_a_classifier_stands_beside_its_baselines(
    open_page: OpenPage, workspace: Workspace, trained: Callable[..., str]
) -> None:
    run_id = trained(vector_size=4)
    many = {"classes": [str(each) for each in range(11)], "counts": np.eye(11, dtype=int).tolist()}
    scores = {
        "test_accuracy": 0.9,
        "test_f1": 0.8,
        "test_interval": [0.85, 0.95],
        "n_test": 100,
        "baselines": {"majority": {"accuracy": 0.87, "f1": 0.46}},
        "confusion": {"classes": ["ham", HOSTILE], "counts": [[80, 7], [3, 10]]},
    }
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(model="text-classifier", scores=scores))
    app = open_page("runs", run=run_id)
    assert not app.exception
    assert app.dataframe[0].value["test_accuracy"].tolist() == [0.9, 0.87]
    assert app.dataframe[0].value["difference:test_accuracy"].tolist() == ["", "+0.0300"]
    assert "No interval of the difference was stored" in shown(app)
    assert "Correct is blue, mistakes are orange" in shown(app)
    assert "0.850 to 0.950" in shown(app)
    assert "no score yet" not in shown(app)
    assert "![](" not in shown(app)
    assert "test accuracy 0.900" in open_page("runs", view="all").dataframe[0].value["Score"].tolist()
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(scores=scores | {"confusion": many}))
    assert open_page("runs", run=run_id).dataframe[1].value["Predicted as"].tolist() == many["classes"]


def stored_scores(*, low: float, high: float) -> dict[str, object]:
    """Scores of a classifier beside one baseline; `low` and `high` bound the difference in accuracy."""
    return {
        "test_accuracy": 0.9,
        "test_f1": 0.8,
        "n_test": 100,
        "intervals": {"test_accuracy": [0.85, 0.95]},
        "baselines": {"majority": {"test_accuracy": 0.87, "test_f1": 0.46}},
        "differences": {"majority": {"test_accuracy": {"value": 0.03, "low": low, "high": high}}},
    }


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        pytest.param(0.01, 0.05, ":material/check: Test accuracy: higher", id="better"),
        pytest.param(-0.01, 0.07, ":material/warning: Test accuracy: not distinguishable", id="may-be-chance"),
        pytest.param(-0.07, -0.01, ":material/warning: Test accuracy: worse", id="worse"),
    ],
)
def test_only_a_difference_that_is_no_chance_gets_a_tick(
    open_page: OpenPage,
    workspace: Workspace,
    trained: Callable[..., str],
    low: float,
    high: float,
    says: str,
) -> None:
    run_id = trained(vector_size=4)
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(scores=stored_scores(low=low, high=high)))
    app = open_page("runs", run=run_id)
    assert not app.exception
    assert says in shown(app).replace("\\", "")
    assert ("material/check:" in shown(app)) == (low > 0)


def test_baselines_are_the_last_rows_of_the_comparison_and_no_runs(
    open_page: OpenPage, workspace: Workspace, dataset_id: str, trained: Callable[..., str]
) -> None:
    trained(vector_size=4)
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(scores=stored_scores(low=0.01, high=0.05)))
    app = open_page("runs", view="compare", dataset=dataset_id)
    assert not app.exception
    table = app.dataframe[0].value
    assert table["Model"].tolist()[1:] == ["Most frequent label"]
    assert table["score:test_accuracy"].tolist() == [0.9, 0.87]


def test_what_could_not_be_computed_and_how_the_training_ended_are_said(
    open_page: OpenPage, workspace: Workspace, trained: Callable[..., str]
) -> None:
    run_id = trained(vector_size=4)
    reasons = {"test_rmse": f"Not enough ratings. {HOSTILE}"}
    scores = {"loss": 1.0, "stopped": "last_epoch_still_improving", "not_computed": reasons}
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(scores=scores))
    app = open_page("runs", run=run_id)
    assert not app.exception
    assert "Not enough ratings" in shown(app)
    assert "Train with more epochs" in shown(app)
    assert "![](" not in shown(app)


def test_the_name_of_a_file_does_not_keep_it_from_the_curves(
    open_page: OpenPage, workspace: Workspace, dataset_id: str, trained: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "pairs.csv").write_text("king,queen,9\nking,castle,5\nthe,in,1\n")
    keep_file(workspace, dataset_id, "pairs", tmp_path / "pairs.csv", "Test pairs with a loss")
    run_ids = [trained(vector_size=size) for size in (4, 8)]
    with workspace.transaction() as connection:
        for number, run_id in enumerate(run_ids):
            scores = {**workspace.run(run_id).scores, "test_rmse": 0.9 + number}
            connection.execute(runs.update().where(runs.c.id == run_id).values(scores=scores))
    app = open_page("runs", view="compare", dataset=dataset_id)
    assert not app.exception
    (offered,) = [each.options for each in app.button_group if (each.key or "").startswith("dimension-score")]
    titles = [getattr(option, "content", option) for option in offered]
    assert any("Test pairs with a loss" in title for title in titles)
    assert not any("RMSE" in title for title in titles)
