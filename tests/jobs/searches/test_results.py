"""The result of a sweep: what was varied, the score on the validation part, the chosen run."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.searches.results import search_result
from embedlab.workspace.workspace import Workspace


def run(run_id: str, scores: dict[str, Any], model: str = "matrix-factorization", **parameters: Any) -> Any:
    return SimpleNamespace(id=run_id, model=model, scores=scores, parameters={"seed": 0, "biases": True, **parameters})


def rating(validation: float, test: float, width: float = 0.0392) -> dict[str, Any]:
    return {
        "validation_rmse": validation,
        "test_rmse": test,
        "n_test": 500,
        "intervals": {"test_rmse": [test - width / 2, test + width / 2]},
    }


GRID = [
    run("a", rating(0.90, 0.1), l2=1.0, n_factors=8),
    run("b", rating(0.87, 0.9), l2=10.0, n_factors=8),
    run("c", rating(0.88, 0.9), l2=1.0, n_factors=32),
    run("d", rating(0.865, 0.9), l2=10.0, n_factors=32),
    run("e", rating(0.95, 0.9), l2=100.0, n_factors=32),
]


def test_the_validation_part_chooses_and_the_test_part_does_not() -> None:
    found = search_result(GRID, {"items": 10_000}, "items")
    assert [(each.name, each.is_log, each.is_dimension) for each in found.parameters] == [
        ("l2", True, False),
        ("n_factors", True, True),
    ]
    assert found.score is not None
    assert found.score.title == "Validation RMSE"
    assert found.values == (0.90, 0.87, 0.88, 0.865, 0.95)
    # The interval of the test part is 0.0392 wide: a standard error of 0.01. Another run has the best test score.
    assert found.chosen is GRID[1]
    assert found.as_json() == {
        "run": "b",
        "l2": 10.0,
        "n_factors": 8,
        "score": "Validation RMSE",
        "value": 0.87,
        "reason": "lowest validation RMSE (0.865); 1 other within its noise (standard error 0.01); smallest n_factors "
        "of those",
    }
    assert found.rule == 10


def test_the_noise_is_that_of_a_difference_on_the_same_users() -> None:
    paired = {
        "baselines": {"item_mean": {"test_rmse": 0.95}, "user_item_bias": {"test_rmse": 0.91}},
        "differences": {
            "item_mean": {"test_rmse": {"value": -0.05, "low": -0.07, "high": -0.03}},
            "user_item_bias": {"test_rmse": {"value": -0.01, "low": -0.01196, "high": -0.00804}},
        },
    }
    runs = [run("a", rating(0.87, 0.9) | paired, n_factors=8), run("b", rating(0.865, 0.9) | paired, n_factors=32)]
    found = search_result(runs, {}, "")
    # A standard error of 0.001, though that of each score alone is 0.01.
    assert found.chosen is runs[1]
    assert found.choice is not None
    assert found.choice.within_noise == ()
    runs[0].scores["validation_rmse"] = 0.8655
    assert search_result(runs, {}, "").chosen is runs[0]


def test_one_parameter_without_dimensions_has_no_rule() -> None:
    found = search_result(GRID[2:], {"items": 10_000}, "items")
    assert [each.name for each in found.parameters] == ["l2"]
    assert found.rule is None
    assert found.chosen is GRID[3]


def test_rankings_are_chosen_by_their_ndcg() -> None:
    scores = [{"validation_recall@20": 1 - value, "validation_ndcg@10": value} for value in (0.1, 0.2, 0.15)]
    runs = [run(str(n), each, "ease", l2=10.0**n) for n, each in enumerate(scores)]
    found = search_result(runs, {}, "")
    assert found.score is not None
    assert found.score.title == "Validation NDCG@10"
    assert found.chosen is runs[1]


def test_without_validation_scores_nothing_is_chosen() -> None:
    runs = [run("a", {"test_rmse": 0.9, "loss": 1.0}, l2=1.0), run("b", {"test_rmse": 0.8, "loss": 2.0}, l2=2.0)]
    found = search_result(runs, {}, "")
    assert (found.score, found.chosen, found.as_json()) == (None, None, None)


def test_text_and_switches_are_no_axes() -> None:
    runs = [
        run("a", rating(0.9, 0.9), "of-the-future", biases=True, kind="x", l2=None, rate=0.1),
        run("b", rating(0.8, 0.9), "of-the-future", biases=False, kind="y", l2=1.0, rate=0.2),
    ]
    found = search_result(runs, {}, "")
    assert [(each.name, each.title, each.is_log) for each in found.parameters] == [("rate", "Rate", False)]
    assert found.chosen is runs[1]


@pytest.mark.parametrize(
    ("n_cases", "said"),
    [
        pytest.param(1, "Only 1 validation rating decided: too few to tell settings apart.", id="one"),
        pytest.param(4, "Only 4 validation ratings decided: too few to tell settings apart.", id="too-few"),
        pytest.param(40, "Only 40 validation ratings decided, so another setting may be just as good.", id="few"),
        pytest.param(100, "", id="enough"),
        pytest.param(None, "", id="not-stored"),
    ],
)
def test_a_choice_by_few_validation_cases_says_so(n_cases: int | None, said: str) -> None:
    more = {} if n_cases is None else {"n_validation": n_cases}
    found = search_result(
        [run("a", rating(0.90, 0.1) | more, l2=1.0), run("b", rating(0.8, 0.9) | more, l2=2.0)], {}, ""
    )
    assert found.caution.startswith(said)
    assert bool(found.caution) == bool(said)
    written = found.as_json()
    assert written is not None
    assert written.get("n_cases") == n_cases
    assert written.get("caution", "") == found.caution


def test_a_run_stores_how_many_validation_cases_there_are(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    jobs = Jobs(workspace)
    path = tmp_path / "homes.csv"
    path.write_text("zip,rooms,price\n" + "".join(f"z{n % 7},{n % 5},{n}\n" for n in range(60)), encoding="utf-8")
    job = jobs.submit_import(workspace.stage_upload(path, "homes.csv").id, "table", {}, "homes")
    assert execute(workspace, job.id)
    run_id = jobs.submit_training(workspace.datasets()[0].id, "pca-whitening", {}).id
    assert execute(workspace, run_id)
    # A tenth of the rows, by the protocol.
    assert workspace.run(run_id).scores["n_validation"] == 6
