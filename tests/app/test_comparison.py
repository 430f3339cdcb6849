"""Comparison of the runs on a dataset, and its checks and test files."""

from __future__ import annotations

import json
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
from tests.app.conftest import runs_listed
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


def test_runs_are_listed_with_the_settings_that_differ(
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


def test_check_is_added_scored_again_and_removed(
    open_page: OpenPage, workspace: Workspace, dataset_id: str, trained: Callable[..., str]
) -> None:
    run_id = trained(vector_size=4)
    app = open_page("runs", view="compare", dataset=dataset_id)
    # The only line has the title of its metric.
    (curve,) = (json.loads(chart.proto.spec) for chart in app.get("plotly_chart"))
    assert [trace["name"] for trace in curve["data"]] == ["Loss"]
    app.text_input(key="new-check:0").set_value("king close to queen")
    next(button for button in app.button if button.label == "Add check").click().run()
    assert "near, far from, or nearer" in shown(app)
    assert app.text_input(key="new-check:0").value == "king close to queen"
    app.text_input(key="new-check:0").set_value("king near queen within 3")
    next(button for button in app.button if button.label == "Add check").click().run()
    assert not app.exception
    assert [row.name for row in yardsticks_of(workspace, dataset_id)] == ["king near queen within 3"]
    assert app.text_input(key="new-check:1").value == ""
    app.button(key="judge-all").click().run()
    (job,) = Jobs(workspace).jobs("judge")
    assert execute(workspace, job.id)
    checks = workspace.run(run_id).scores["checks"]
    assert (checks["covered"], checks["of"]) == (1, 1)
    app = open_page("runs", run=run_id)
    assert "Reason" in app.dataframe[-1].value.columns or any(
        "Reason" in table.value.columns for table in app.dataframe
    )
    app = open_page("runs", view="compare", dataset=dataset_id)
    next(button for button in app.button if button.label == "Remove").click().run()
    assert yardsticks_of(workspace, dataset_id) == []
    assert "score:checks" not in app.dataframe[0].value.columns


def test_run_with_outdated_checks_offers_new_scoring(
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


def test_checks_can_be_added_before_the_first_run(open_page: OpenPage, dataset_id: str) -> None:
    app = open_page("runs", dataset=dataset_id)
    assert not app.exception
    assert app.text_input(key="new-check:0")


def test_imported_vectors_are_scored_on_request(open_page: OpenPage, workspace: Workspace, tmp_path: Path) -> None:
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
    assert app.dataframe[-1].value["Reason"].tolist() == ["cosine 0.995 versus 0.100"]


def test_sweep_is_started_and_cancelled(open_page: OpenPage, workspace: Workspace, dataset_id: str) -> None:
    app = open_page("runs", view="compare", dataset=dataset_id)
    app.text_input(key="sweep-values-vector_size").set_value("2, 4 4 x").run()
    assert "vector" in shown(app)
    assert workspace.runs() == []
    assert "This has to be a whole number" in shown(app)
    app.text_input(key="sweep-values-vector_size").set_value("4").run()
    assert "at least two values" in shown(app)
    app.text_input(key="sweep-values-vector_size").set_value("2, 4, 8").run()
    assert "in total, from the model's own figures; improves with every run. Each is saved as a separate run." in shown(
        app
    )
    next(box for box in app.selectbox if box.label == "Model").set_value("word2vec").run()
    app.text_input(key="sweep-values-vector_size").set_value("2, 4, 8").run()
    app.number_input(key="sweep-snapshot-every").set_value(2).run()
    app.button(key="start-sweep").click().run()
    assert not app.exception
    assert {job.request["snapshot_every"] for job in Jobs(workspace).jobs("train")} == {2}
    # Runs queued within the same thousandth of a second have no order.
    assert sorted(run.parameters["vector_size"] for run in workspace.runs()) == [2, 4, 8]
    app = open_page("runs", view="compare", dataset=dataset_id)
    assert "Sweep running, 3 runs left" in shown(app)
    next(button for button in app.button if button.label == "Cancel sweep").click().run()
    assert {run.status for run in workspace.runs()} == {Status.CANCELLED}
    assert "Sweep running" not in shown(app)


def test_score_over_dimensions_needs_two_values(
    open_page: OpenPage, dataset_id: str, trained: Callable[..., str]
) -> None:
    trained(vector_size=4)
    assert "Score by number of dimensions" not in shown(open_page("runs", view="compare", dataset=dataset_id))
    trained(vector_size=8)
    app = open_page("runs", view="compare", dataset=dataset_id)
    assert not app.exception
    assert "Score by number of dimensions" in shown(app)


def test_classifier_is_shown_with_its_baselines(
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
    assert "no scores yet" not in shown(app)
    assert "![](" not in shown(app)
    assert "test accuracy 0.900" in runs_listed(open_page("runs", view="all"))["Score"]
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
def test_only_a_significant_difference_gets_a_check_mark(
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


def test_baselines_are_the_last_rows_and_not_selectable_as_runs(
    open_page: OpenPage, workspace: Workspace, dataset_id: str, trained: Callable[..., str]
) -> None:
    trained(vector_size=4)
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(scores=stored_scores(low=0.01, high=0.05)))
    app = open_page("runs", view="compare", dataset=dataset_id)
    assert not app.exception
    table = app.dataframe[0].value
    assert table.iloc[1:, 0].tolist() == ["Baseline: Most frequent label"]
    assert "Model" not in table, "the names of the runs begin with the model"
    assert table["score:test_accuracy"].tolist() == [0.9, 0.87]


def test_missing_scores_and_early_stopping_are_explained(
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


def test_file_name_with_markup_does_not_break_the_curves(
    open_page: OpenPage, workspace: Workspace, dataset_id: str, trained: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "pairs.csv").write_text("king,queen,9\nking,castle,5\nthe,in,1\n")
    keep_file(workspace, dataset_id, "pairs", tmp_path / "pairs.csv", "Test pairs with a loss")
    run_ids = [trained(vector_size=size) for size in (4, 8)]
    with workspace.transaction() as connection:
        for number, run_id in enumerate(run_ids):
            scores = {**workspace.run(run_id).scores, "test_rmse": 0.9 + number}
            # As if the file had more pairs: scores with too few are not drawn.
            scores["files"] = {key: {**value, "meaningful": True} for key, value in scores["files"].items()}
            connection.execute(runs.update().where(runs.c.id == run_id).values(scores=scores))
    app = open_page("runs", view="compare", dataset=dataset_id)
    assert not app.exception
    (offered,) = [each.options for each in app.button_group if (each.key or "").startswith("dimension-score")]
    titles = [getattr(option, "content", option) for option in offered]
    assert any("Test pairs with a loss" in title for title in titles)
    assert not any("RMSE" in title for title in titles)
