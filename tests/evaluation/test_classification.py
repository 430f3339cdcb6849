from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from embedlab.core.errors import EmbedLabError
from embedlab.evaluation import classification
from embedlab.evaluation.classification import score_classification
from embedlab.evaluation.differences import read_differences
from embedlab.evaluation.intervals import wilson_interval
from embedlab.kinds.text.labeled import LabeledDocuments, split_labeled
from tests.models.shared.document_data import labeled_dataset, planted_documents


@pytest.fixture
def split(tmp_path):
    return split_labeled(labeled_dataset(tmp_path, planted_documents(n=120)), seed=0)


def oracle(split, changed=()):
    """Answers by the true label, but for the places in `changed`, where it says class 0."""
    codes = split.test.codes.copy()
    codes[list(changed)] = 0
    return lambda documents: np.eye(len(split.classes), dtype=np.float32)[codes[: len(documents)]]


def test_figures_of_a_known_classifier(split):
    wrong = np.flatnonzero(split.test.codes == 2)[:4]
    scores = score_classification(oracle(split, wrong), split)
    # 8 documents of each class; 4 of class 2 are taken for class 0.
    assert scores["n_test"] == 24
    assert scores["test_accuracy"] == pytest.approx(20 / 24)
    assert scores["test_f1"] == pytest.approx((0.8 + 1 + 2 / 3) / 3)
    assert scores["confusion"]["classes"] == list(split.classes)
    assert scores["confusion"]["counts"] == [[8, 0, 0], [0, 8, 0], [4, 0, 4]]
    assert scores["intervals"]["test_accuracy"] == pytest.approx(wilson_interval(20, 24))
    low, high = scores["intervals"]["test_f1"]
    assert low < scores["test_f1"] < high < 1
    assert scores["baselines"]["majority"] == pytest.approx({"test_accuracy": 1 / 3, "test_f1": 1 / 6})
    assert scores["baselines"]["tfidf_logistic_regression"] == {"test_accuracy": 1.0, "test_f1": 1.0}
    beside = scores["differences"]["majority"]["test_accuracy"]
    assert beside["value"] == pytest.approx(1 / 2)
    assert 0 < beside["low"] < 1 / 2 < beside["high"]


def test_a_classifier_that_is_always_right_has_an_interval_and_ties_with_a_baseline_as_good(split):
    scores = score_classification(oracle(split), split)
    assert scores["test_accuracy"] == scores["test_f1"] == 1
    assert scores["intervals"].keys() == {"test_accuracy"}
    low, high = scores["intervals"]["test_accuracy"]
    assert 0.8 < low < high == 1
    nothing = {"value": 0, "low": 0, "high": 0}
    assert scores["differences"]["tfidf_logistic_regression"] == {"test_accuracy": nothing, "test_f1": nothing}
    beside = read_differences(scores)
    assert beside["tfidf_logistic_regression"]["test_accuracy"].outcome == "both_best"
    assert beside["majority"]["test_accuracy"].outcome == "better"
    assert beside["majority"]["test_f1"].outcome == "unknown"
    assert "Random guesses also beat" in beside["majority"]["test_f1"].sentence()


def test_few_documents_that_differ_are_no_difference(split):
    """Of 24 documents 4 are classified correctly by TF-IDF alone: chance does that in one of 8 cases."""
    wrong = np.flatnonzero(split.test.codes == 2)[:4]
    for difference in read_differences(score_classification(oracle(split, wrong), split))[
        "tfidf_logistic_regression"
    ].values():
        assert difference.value < 0
        assert difference.outcome == "indistinguishable"


def test_the_baselines_learn_from_everything_but_the_test_part(split):
    """Where training holds one class alone, TF-IDF still learns the others from the validation part."""
    one = split.train.codes == 0
    known = split.train.rows[~one], split.train.codes[~one]
    moved = replace(
        split,
        train=LabeledDocuments(split.train.rows[one], split.train.codes[one]),
        validation=LabeledDocuments(*known),
    )
    assert score_classification(oracle(moved), moved)["baselines"]["tfidf_logistic_regression"]["test_accuracy"] == 1


def test_resamples_do_not_depend_on_how_often_they_are_drawn(split):
    assert score_classification(oracle(split, [0, 5]), split) == score_classification(oracle(split, [0, 5]), split)


def test_probabilities_that_are_not_finite_are_no_answer(split):
    with pytest.raises(EmbedLabError, match="not finite"):
        score_classification(lambda documents: np.full((len(documents), 3), np.nan, np.float32), split)


def test_rare_classes_stand_together_in_the_confusion(split, monkeypatch):
    monkeypatch.setattr(classification, "MOST_CONFUSED", 1)
    confusion = score_classification(oracle(split), split)["confusion"]
    assert confusion == {"classes": [split.classes[0], "(others)"], "counts": [[8, 0], [0, 16]]}
