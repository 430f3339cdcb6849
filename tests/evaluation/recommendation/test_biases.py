from __future__ import annotations

import numpy as np
import pytest

from embedlab.evaluation.recommendation.biases import fit_biases, sample_users
from embedlab.kinds.ratings.splits import Ratings


def ratings(users, items, values):
    return Ratings(np.array(users, np.int32), np.array(items, np.int32), np.array(values, np.float32))


def test_biases_are_those_of_the_linear_system():
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((7, 5)) < 0.6)
    targets = rng.normal(size=len(users))
    fitted = fit_biases(ratings(users, items, targets), targets, 7, 5, 2.0, 0.5)
    design = np.zeros((len(users), 12))
    design[np.arange(len(users)), users] = 1
    design[np.arange(len(users)), 7 + items] = 1
    penalty = np.diag([2.0] * 7 + [0.5] * 5)
    expected = np.linalg.solve(design.T @ design + penalty, design.T @ targets)
    assert np.abs(np.concatenate([fitted.users, fitted.items]) - expected).max() < 1e-4


def test_rows_without_ratings_have_no_bias_even_without_regularization():
    targets = np.array([1.0, -1.0])
    fitted = fit_biases(ratings([0, 1], [0, 0], targets), targets, 3, 2, 0.0, 0.0)
    assert fitted.users[2] == fitted.items[1] == 0
    assert fitted.predict(np.array([-1, 0], np.int32), np.array([-1, 0], np.int32)) == pytest.approx([0.0, 1.0])


def test_rows_beyond_those_of_the_training_have_no_bias():
    fitted = fit_biases(ratings([0, 1], [0, 0], [1, -1]), np.array([1.0, -1.0]), 2, 1, 1.0, 1.0)
    assert fitted.predict(np.array([5], np.int32), np.array([7], np.int32)).tolist() == [0.0]


def test_of_very_many_ratings_whole_users_are_chosen(monkeypatch):
    users = np.repeat(np.arange(100, dtype=np.int32), 20)
    many = ratings(users, np.zeros(2000), np.ones(2000))
    assert sample_users(many, 100, 0) is None
    monkeypatch.setattr("embedlab.evaluation.recommendation.biases._MOST_FOR_CHOICE", 500)
    chosen = sample_users(many, 100, 0)
    assert chosen.sum() == 25
    assert (chosen == sample_users(many, 100, 0)).all()
