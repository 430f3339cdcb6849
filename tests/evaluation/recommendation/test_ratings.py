from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import EmbedLabError
from embedlab.evaluation.differences import read_differences
from embedlab.evaluation.recommendation.ratings import BiasBaseline, item_means, score_predictions
from embedlab.evaluation.scores import read_scores
from embedlab.kinds.ratings.splits import Ratings


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
    rmse = {"global_mean": np.sqrt((1 + 1 + 4) / 3), "item_mean": np.sqrt((0.25 + 0.25 + 4) / 3)}
    assert scores["baselines"]["global_mean"] == pytest.approx({"test_rmse": rmse["global_mean"], "test_mae": 4 / 3})
    assert scores["baselines"]["item_mean"] == pytest.approx({"test_rmse": rmse["item_mean"], "test_mae": 1.0})
    # Three users: the differences have values, and nothing has an interval.
    assert (scores["n_test_users"], scores["intervals"]) == (3, {})
    for name, expected in rmse.items():
        difference = scores["differences"][name]["test_rmse"]
        assert difference == {"value": pytest.approx(np.sqrt(2 / 3) - expected), "low": None, "high": None}


def planted(n_users=60, n_each=10, user_sd=1.0, noise=0.3, seed=0):
    """Test ratings of which the errors of one user share a part, against predictions of 3."""
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(n_users), n_each).astype(np.int32)
    items = np.tile(np.arange(n_each), n_users).astype(np.int32)
    errors = rng.normal(0, user_sd, n_users)[users] + rng.normal(0, noise, len(users))
    return Ratings(users, items, (3 + errors).astype(np.float32))


def always_three(users, items):
    return np.full(len(users), 3, np.float32)


def width(scores, name="test_rmse"):
    low, high = scores["intervals"][name]
    return high - low


def test_whole_users_are_drawn():
    """Where the errors of a user go together the interval is wider than that of as many independent ratings."""
    test = planted()
    each_its_own = Ratings(np.arange(len(test), dtype=np.int32), test.items, test.ratings)
    clustered = score_predictions(always_three, test, TABLE, (-9, 9))
    naive = score_predictions(always_three, each_its_own, TABLE, (-9, 9))
    for name in ("test_rmse", "test_mae"):
        assert clustered[name] == naive[name]
        assert width(clustered, name) > 2 * width(naive, name)


@pytest.mark.parametrize("n_users", [pytest.param(12, id="12-users"), pytest.param(40, id="40-users")])
def test_the_interval_covers_the_true_error_as_often_as_it_says(n_users):
    truth = np.sqrt(1.0**2 + 0.3**2)
    held = 0
    for seed in range(200):
        test = planted(n_users=n_users, n_each=5, seed=seed)
        low, high = score_predictions(always_three, test, TABLE, (-9, 9))["intervals"]["test_rmse"]
        held += low <= truth <= high
    assert 0.89 <= held / 200 <= 0.985


def test_equal_predictions_differ_by_exactly_nothing():
    """The run predicts what the baseline predicts: no difference, and no tick."""
    test, mean = planted(), item_means(TABLE)
    scores = score_predictions(mean.predict, test, TABLE, (-9, 9))
    for difference in scores["differences"]["item_mean"].values():
        assert difference == {"value": 0, "low": 0, "high": 0}
    outcomes = {name: each.outcome for name, each in read_differences(scores)["item_mean"].items()}
    assert outcomes == {"test_rmse": "indistinguishable", "test_mae": "indistinguishable"}


@pytest.mark.parametrize(
    ("shift", "outcome"),
    [pytest.param(0.0, "better", id="better"), pytest.param(2.0, "worse", id="worse")],
)
def test_a_clear_difference_is_said_to_be_one(shift, outcome):
    test = planted(user_sd=0.1)
    known = Ratings(test.users, test.items, np.full(len(test), 4.0, np.float32))
    scores = score_predictions(lambda users, items: always_three(users, items) + shift, test, known, (-9, 9))
    difference = read_differences(scores)["global_mean"]["test_rmse"]
    # The baseline is wrong by 1, the run by about 0 or by 2.
    assert difference.outcome == outcome
    low, high = difference.interval
    assert low < difference.value < high


def test_predictions_without_an_error_have_no_width_to_tell():
    test = planted()
    scores = score_predictions(lambda users, items: test.ratings, test, TABLE, (-9, 9))
    assert (scores["test_rmse"], scores["intervals"]) == (0, {})
    assert "No 95 % interval" in read_scores(scores)["test_rmse"].note


def test_predictions_that_are_not_finite_are_no_score():
    with pytest.raises(EmbedLabError, match="1 of 6 values"):
        score_predictions(lambda users, items: np.array([1, 2, 3, np.nan, 5, 1]), TABLE, TABLE, (1, 5))


def test_everything_but_the_test_part_is_joined():
    first, second = ratings((0, 1, 5)), ratings((2, 0, 1), (1, 1, 3))
    together = Ratings.joined(first, second)
    assert together.users.tolist() == [0, 2, 1]
    assert together.items.tolist() == [1, 0, 1]
    assert together.ratings.tolist() == [5, 1, 3]


def test_baselines_are_clipped_too():
    train = ratings(*((user, item, 5) for user in range(9) for item in range(9)), (9, 0, 1), (9, 9, 1))
    baseline = BiasBaseline.fit_selected(train)
    unclipped = baseline.predict(np.array([0], np.int32), np.array([1], np.int32))
    test = ratings((0, 1, 5))
    scores = score_predictions(baseline.predict, test, train, (1.0, 4.0))
    assert unclipped[0] > 4
    assert scores["baselines"]["user_item_bias"]["test_rmse"] == 1


def test_strengths_are_chosen_by_held_out_ratings():
    """Where users do not differ, the choice shrinks their biases more than where they differ much."""
    rng = np.random.default_rng(0)
    users, items = np.repeat(np.arange(200), 10), np.tile(np.arange(10), 200)
    noise = rng.normal(size=2000)
    alike = Ratings(users.astype(np.int32), items.astype(np.int32), noise.astype(np.float32))
    apart = Ratings(alike.users, alike.items, (noise + np.repeat(rng.normal(size=200) * 3, 10)).astype(np.float32))
    assert np.abs(BiasBaseline.fit_selected(alike).user_biases).mean() < 0.1
    error = (
        BiasBaseline.fit_selected(apart).user_biases
        - BiasBaseline.fit(apart, user_strength=1.0, item_strength=25.0).user_biases
    )
    assert np.abs(error).max() < 0.1


def test_no_test_part_gives_no_scores():
    assert score_predictions(lambda users, items: users, Ratings.empty(), TABLE, (1, 5)) == {"n_test": 0}
