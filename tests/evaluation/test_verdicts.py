"""What a teacher reads about a score, and what it is compared with."""

from __future__ import annotations

from typing import Any

import pytest

from embedlab.evaluation.cases import FEWEST, FEWEST_TEST_CASES
from embedlab.evaluation.references import BY_SIZE, REFERENCES, expected_for_size
from embedlab.evaluation.score import KNOWN
from embedlab.evaluation.scores import main_score, read_scores
from embedlab.evaluation.verdicts import references_of, share, verdict_of_scores
from embedlab.tasks.registry import verdict_of


def pairs(value: float | None, low: float, high: float, covered: int = 340) -> dict[str, Any]:
    tested = {"score": value, "low": low, "high": high, "covered": covered, "of": 353}
    return {"wordsim353": {**tested, "meaningful": covered >= FEWEST, "note": ""}}


def accuracy(own: float, baseline: float, low: float, high: float, n_test: int = 200) -> dict[str, Any]:
    return {
        "test_accuracy": own,
        "n_test": n_test,
        "intervals": {"test_accuracy": [own - 0.05, own]},
        "baselines": {"majority": {"test_accuracy": 0.3}, "tfidf_logistic_regression": {"test_accuracy": baseline}},
        "differences": {
            "majority": {"test_accuracy": {"value": own - 0.3, "low": 0.1, "high": 0.9}},
            "tfidf_logistic_regression": {"test_accuracy": {"value": own - baseline, "low": low, "high": high}},
        },
    }


def test_the_verdict_names_the_value_chance_and_well_known_vectors() -> None:
    verdict = verdict_of_scores(pairs(0.61, 0.54, 0.67), "wordsim353", n_tokens=2_000_000)
    assert verdict.level == "good"
    assert verdict.text == (
        "Good for a text of this size: 0.61 on WordSim-353; chance is 0 and Google News vectors reach 0.70."
    )


@pytest.mark.parametrize(
    ("scores", "n_tokens", "level", "begins"),
    [
        pytest.param(pairs(0.30, 0.20, 0.40), 17e6, "low", "Low for a text of this size: 0.30", id="low"),
        pytest.param(pairs(0.60, 0.50, 0.70), 17e6, "good", "Good for a text of this size", id="interval-reaches"),
        pytest.param(pairs(0.05, -0.1, 0.2), 17e6, "chance", "Not distinguishable from chance: 0.05", id="chance"),
        pytest.param(pairs(0.3, 0.1, 0.5), 90_000, "good", "Better than chance, on a small text", id="small-text"),
        pytest.param(pairs(0.7, 0.65, 0.75), None, "good", "As good as well-known vectors", id="imported"),
        pytest.param(pairs(0.4, 0.3, 0.5), None, "good", "Better than chance: 0.40", id="imported-worse"),
        pytest.param(pairs(1.0, 0.9, 1.0, covered=2), 17e6, "unknown", "There are too few cases", id="two-pairs"),
        pytest.param({}, 17e6, "unknown", "This run has no score yet", id="none"),
    ],
)
def test_words_are_judged_by_the_size_of_their_text(
    scores: dict[str, Any], n_tokens: float | None, level: str, begins: str
) -> None:
    verdict = verdict_of_scores(scores, "wordsim353", n_tokens=n_tokens)
    assert verdict.level == level
    assert verdict.text.startswith(begins)


def test_two_pairs_of_353_say_how_many_they_are_and_are_no_main_score() -> None:
    scores = pairs(1.0, 0.9, 1.0, covered=2)
    verdict = verdict_of_scores(scores, "wordsim353", n_tokens=1e7)
    assert "WordSim-353 2 of 353" in verdict.text
    assert verdict.score is None
    assert main_score(scores, "wordsim353") is None


@pytest.mark.parametrize(
    ("scores", "level", "says"),
    [
        pytest.param(accuracy(0.9, 0.8, 0.02, 0.2), "good", "better than the best baseline, “TF-IDF", id="better"),
        pytest.param(accuracy(0.7, 0.8, -0.2, -0.02), "low", "worse than the baseline “TF-IDF", id="worse"),
        pytest.param(accuracy(0.81, 0.8, -0.1, 0.1), "unknown", "cannot be distinguished from", id="alike"),
        pytest.param(accuracy(1.0, 1.0, 0.0, 0.0), "good", "the best possible result; so does", id="tie-at-the-top"),
    ],
)
def test_classifiers_are_judged_by_the_strongest_baseline(scores: dict[str, Any], level: str, says: str) -> None:
    verdict = verdict_of_scores(scores, "test_accuracy")
    assert verdict.level == level
    assert says in verdict.text
    assert "80 %" in verdict.text or level == "good"


def test_a_tie_at_the_best_possible_value_is_never_a_failure() -> None:
    text = verdict_of_scores(accuracy(1.0, 1.0, 0.0, 0.0), "test_accuracy").text
    assert "not " not in text.lower()
    assert "worse" not in text


def test_a_test_part_of_a_few_cases_is_not_judged() -> None:
    scores = accuracy(1.0, 0.5, 0.1, 0.9, n_test=FEWEST_TEST_CASES - 1)
    score = read_scores(scores)["test_accuracy"]
    assert not score.meaningful
    assert "too few" in score.note
    assert verdict_of_scores(scores, "test_accuracy").level == "unknown"
    assert read_scores(accuracy(1.0, 0.5, 0.1, 0.9, n_test=FEWEST_TEST_CASES))["test_accuracy"].meaningful


def test_expected_value_is_interpolated_in_the_logarithm_of_the_size() -> None:
    first, second, last = BY_SIZE["wordsim353"]
    middle = (first.n_tokens * second.n_tokens) ** 0.5
    assert expected_for_size("wordsim353", middle) == pytest.approx((first.value + second.value) / 2)
    assert expected_for_size("wordsim353", first.n_tokens) == pytest.approx(first.value)
    assert expected_for_size("wordsim353", 1e12) == last.value
    assert expected_for_size("wordsim353", first.n_tokens - 1) is None
    assert expected_for_size("nothing", 1e7) is None


def test_every_reference_has_a_known_score_and_a_source() -> None:
    assert (REFERENCES.keys() | BY_SIZE.keys()) <= KNOWN.keys()
    assert all(each.source for known in REFERENCES.values() for each in known)
    for known in BY_SIZE.values():
        assert list(known) == sorted(known, key=lambda each: each.n_tokens)
        assert all(each.source for each in known)


def test_marks_of_a_score_include_its_baselines() -> None:
    marks = {each.title: each.value for each in references_of(accuracy(0.9, 0.8, 0, 0.2), "test_accuracy")}
    assert marks == {"Most frequent label": 0.3, "TF-IDF and logistic regression": 0.8}
    assert [each.origin for each in references_of(pairs(0.5, 0.4, 0.6), "wordsim353")] == ["chance", "published"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.866, "87 %"), (0.9876, "98.8 %"), (1.0, "100 %"), (0.0, "0 %"), (0.0862, "8.6 %"), (0.0004, "0.04 %")],
    ids=["two-digits", "near-all", "all", "none", "under-ten", "tiny"],
)
def test_shares_never_round_to_all_or_nothing(value: float, text: str) -> None:
    assert share(value) == text


def ranked(own: float, **baselines: tuple[float, float, float]) -> dict[str, Any]:
    """Scores of a ranking: for each baseline its value, and the interval of own minus baseline."""
    return {
        "ndcg@10": own,
        "n_ranked_users": 500,
        "intervals": {"ndcg@10": [own - 0.01, own + 0.01]},
        "baselines": {name: {"ndcg@10": value} for name, (value, _, _) in baselines.items()},
        "differences": {
            name: {"ndcg@10": {"value": own - value, "low": low, "high": high}}
            for name, (value, low, high) in baselines.items()
        },
    }


@pytest.mark.parametrize(
    ("scores", "level", "sentence"),
    [
        pytest.param(
            ranked(0.25, popularity=(0.1, 0.13, 0.17), ease=(0.22, 0.02, 0.04)),
            "good",
            "better than “Most popular items” (0.100) and better than “EASE” (0.220).",
            id="better than both",
        ),
        pytest.param(
            ranked(0.221, popularity=(0.1, 0.11, 0.13), ease=(0.22, -0.01, 0.01)),
            "unknown",
            "better than “Most popular items” (0.100) and not distinguishable from “EASE” (0.220).",
            id="as good as EASE",
        ),
        pytest.param(
            ranked(0.15, popularity=(0.1, 0.04, 0.06), ease=(0.22, -0.08, -0.06)),
            "low",
            "better than “Most popular items” (0.100) and worse than “EASE” (0.220).",
            id="worse than EASE",
        ),
        pytest.param(
            ranked(0.1, popularity=(0.1, 0.0, 0.0), ease=(0.22, -0.13, -0.1)),
            "low",
            "not distinguishable from “Most popular items” (0.100) and worse than “EASE” (0.220).",
            id="popularity itself",
        ),
        pytest.param(
            ranked(0.1, popularity=(0.1, -0.01, 0.01), ease=(0.1, -0.01, 0.01)),
            "low",
            "not distinguishable from “Most popular items” (0.100) and not distinguishable from “EASE” (0.100).",
            id="no better than popularity",
        ),
        pytest.param(ranked(0.1), "unknown", "There is no baseline to compare it with.", id="no baselines"),
    ],
)
def test_a_ranking_is_good_only_if_it_is_better_than_every_baseline(
    scores: dict[str, Any], level: str, sentence: str
) -> None:
    verdict = verdict_of("bpr", scores, {})
    assert verdict.level == level
    assert verdict.text.startswith(f"NDCG@10 is {scores['ndcg@10']:.3f} on the held-out choices of 500 users")
    assert verdict.text.endswith(sentence)
