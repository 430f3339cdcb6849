"""Which scores may stand in one ranking."""

from __future__ import annotations

import pytest

from embedlab.evaluation.comparability import Origin, may_be_ranked, why_not_comparable
from embedlab.evaluation.score import Score, kind_of


def score(name: str, n_cases: int = 353, n_total: int = 353, *, meaningful: bool = True) -> Score:
    return Score(name, name, 0.5, kind_of(name), n_cases=n_cases, n_total=n_total, meaningful=meaningful)


HERE, THERE = Origin("a", "p", "word2vec"), Origin("b", "p", "word2vec")


@pytest.mark.parametrize(
    ("first", "origin", "second", "other", "reason"),
    [
        pytest.param(score("wordsim353"), HERE, score("wordsim353", 340), THERE, "", id="public"),
        pytest.param(
            score("wordsim353"), HERE, score("wordsim353", 200), HERE, "different coverage", id="public-coverage"
        ),
        pytest.param(score("checks"), HERE, score("checks"), THERE, "other test data", id="checks"),
        pytest.param(score("test_rmse"), HERE, score("test_rmse"), HERE, "", id="same-protocol"),
        pytest.param(
            score("test_rmse"), HERE, score("test_rmse"), Origin("a", "q"), "another evaluation protocol", id="protocol"
        ),
        pytest.param(score("test_rmse"), HERE, score("test_rmse"), THERE, "other test data", id="test-data"),
        pytest.param(score("loss"), HERE, score("loss"), Origin("a", "p", "glove"), "another model", id="loss"),
        pytest.param(score("checks"), Origin(None), score("checks"), Origin(None), "other test data", id="unknown"),
    ],
)
def test_scores_are_compared_on_the_same_test_data_only(
    first: Score, origin: Origin, second: Score, other: Origin, reason: str
) -> None:
    assert why_not_comparable(first, origin, second, other) == reason
    if first.kind.measures_quality:
        assert may_be_ranked([(first, origin), (second, other)]) == (reason == "")


def test_scores_with_too_few_cases_are_not_ranked() -> None:
    assert not may_be_ranked([(score("wordsim353"), HERE), (score("wordsim353", 2, meaningful=False), HERE)])
    assert not may_be_ranked([])
