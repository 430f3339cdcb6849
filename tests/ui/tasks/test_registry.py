"""Which part of a run's page its task draws, and which scores are in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from embedlab.evaluation.score import ScoreKind
from embedlab.tasks import registry as tasks
from embedlab.tasks.words import Words
from embedlab.ui.tasks import baselines
from embedlab.ui.tasks.labels import LabelsPage
from embedlab.ui.tasks.page import TaskPage
from embedlab.ui.tasks.rating import RatingPage
from embedlab.ui.tasks.registry import page_of


class Coverage(Words):
    name = "coverage"
    headline = "coverage"
    score_kinds: Mapping[str, ScoreKind] = {
        "speed": ScoreKind("Speed", "higher", "none"),
        "coverage": ScoreKind("Coverage", "higher", "training", 1.0),
    }


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What is asked of the table: names, noun and cases."""
    asked: list[Any] = []
    note = lambda scores, names, *, noun, cases, helps: asked.append((list(names), noun, cases))  # noqa: E731
    monkeypatch.setattr(baselines, "draw", note)
    with tasks.registered(Coverage()):
        yield asked


@pytest.mark.parametrize(
    ("model", "scores", "page"),
    [
        pytest.param("matrix-factorization", {"test_rmse": 1.0}, RatingPage, id="ratings"),
        pytest.param("text-classifier", {"test_accuracy": 1.0}, LabelsPage, id="labels"),
        pytest.param("word2vec", {"loss": 1.0}, TaskPage, id="words"),
        pytest.param("of-the-future", {"test_rmse": 1.0}, RatingPage, id="unknown-model-of-ratings"),
        pytest.param("of-the-future", {"test_accuracy": 1.0}, LabelsPage, id="unknown-model-of-labels"),
        pytest.param("of-the-future", {"test_recall": 1.0}, TaskPage, id="unknown-task"),
        pytest.param("", {}, TaskPage, id="vectors"),
    ],
)
def test_the_page_is_that_of_the_task(model: str, scores: dict[str, Any], page: type[TaskPage]) -> None:
    assert type(page_of(model, scores)) is page


@pytest.mark.parametrize(
    ("model", "scores", "expected"),
    [
        pytest.param(
            "matrix-factorization",
            {"test_mae": 0.7, "test_rmse": 0.9, "validation_rmse": 0.8},
            (["test_rmse", "test_mae"], "Prediction", "{n} held-out ratings"),
            id="headline-first",
        ),
        pytest.param(
            "of-the-future",
            {"test_recall": 0.5, "loss": 1.0},
            (["test_recall"], "Model", "{n} held-out cases"),
            id="unknown-task",
        ),
    ],
)
def test_the_scores_of_the_test_part_are_drawn(drawn, model, scores, expected) -> None:
    assert page_of(model, scores).draw_scores(scores)
    assert drawn == [expected]


def test_scores_of_a_task_are_drawn_whatever_part_they_are_of(drawn: list[Any]) -> None:
    page = TaskPage(tasks.task("coverage"))
    assert page.draw_scores({"speed": 3.0, "coverage": 0.5, "loss": 1.0})
    assert drawn == [(["coverage", "speed"], "Model", "{n} held-out documents")]


def test_without_scores_nothing_is_drawn(drawn: list[Any]) -> None:
    assert not page_of("word2vec", {"loss": 1.0}).draw_scores({"loss": 1.0})
    assert not page_of("text-classifier", {}).draw_scores({"test_accuracy": None, "confusion": {}})
    assert drawn == []
