"""What the interval of a difference allows to say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embedlab.evaluation.differences import paired_difference, read_differences, share_difference, signed
from embedlab.evaluation.resampling import resampled_macro_f1


def stored(name: str, own: float, baseline: float, low: float | None, high: float | None) -> dict[str, Any]:
    beside = {"value": own - baseline, "low": low, "high": high}
    return {
        name: own,
        "n_test": 100,
        "intervals": {name: [own - 0.05, own + 0.05]},
        "baselines": {"item_mean": {name: baseline}},
        "differences": {"item_mean": {name: beside}},
    }


@pytest.mark.parametrize(
    ("scores", "outcome", "says"),
    [
        pytest.param(
            stored("test_rmse", 0.9, 1.0, -0.15, -0.05),
            "better",
            "Test RMSE: lower than the baseline \u201cMean of the item\u201d "
            "(difference -0.1000, 95 % interval -0.1500 to -0.0500).",
            id="lower-error",
        ),
        pytest.param(
            stored("test_rmse", 1.1, 1.0, 0.05, 0.15), "worse", "Test RMSE: worse (higher) than", id="higher-error"
        ),
        pytest.param(
            stored("test_accuracy", 0.9, 0.8, 0.02, 0.2), "better", "Test accuracy: higher than", id="higher-accuracy"
        ),
        pytest.param(
            stored("test_accuracy", 0.7, 0.8, -0.2, -0.02), "worse", ": worse (lower) than", id="lower-accuracy"
        ),
        pytest.param(
            stored("test_accuracy", 0.9, 0.88, -0.01, 0.05),
            "indistinguishable",
            ": not distinguishable from the baseline \u201cMean of the item\u201d on this test part",
            id="may-be-chance",
        ),
        pytest.param(stored("test_accuracy", 0.9, 0.9, 0.0, 0.0), "indistinguishable", "difference 0.0000", id="equal"),
        pytest.param(
            stored("test_accuracy", 1.0, 1.0, 0.0, 0.0),
            "both_best",
            "both reach the best possible value",
            id="both-all",
        ),
        pytest.param(
            stored("test_rmse", 0.0, 0.0, 0.0, 0.0), "both_best", "both reach the best possible value", id="no-error"
        ),
        pytest.param(
            stored("test_rmse", 0.9, 1.0, None, None), "unknown", "No interval of the difference", id="no-interval"
        ),
        pytest.param(
            stored("test_brier", 0.1, 0.2, -0.2, -0.05), "unknown", "Test brier minus", id="unknown-direction"
        ),
    ],
)
def test_only_an_interval_without_0_is_a_difference(scores: dict[str, Any], outcome: str, says: str) -> None:
    (difference,) = read_differences(scores)["item_mean"].values()
    assert difference.outcome == outcome
    assert says in difference.sentence()


def test_runs_of_earlier_versions_are_neither_better_nor_worse() -> None:
    old = {"test_rmse": 0.9, "test_mae": 0.7, "baselines": {"item_mean": {"rmse": 1.0, "mae": 0.8}}}
    found = read_differences(old)["item_mean"]
    assert found.keys() == {"test_rmse", "test_mae"}
    assert {each.outcome for each in found.values()} == {"unknown"}
    assert "none is stored with this run" in found["test_rmse"].sentence()
    assert found["test_rmse"].value == pytest.approx(-0.1)


def test_scores_that_one_side_lacks_are_not_compared() -> None:
    assert read_differences({"test_rmse": 0.9, "baselines": {"item_mean": {"test_mae": 0.8}}}) == {}
    assert read_differences({"test_rmse": None, "baselines": {"item_mean": {"test_rmse": 0.8}}}) == {}


def test_documents_are_compared_with_the_majority() -> None:
    beside = {"majority": {"documents": {"value": 0.3, "low": 0.2, "high": 0.4}}}
    documents = {
        "knn_accuracy": 0.9,
        "n_asked": 60,
        "n_documents": 60,
        "baselines": {"majority": 0.6},
        "meaningful": True,
        "note": "",
    }
    found = read_differences({"documents": {**documents, "differences": beside}})["majority"]["documents"]
    assert (found.outcome, found.interval) == ("better", (0.2, 0.4))
    assert read_differences({"documents": documents})["majority"]["documents"].outcome == "unknown"


def test_what_adding_in_another_order_makes_is_no_difference() -> None:
    rounding = np.tile([1e-16, -1e-16], 500)
    assert paired_difference(1e-17, rounding, 50) == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert paired_difference(0.5, rounding + 0.5, 3) == {"value": 0.5, "low": None, "high": None}


def test_shares_are_compared_case_by_case() -> None:
    own = np.arange(100) < 90
    found = share_difference(own, np.arange(100) < 60)
    assert found["value"] == pytest.approx(0.3)
    assert 0.2 < found["low"] < 0.3 < found["high"] < 0.4


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(0.12345, "+0.1235", id="positive"),
        pytest.param(-0.1, "-0.1000", id="negative"),
        pytest.param(-1e-9, "0.0000", id="rounded-to-0"),
    ],
)
def test_differences_have_a_sign(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize("seed", [pytest.param(seed, id=f"seed-{seed}") for seed in range(3)])
def test_guesses_at_random_are_ahead_of_no_baseline(seed: int) -> None:
    """A mean F1 of one label for all is below that of every guess, which is no merit of the guess."""
    rng = np.random.default_rng(seed)
    truth, guessed = rng.integers(0, 2, (2, 400))
    resamples = resampled_macro_f1(truth, [guessed, np.zeros_like(truth)], 2)
    difference = paired_difference(0.5 - 1 / 3, resamples[0] - resamples[1], len(truth))
    assert difference["low"] is not None
    assert difference["low"] > 0
    scores = {"test_f1": 0.5, "n_test": 400, "intervals": {"test_f1": [0.45, 0.55]}}
    for baseline, outcome in (("majority", "unknown"), ("tfidf_logistic_regression", "better")):
        beside = {"baselines": {baseline: {"test_f1": 1 / 3}}, "differences": {baseline: {"test_f1": difference}}}
        found = read_differences({**scores, **beside})[baseline]["test_f1"]
        assert found.outcome == outcome
    worse = {"test_f1": {"value": -0.2, "low": -0.3, "high": -0.1}}
    beside = {"baselines": {"majority": {"test_f1": 0.7}}, "differences": {"majority": worse}}
    assert read_differences({**scores, **beside})["majority"]["test_f1"].outcome == "worse"
