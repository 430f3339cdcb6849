"""What the task of predicting a column says beside its scores."""

from __future__ import annotations

from typing import Any

import pytest

from embedlab.cli.scores import write_scores
from embedlab.evaluation.score import Score
from embedlab.evaluation.verdicts import text_of
from embedlab.tasks.registry import task

CHANGE = {"value": 0.018, "low": 0.012, "high": 0.024}
SCORES: dict[str, Any] = {
    "test_mae": 67157.5,
    "intervals": {"test_mae": [64105.1, 70355.3]},
    "baselines": {"constant": {"test_mae": 219289.9}},
    "differences": {"constant": {"test_mae": {"value": -152132.4, "low": -159476.2, "high": -144722.9}}},
    "feature_use": {"score": "r2", "knn": {"one_hot": 0.8345, "vectors": 0.8525, "difference": CHANGE}},
    "places": {"zipcode": {"r2": 0.36, "chance": 0.0168, "columns": ["lat", "long"], "points": [{"key": "98103"}]}},
    "unseen": {},
}
DETAILS = [
    "10 nearest rows (k-NN): R\u00b2 0.8345 with one-hot rows, 0.8525 with the learned vectors instead "
    "(difference +0.0180, 95 % interval +0.0120 to +0.0240).",
    "zipcode: rotated and scaled to fit, the vectors explain 36% of the map by lat and long, which the model did not "
    "get (chance 2%).",
]


def test_the_use_of_the_vectors_is_said_in_sentences() -> None:
    assert task("target").details(SCORES) == DETAILS
    assert task("target").details({"test_mae": 1.0}) == []


def test_a_terminal_shows_no_nested_values_and_errors_in_dollars_without_decimals(capsys: Any) -> None:
    write_scores(SCORES, sentences=task("target").details(SCORES))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "test_mae: 67,158, 95 % interval 64,105 to 70,355"
    assert "219,290" in lines[2]
    assert "-152,132" in lines[2]
    assert "-159,476 to -144,723" in lines[2]
    assert lines[-2:] == DETAILS
    assert not any("{" in line for line in lines)


def test_coordinates_that_the_model_got_are_said_with_the_way_to_the_map() -> None:
    (note,) = task("target").notes({"coordinates": ["lat", "long"]})
    assert "The model got lat and long." in note
    assert "set to lat,long" in note


def test_a_value_that_rounds_to_zero_has_no_sign() -> None:
    kind = task("target").score_kinds["test_r2"]
    assert [text_of(Score("test_r2", "Test R\u00b2", value, kind), value) for value in (-0.0002, -0.01, 67157.5)] == [
        "0.000",
        "-0.010",
        "67,158",
    ]


@pytest.mark.parametrize(("name", "shown"), [("segment", "segment"), ("0", "column 0")], ids=["name", "number"])
def test_the_verdict_names_the_target(name: str, shown: str) -> None:
    scores = {"test_accuracy": 0.987, "n_test": 1115, "target": {"name": name}}
    assert f"The model predicted {shown} of 98.7 %" in task("target").verdict(scores, {}).text
