from __future__ import annotations

import numpy as np
import pytest

from embedlab.datasets.labelled import split_labelled
from embedlab.evaluation import classification
from embedlab.evaluation.classification import score_classification
from tests.models.document_data import labelled_dataset, planted_documents


@pytest.fixture
def split(tmp_path):
    return split_labelled(labelled_dataset(tmp_path, planted_documents(n=120)), seed=0)


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
    low, high = scores["test_interval"]
    assert low < 20 / 24 < high
    assert scores["baselines"]["majority"]["accuracy"] == pytest.approx(1 / 3)
    assert scores["baselines"]["majority"]["f1"] == pytest.approx(1 / 6)
    assert scores["baselines"]["tfidf_logistic_regression"]["accuracy"] == 1.0


def test_rare_classes_stand_together_in_the_confusion(split, monkeypatch):
    monkeypatch.setattr(classification, "MOST_CONFUSED", 1)
    confusion = score_classification(oracle(split), split)["confusion"]
    assert confusion == {"classes": [split.classes[0], "(others)"], "counts": [[8, 0], [0, 16]]}
