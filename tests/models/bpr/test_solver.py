"""The steps of BPR against the formulas, and the negatives it draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from embedlab.models.bpr.kernels import train_pairs, unseen_item
from embedlab.models.bpr.solver import BprSettings, BprSolver
from tests.models.ranking_data import random_choices

NO_ORDERS = np.empty((0, 0), np.int32), np.empty(0, np.float32)


def settings(**changes):
    values = {"n_factors": 3, "learning_rate": 0.1, "l2_user": 0.01, "l2_positive": 0.02, "l2_negative": 0.03}
    return BprSettings(**{**values, "adaptive": False, "seed": 0, **changes})


def test_the_items_that_a_user_has_not_chosen_are_numbered_without_gaps():
    rng = np.random.default_rng(0)
    for n_chosen in range(10):
        chosen = np.sort(rng.permutation(10)[:n_chosen]).astype(np.int32)
        starts = np.array([0, n_chosen], np.int64)
        unseen = [unseen_item(starts, chosen, 0, place) for place in range(10 - n_chosen)]
        assert unseen == np.setdiff1d(np.arange(10), chosen).tolist()


def test_a_step_is_that_of_the_gradient_with_three_strengths():
    rng = np.random.default_rng(0)
    users, items = (rng.normal(size=(n, 3)).astype(np.float32) for n in (1, 2))
    biases = np.array([0.3, -0.2], np.float32)
    rate, for_user, for_positive, for_negative = 0.1, 0.01, 0.02, 0.03
    # Item 1 is the only one that the user has not chosen.
    margin = biases[0] - biases[1] + users[0] @ (items[0] - items[1])
    slope = 1 / (1 + np.exp(margin))
    expected = {
        "users": users[0] + rate * (slope * (items[0] - items[1]) - for_user * users[0]),
        "positive": items[0] + rate * (slope * users[0] - for_positive * items[0]),
        "negative": items[1] - rate * (slope * users[0] + for_negative * items[1]),
        "biases": biases + rate * np.array([slope - for_positive * biases[0], -slope - for_negative * biases[1]]),
    }
    pairs = np.zeros(1, np.int32), np.array([0, 1], np.int64), np.zeros(1, np.int32)
    rates = rate, for_user, for_positive, for_negative
    loss = train_pairs(np.zeros(1, np.int64), *pairs, users, items, biases, *NO_ORDERS, 0.0, *rates, 7)
    assert loss == pytest.approx(np.log1p(np.exp(-margin)), rel=1e-5)
    np.testing.assert_allclose(users[0], expected["users"], rtol=1e-5)
    np.testing.assert_allclose(items, [expected["positive"], expected["negative"]], rtol=1e-5)
    np.testing.assert_allclose(biases, expected["biases"], rtol=1e-5)


def test_initial_vectors_are_uniform_and_shrink_with_the_dimensions():
    solver = BprSolver(csr_array(random_choices(2000, 50)), settings(n_factors=10))
    assert np.abs(solver.users).max() <= 0.05
    assert solver.users.std() == pytest.approx(0.1 / np.sqrt(12), rel=0.02)
    assert not solver.biases.any()


@pytest.mark.parametrize("adaptive", [pytest.param(False, id="uniform"), pytest.param(True, id="adaptive")])
def test_negatives_are_never_chosen_items(adaptive):
    # Each user chose all items but the last: only it can be a negative, so only its bias falls.
    chosen = np.ones((20, 6), np.float32)
    chosen[:, -1] = 0
    solver = BprSolver(csr_array(chosen), settings(adaptive=adaptive, l2_positive=0.0))
    solver.train_epoch(0)
    assert (solver.biases[:-1] > 0).all()
    assert solver.biases[-1] < 0


def test_a_user_who_chose_everything_is_left_out():
    solver = BprSolver(csr_array(np.ones((3, 4), np.float32)), settings())
    before = solver.users.copy()
    assert solver.train_epoch(0) == 0
    np.testing.assert_array_equal(solver.users, before)


def test_adaptive_negatives_are_those_that_a_factor_ranks_high():
    chosen = np.zeros((1, 100), np.float32)
    chosen[0, 0] = 1
    solver = BprSolver(csr_array(chosen), settings(n_factors=1, adaptive=True, learning_rate=1e-6))
    solver.users[0, 0] = 1.0
    solver.items[:, 0] = -np.arange(100)
    for epoch in range(300):
        solver.train_epoch(epoch)
    drawn = np.flatnonzero(solver.biases < 0)
    assert len(drawn) > 3
    assert np.average(drawn, weights=-solver.biases[drawn]) < 12


def test_the_weight_of_a_choice_changes_nothing():
    chosen = random_choices()
    plain, weighted = (BprSolver(csr_array(chosen * factor), settings()) for factor in (1, 1e6))
    assert plain.train_epoch(0) == weighted.train_epoch(0)
    np.testing.assert_array_equal(plain.items, weighted.items)


def test_one_thread_repeats_exactly_and_two_learn_the_same_groups():
    rng = np.random.default_rng(0)
    own = np.arange(60)[:, np.newaxis] % 2 == np.arange(20) % 2
    chosen = csr_array((own & (rng.random((60, 20)) < 0.6)).astype(np.float32))
    one, again, two = (BprSolver(chosen, settings(), threads) for threads in (1, 1, 2))
    for solver in (one, again, two):
        losses = [solver.train_epoch(epoch) for epoch in range(100)]
        assert losses[-1] < 0.5 * losses[0]
        scores = solver.users @ solver.items.T + solver.biases
        assert scores[own].mean() > scores[~own].mean() + 1
    np.testing.assert_array_equal(one.items, again.items)


def test_a_step_that_is_too_long_ends_with_an_infinite_loss():
    solver = BprSolver(csr_array(random_choices()), settings(learning_rate=1.0, l2_user=10.0, l2_positive=10.0))
    losses = [solver.train_epoch(epoch) for epoch in range(40)]
    assert not np.isfinite(losses[-1])
