"""The compiled solvers equal the closed forms of NumPy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from embedlab.kinds.ratings.splits import Ratings
from embedlab.models.shared.rating_factors.grouping import GroupedRatings
from embedlab.models.shared.rating_factors.tables import FactorTables, Ridge, Workers

N_USERS, N_ITEMS, K = 9, 7, 3


@pytest.fixture(scope="module")
def ratings():
    rng = np.random.default_rng(0)
    # The last item has no ratings, and one user rated more than a block of products.
    users, items = np.nonzero(rng.random((N_USERS, N_ITEMS - 1)) < 0.7)
    users = np.concatenate([users, np.full(150, 4)])
    items = np.concatenate([items, rng.integers(0, N_ITEMS - 1, 150)])
    return Ratings(users.astype(np.int32), items.astype(np.int32), rng.normal(3, 1, len(users)).astype(np.float32))


@pytest.fixture(scope="module")
def workers():
    with ThreadPoolExecutor(2) as pool:
        yield Workers(pool, 2, lambda: None)


def tables_of(ratings, *, implicit):
    tables = FactorTables(GroupedRatings.of(ratings, N_USERS, N_ITEMS), K, implicit=implicit, seed=1, deviation=1.0)
    if implicit:
        rng = np.random.default_rng(2)
        tables.implicit[:-1] = rng.normal(size=(N_ITEMS - 1, K))
        for user in range(N_USERS):
            rated = ratings.items[ratings.users == user]
            tables.offsets[user] = tables.implicit[rated].sum(axis=0) / np.sqrt(len(rated))
    return tables


RIDGE = Ridge(np.array([0.5, 1.0, 2.0, 4.0]), np.array([0.1, -0.2, 0.3, 0.4]), np.linspace(1, 2, N_USERS), 1.5)


@pytest.mark.parametrize("implicit", [False, True], ids=["plain", "implicit"])
def test_a_user_is_the_ridge_regression_given_the_items(ratings, workers, implicit):
    tables = tables_of(ratings, implicit=implicit)
    means = tables.solve_users(RIDGE, workers)
    targets = (ratings.ratings - ratings.ratings.mean()) / ratings.ratings.std()
    for user in range(N_USERS):
        rows = ratings.users == user
        items = tables.items[ratings.items[rows]]
        design = np.column_stack([items[:, :-1], np.ones(rows.sum())])
        error = targets[rows] - items[:, -1]
        if implicit:
            error = error - items[:, :-1] @ tables.offsets[user]
        strength = np.diag(RIDGE.precision * np.append(np.full(K, RIDGE.row_scale[user]), 1))
        expected = np.linalg.solve(1.5 * design.T @ design + strength, 1.5 * design.T @ error + strength @ RIDGE.mean)
        np.testing.assert_allclose(means[user], expected, atol=2e-4)
        np.testing.assert_allclose(tables.users[user], expected, atol=2e-4)


def test_sampled_rows_have_the_mean_and_covariance_of_their_distribution(ratings, workers):
    tables = tables_of(ratings, implicit=False)
    rng = np.random.default_rng(3)
    drawn = []
    for _ in range(2000):
        means = tables.solve_users(RIDGE, workers, rng.standard_normal(tables.users.shape, np.float32))
        drawn.append(tables.users[4].copy())
    items = tables.items[ratings.items[ratings.users == 4]]
    design = np.column_stack([items[:, :-1], np.ones(len(items))])
    strength = np.diag(RIDGE.precision * np.append(np.full(K, RIDGE.row_scale[4]), 1))
    covariance = np.linalg.inv(1.5 * design.T @ design + strength)
    deviations = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(np.mean(drawn, axis=0), means[4], atol=4 * deviations.max() / np.sqrt(2000))
    np.testing.assert_allclose(np.cov(np.array(drawn).T), covariance, atol=0.1 * deviations.max() ** 2)


def test_rows_without_ratings_stay_zero(ratings, workers):
    tables = tables_of(ratings, implicit=False)
    ridge = Ridge(RIDGE.precision, RIDGE.mean, np.ones(N_ITEMS))
    tables.solve_items(ridge, workers)
    assert not tables.items[-1].any()
    assert tables.items[:-1].any(axis=1).all()


def test_the_implicit_term_reaches_the_minimum_of_its_objective(ratings, workers):
    # An imported dataset has each pair once.
    _, rows = np.unique(ratings.users * N_ITEMS + ratings.items, return_index=True)
    ratings = ratings.take(rows)
    tables = tables_of(ratings, implicit=True)
    scale = np.linspace(1, 3, N_ITEMS)
    ridge = Ridge(np.array([0.5, 1.0, 2.0, 0.0]), np.zeros(K + 1), scale)
    tables.squared_error(workers)
    for _ in range(300):
        tables.update_implicit(ridge, workers)
    # In closed form: all numbers of the term at once.
    targets = (ratings.ratings - ratings.ratings.mean()) / ratings.ratings.std()
    design = np.zeros((len(ratings), N_ITEMS, K))
    for row in range(len(ratings)):
        rated = ratings.items[ratings.users == ratings.users[row]]
        weight = 1 / np.sqrt(len(rated))
        for item in rated:
            design[row, item] += weight * tables.items[ratings.items[row], :-1]
    rest = targets - tables.users[ratings.users, -1] - tables.items[ratings.items, -1]
    rest -= np.einsum("nk,nk->n", tables.users[ratings.users, :-1], tables.items[ratings.items, :-1])
    design = design[:, :-1].reshape(len(ratings), -1)
    strength = np.diag((scale[:-1, None] * ridge.precision[:-1]).ravel())
    expected = np.linalg.solve(design.T @ design + strength, design.T @ rest).reshape(-1, K)
    np.testing.assert_allclose(tables.implicit[:-1], expected, atol=2e-3)
    # The errors were updated on the way.
    errors = tables.error_arrays()["errors"]
    assert float(np.square(errors).sum()) == pytest.approx(tables.squared_error(workers), rel=1e-3)


def test_the_number_of_threads_does_not_change_a_byte(ratings, workers):
    alone, together = (tables_of(ratings, implicit=True) for _ in range(2))
    with ThreadPoolExecutor(1) as pool:
        alone.solve_users(RIDGE, Workers(pool, 1, lambda: None))
    together.solve_users(RIDGE, workers)
    assert alone.users.tobytes() == together.users.tobytes()
