"""Scores of vectors of rows: closed forms, and neighbors that are known."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.evaluation.numeric_rows import (
    EXPLAINED,
    KNN,
    RECALL,
    Neighbors,
    explained_entries,
    joined,
    knn_entries,
    nearest_by_cosine,
    nearest_by_distance,
    recall_entries,
    sample_rows,
)


def test_explained_variance_is_one_minus_the_share_of_the_squares():
    squares = np.array([4.0, 6, 10])
    found = explained_entries({"run": squares / 4, "pca": squares / 2, "mean": squares}, squares, "run")
    assert found[EXPLAINED] == 0.75
    assert found["baselines"] == {"pca": {EXPLAINED: 0.5}, "mean": {EXPLAINED: 0.0}}
    assert found["differences"]["pca"][EXPLAINED]["value"] == 0.25


def test_differences_of_rounding_are_none():
    squares = np.arange(1.0, 21)
    found = explained_entries({"run": squares * 1e-9, "pca": squares * 2e-9}, squares, "run")
    assert found[EXPLAINED] == found["baselines"]["pca"][EXPLAINED] == 1.0
    assert found["differences"]["pca"][EXPLAINED] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert found["intervals"] == {}


def test_nothing_varies_so_nothing_is_explained():
    assert explained_entries({"run": np.zeros(3)}, np.zeros(3), "run") == {}


def test_neighbors_by_distance_and_by_cosine():
    candidates = np.array([[1.0, 0], [10, 0], [0, 1], [0, 9]], np.float32)
    queries = np.array([[8.0, 1], [0, 2]], np.float32)
    assert nearest_by_distance(queries, candidates, 2).tolist() == [[1, 0], [2, 0]]

    assert set(nearest_by_cosine(queries, candidates, 2)[0].tolist()) == {0, 1}


def test_recall_counts_the_true_neighbors():
    truth = Neighbors(np.array([[0, 1, 2, 3], [4, 5, 6, 7]]))
    found = {"run": Neighbors(np.array([[3, 1, 9, 8], [4, 5, 6, 7]])), "pca": truth}
    entries = recall_entries(truth, found, "run")
    assert entries[RECALL] == pytest.approx(0.75)
    assert entries["baselines"]["pca"][RECALL] == 1.0
    assert entries["n_neighbor_queries"] == 2


def test_votes_go_to_the_majority_and_ties_to_the_nearer():
    codes = np.array([0, 1, 1, 2, 0])
    assert Neighbors(np.array([[0, 1, 2], [0, 1, 3], [3, 0, 4]])).votes(codes, 3).tolist() == [1, 0, 0]
    entries = knn_entries({"run": Neighbors(np.array([[0], [1]]))}, "run", codes, np.array([0, 0]), 1)
    assert entries[KNN] == 0.5
    assert entries["baselines"]["majority"][KNN] == 0.0


def test_entries_are_joined_by_baseline():
    first = {"a": 1, "baselines": {"pca": {"a": 2}}, "intervals": {"a": [0, 1]}}
    second = {"b": 3, "baselines": {"pca": {"b": 4}, "mean": {"b": 5}}, "intervals": {"b": [2, 3]}}
    assert joined([first, second]) == {
        "a": 1,
        "b": 3,
        "baselines": {"pca": {"a": 2, "b": 4}, "mean": {"b": 5}},
        "intervals": {"a": [0, 1], "b": [2, 3]},
    }


def test_a_sample_is_the_same_for_every_run():
    rows = np.arange(0, 5000, 2)
    sample = sample_rows(rows, 100)
    assert len(sample) == len(set(sample.tolist()) & set(rows.tolist())) == 100
    np.testing.assert_array_equal(sample, sample_rows(rows, 100))
    assert (np.diff(sample) > 0).all()
    np.testing.assert_array_equal(sample_rows(rows, 5000), rows)
