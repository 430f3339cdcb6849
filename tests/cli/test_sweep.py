"""Which run of a sweep is said to be the best."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from embedlab.cli.sweep import _write_best
from embedlab.evaluation.score import kind_of
from embedlab.evaluation.scores import read_scores
from embedlab.jobs.comparison import Comparison, ScoreColumn


def compared(**of_runs: list[float]) -> Comparison:
    columns = {}
    for name, values in of_runs.items():
        scores = tuple(read_scores({name: value})[name] for value in values)
        columns[name] = ScoreColumn(name, kind_of(name).title, kind_of(name), scores)
    runs: Any = tuple(SimpleNamespace(id=name) for name in "abc")
    return Comparison(runs, {}, columns, (), (), ())


def test_the_best_is_chosen_by_the_validation_part_among_the_runs_of_the_sweep(
    capsys: pytest.CaptureFixture[str],
) -> None:
    comparison = compared(test_rmse=[0.1, 0.2, 0.3], loss=[0.1, 0.2, 0.3], validation_rmse=[0.1, 0.5, 0.4])
    _write_best(comparison, [0, 1, 2])
    _write_best(comparison, [1, 2])
    assert capsys.readouterr().err.splitlines() == ["Best by Validation RMSE: a.", "Best by Validation RMSE: c."]


def test_the_test_part_and_the_loss_choose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    _write_best(compared(test_rmse=[0.1, 0.2, 0.3], loss=[0.1, 0.2, 0.3]), [0, 1, 2])
    assert capsys.readouterr().err == ""
