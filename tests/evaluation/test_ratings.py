from __future__ import annotations

import numpy as np
import pytest

from embedlab.datasets.splits import Ratings
from embedlab.evaluation.ratings import BiasBaseline, item_means, score_predictions


def ratings(*triples):
    users, items, values = zip(*triples, strict=True)
    return Ratings(np.array(users, np.int32), np.array(items, np.int32), np.array(values, np.float32))


TABLE = ratings((0, 0, 5), (0, 1, 3), (1, 0, 4), (1, 2, 1), (2, 1, 2), (2, 2, 3))


def test_bias_baseline_is_the_ridge_solution():
    """The alternating solution equals the normal equations of the whole system, solved at once."""
    design = np.zeros((6, 6))
    design[np.arange(6), TABLE.users] = 1
    design[np.arange(6), 3 + TABLE.items] = 1
    prior = np.diag([2.0] * 3 + [4.0] * 3)
    solution = np.linalg.solve(design.T @ design + prior, design.T @ (TABLE.ratings - 3.0))
    baseline = BiasBaseline.fit(TABLE, user_strength=2.0, item_strength=4.0)
    assert baseline.mean == 3
    assert baseline.user_biases == pytest.approx(solution[:3], abs=1e-5)
    assert baseline.item_biases == pytest.approx(solution[3:], abs=1e-5)


def test_item_means_by_hand():
    users, items = np.zeros(5, np.int32), np.array([0, 1, 2, 3, -1], np.int32)
    assert item_means(TABLE).predict(users, items).tolist() == [4.5, 2.5, 2.0, 3.0, 3.0]


def test_scores_by_hand():
    test = ratings((0, 0, 4), (1, 1, 2), (-1, -1, 5))
    scores = score_predictions(lambda users, items: np.array([9, 2, 4], np.float32), test, TABLE, (1.0, 5.0))
    # The 9 is clipped to 5: errors 1, 0 and -1.
    assert scores["test_rmse"] == pytest.approx(np.sqrt(2 / 3))
    assert scores["test_mae"] == pytest.approx(2 / 3)
    assert scores["baselines"]["global_mean"] == pytest.approx({"rmse": np.sqrt((1 + 1 + 4) / 3), "mae": 4 / 3})
    assert scores["baselines"]["item_mean"] == pytest.approx({"rmse": np.sqrt((0.25 + 0.25 + 4) / 3), "mae": 1.0})


def test_baselines_are_clipped_too():
    train = ratings(*((user, item, 5) for user in range(9) for item in range(9)), (9, 0, 1), (9, 9, 1))
    baseline = BiasBaseline.chosen(train)
    unclipped = baseline.predict(np.array([0], np.int32), np.array([1], np.int32))
    test = ratings((0, 1, 5))
    scores = score_predictions(baseline.predict, test, train, (1.0, 4.0))
    assert unclipped[0] > 4
    assert scores["baselines"]["user_item_bias"]["rmse"] == 1


def test_strengths_are_chosen_by_held_out_ratings():
    """Where users do not differ, the choice shrinks their biases more than where they differ much."""
    rng = np.random.default_rng(0)
    users, items = np.repeat(np.arange(200), 10), np.tile(np.arange(10), 200)
    noise = rng.normal(size=2000)
    alike = Ratings(users.astype(np.int32), items.astype(np.int32), noise.astype(np.float32))
    apart = Ratings(alike.users, alike.items, (noise + np.repeat(rng.normal(size=200) * 3, 10)).astype(np.float32))
    assert np.abs(BiasBaseline.chosen(alike).user_biases).mean() < 0.1
    error = (
        BiasBaseline.chosen(apart).user_biases
        - BiasBaseline.fit(apart, user_strength=1.0, item_strength=25.0).user_biases
    )
    assert np.abs(error).max() < 0.1


def test_no_test_part_gives_no_scores():
    assert score_predictions(lambda users, items: users, Ratings.empty(), TABLE, (1, 5)) == {"n_test": 0}
