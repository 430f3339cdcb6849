"""Protocols, rankings and L2 regularization on the pages of a ratings dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.jobs.jobs import Jobs
from embedlab.jobs.protocols import dataset_protocol
from embedlab.kinds.protocols import Protocol
from embedlab.workspace.rows import RunRow
from embedlab.workspace.tables import jobs as jobs_table
from embedlab.workspace.tables import runs as runs_table
from embedlab.workspace.workspace import Workspace
from tests.app.planted_ratings import keep_run, planted_predictor, write_planted
from tests.app.test_train_and_runs import shown

OpenPage = Callable[..., AppTest]

RANKING: dict[str, Any] = {
    "ndcg@10": 0.15,
    "recall@20": 0.25,
    "coverage@10": 0.066,
    "gini@10": 0.9,
    "popularity@10": 120.0,
    "popularity_rated": 61.0,
    "n_ranked_users": 565,
    "n_ranked_items": 9724,
    "intervals": {"ndcg@10": [0.14, 0.16], "recall@20": [0.24, 0.26]},
    "baselines": {
        name: {"ndcg@10": value, "recall@20": 0.2, "coverage@10": 0.01, "gini@10": 0.99, "popularity@10": 200.0}
        for name, value in (("popularity", 0.1), ("ease", 0.22))
    },
    "differences": {
        "popularity": {"ndcg@10": {"value": 0.05, "low": 0.04, "high": 0.06}},
        "ease": {"ndcg@10": {"value": -0.07, "low": -0.08, "high": -0.06}},
    },
}
RATING: dict[str, Any] = {
    "test_rmse": 0.86,
    "test_mae": 0.66,
    "n_test": 10_084,
    "n_unseen": 420,
    "n_unseen_users": 0,
    "n_unseen_items": 390,
    "intervals": {"test_rmse": [0.85, 0.87]},
    "baselines": {"user_item_bias": {"test_rmse": 0.87, "test_mae": 0.67}},
    "differences": {"user_item_bias": {"test_rmse": {"value": -0.01, "low": -0.012, "high": -0.008}}},
}


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path) -> RunRow:
    return keep_run(workspace, write_planted(tmp_path / "files"), planted_predictor)


def store(workspace: Workspace, run: RunRow, scores: dict[str, Any]) -> None:
    with workspace.transaction() as connection:
        connection.execute(runs_table.update().where(runs_table.c.id == run.id).values(scores=scores))


def plainly(app: AppTest) -> str:
    return shown(app).replace("\\", "")


def test_the_protocols_of_ratings_are_offered_with_what_they_measure(
    open_page: OpenPage, workspace: Workspace, run: RunRow
) -> None:
    key = f"protocol-name:{run.dataset_id}"
    app = open_page("data", dataset=run.dataset_id, view="one")
    assert not app.exception
    assert app.selectbox(key=key).options == [
        "Random split", "Leave last out", "Time cut", "Unseen users (strong generalization)",
    ]  # fmt: skip
    assert "the future leaks in" in plainly(app)
    assert "Ratings from 4 count as positive" in plainly(app)
    app.selectbox(key=key).set_value("leave-last").run()
    assert "next choice of a known user" in plainly(app)
    # Nothing is drawn at random.
    labels = [field.label for field in app.number_input]
    assert not {"Seed of the split", "Test share", "Validation share"} & set(labels)
    app.selectbox(key=key).set_value("unseen-users").run()
    assert {"Test share (of users)", "Share of ratings given"} <= {field.label for field in app.number_input}
    app.number_input(key=f"protocol-history:{run.dataset_id}").set_value(0.5)
    app.number_input(key=f"protocol-positive:{run.dataset_id}").set_value(3.0)
    app.button(key="change-protocol").click().run()
    assert not app.exception
    expected = Protocol("unseen-users", 0, 0.1, 0.1, history_share=0.5, positive_from=3.0)
    assert dataset_protocol(workspace.dataset(run.dataset_id)) == expected
    assert "ratings from 3 count as positive" in plainly(app)
    app.selectbox(key=key).set_value("time-cut").run()
    app.button(key="change-protocol").click().run()
    assert "have no times" in plainly(app)
    assert dataset_protocol(workspace.dataset(run.dataset_id)) == expected


def test_a_rating_run_shows_its_ranking_below_its_errors(
    open_page: OpenPage, workspace: Workspace, run: RunRow
) -> None:
    merged = {
        **RATING,
        **RANKING,
        **{name: {**RATING[name], **RANKING[name]} for name in ("intervals", "baselines", "differences")},
    }
    store(workspace, run, merged)
    app = open_page("runs", run=run.id, view="one")
    assert not app.exception
    text = plainly(app)
    assert "need not be good at ranking" in text
    assert "420 of 10,084 test ratings are of 390 items without ratings in training" in text
    assert "All 9,724 items are ranked for each of the 565 users, never a sample" in text
    errors, ranking, recommended = (
        next(table.value for table in app.dataframe if name in table.value.columns)
        for name in ("test_rmse", "ndcg@10", "Catalog coverage")
    )
    assert errors["Prediction"].tolist() == ["This run", "User and item biases"]
    assert ranking["Recommendations"].tolist() == ["This run", "Most popular items", "EASE"]
    assert recommended["Median popularity"].tolist() == [120, 200, 200]
    assert "of the items that these users had rated themselves it is 61" in text
    assert not app.error


def test_without_a_ranking_the_reason_is_shown(open_page: OpenPage, workspace: Workspace, run: RunRow) -> None:
    store(workspace, run, {**RATING, "not_computed": {"ndcg@10": "No rating counts as positive."}})
    text = plainly(open_page("runs", run=run.id, view="one"))
    assert "No rating counts as positive" in text
    assert "need not be good at ranking" not in text


def test_the_result_of_a_sweep_is_drawn_with_the_chosen_run(
    open_page: OpenPage, workspace: Workspace, run: RunRow
) -> None:
    jobs = Jobs(workspace)
    grid = [(l2, n_factors) for l2 in (1.0, 10.0) for n_factors in (4, 8)]
    for place, (l2, n_factors) in enumerate(grid):
        submitted = jobs.submit_training(run.dataset_id, "matrix-factorization", {"l2": l2, "n_factors": n_factors})
        store(workspace, workspace.run(submitted.id), {"validation_rmse": 0.9 - 0.01 * place, "test_rmse": place})
        with workspace.transaction() as connection:
            own = jobs_table.c.id == submitted.id
            request = {**jobs.job(submitted.id).request, "sweep": "s"}
            connection.execute(jobs_table.update().where(own).values(status="succeeded", request=request))
    app = open_page("runs", view="compare", dataset=run.dataset_id)
    assert not app.exception
    text = plainly(app)
    assert "## Parameter search" in text
    assert "Chosen: **n_factors 8, l2 10.0**: lowest validation RMSE (0.87)." in text


def test_runs_are_compared_by_their_regularization(open_page: OpenPage, workspace: Workspace, run: RunRow) -> None:
    with workspace.transaction() as connection:
        connection.execute(runs_table.update().values(parameters={"l2": 0.0, "seed": 0}))
    app = open_page("runs", run=run.id, view="one")
    assert not app.exception
    app.toggle(key=f"obscure-items-{run.id}").set_value(True).run()
    assert not app.exception
    assert "constant L2 cures obscure recommendations" in plainly(app)
    table = next(each.value for each in app.dataframe if "Obscure recommendations" in each.value.columns)
    assert table["L2 regularization"].tolist() == ["no L2"]
    # Every film has seven or eight ratings.
    assert table["Obscure recommendations"].tolist() == [0.0]
    near = next(each.value for each in app.dataframe if list(each.value.columns) == ["no L2"])
    assert len(near) == 5
