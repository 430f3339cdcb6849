from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from embedlab.core.embedding import Embedding
from embedlab.evaluation import documents
from embedlab.evaluation.documents import knn_predict, score_documents


def embedding_of(vectors):
    return Embedding(np.asarray(vectors, np.float32), [str(row) for row in range(len(vectors))])


def clouds(n=60, n_classes=3, spread=0.05, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % n_classes
    return embedding_of(np.eye(n_classes)[labels] + rng.normal(0, spread, (n, n_classes))), labels


def test_separate_clouds_are_told_apart_always():
    embedding, labels = clouds()
    scores = score_documents(embedding, [f"class {label}" for label in labels])
    assert scores["knn_accuracy"] == 1.0
    assert scores["baselines"]["majority"] == pytest.approx(1 / 3)
    assert (scores["n_asked"], scores["n_documents"], scores["n_classes"]) == (60, 60, 3)
    assert scores["meaningful"]
    low, high = scores["interval"]
    assert 0.9 < low < high == 1
    difference = scores["differences"]["majority"]["documents"]
    assert difference["value"] == pytest.approx(2 / 3)
    assert 0.4 < difference["low"] < 2 / 3 < difference["high"]


def test_labels_that_have_nothing_to_do_with_the_vectors_give_chance():
    rng = np.random.default_rng(1)
    embedding = embedding_of(rng.normal(size=(2000, 8)))
    scores = score_documents(embedding, rng.choice(["x", "y"], 2000).tolist())
    assert scores["knn_accuracy"] == pytest.approx(0.5, abs=0.05)
    low, high = scores["interval"]
    assert low < scores["knn_accuracy"] < high
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 2000), rel=0.05)


def test_votes_equal_those_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(documents, "_BLOCK_NUMBERS", 1000)
    embedding, labels = clouds(n=151, n_classes=2, spread=0.8)
    found = knn_predict(embedding.unit_vectors, labels, np.arange(151), 5)
    peer = KNeighborsClassifier(5, metric="cosine")
    expected = cross_val_predict(peer, embedding.vectors, labels, cv=LeaveOneOut())
    assert 0.5 < np.mean(found == labels) < 1
    assert np.array_equal(found, expected)


def test_of_equal_votes_the_nearer_ones_win():
    angles = np.array([0.0, 0.1, -0.1, 0.2, -0.3])
    units = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    assert knn_predict(units, np.array([0, 1, 1, 0, 0]), np.array([0]), 4).tolist() == [1]


def test_many_documents_are_asked_in_part(monkeypatch):
    monkeypatch.setattr(documents, "MIN_QUERIES", 10)
    monkeypatch.setattr(documents, "MOST_COSINES", 1200)
    embedding, labels = clouds()
    scores = score_documents(embedding, [str(label) for label in labels])
    assert (scores["n_asked"], scores["n_documents"]) == (20, 60)
    assert "20 of 60" in scores["note"]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["same"] * 60, "same label"),
        ([str(row) for row in range(60)], "occur once"),
        ([""] * 58 + ["a", "b"], "Only 2 documents"),
        ([None] * 60, "Only 0 documents"),
    ],
)
def test_labels_without_meaning_are_said_to_be_so(labels, said):
    scores = score_documents(clouds()[0], labels)
    assert scores["knn_accuracy"] is None
    assert not scores["meaningful"]
    assert said in scores["note"]
