from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.models.shared.implicit_als import solver as solver_module
from embedlab.models.shared.implicit_als.problem import Objective, Problem
from embedlab.models.shared.implicit_als.solver import ITEMS, USERS, AlternatingSolver, one_blas_thread
from tests.models.shared.implicit_als.als_data import random_interactions

pytestmark = pytest.mark.usefixtures("one_thread")
SHAPE = 40, 30
OBJECTIVE = Objective(alpha0=0.1, l2=0.05, nu=1.0)


@pytest.fixture(scope="module")
def one_thread():
    with one_blas_thread():
        yield


def made(objective=OBJECTIVE, n_factors=6, *, weighted=True, interactions=None, **more):
    found = random_interactions(weighted=weighted) if interactions is None else interactions
    return AlternatingSolver(Problem.of(found, SHAPE), objective, n_factors, seed=3, **more), found


def dense(interactions, solver):
    """Return the weights of all pairs among the users and items of a problem."""
    weights = interactions.matrix(*SHAPE).toarray().astype(np.float64)
    return weights[np.ix_(solver.problem.users.rows, solver.problem.items.rows)]


def penalties(weights, objective):
    """Return the L2 regularization of users and items as the definition says."""
    n_users, n_items = weights.shape
    return (
        objective.l2 * (weights.sum(axis=1) + objective.alpha0 * n_items) ** objective.nu,
        objective.l2 * (weights.sum(axis=0) + objective.alpha0 * n_users) ** objective.nu,
    )


def brute_loss(users, items, weights, objective):
    """Return the loss from its definition, pair by pair."""
    scores = users @ items.T
    l_users, l_items = penalties(weights, objective)
    observed = (weights * (1 - scores) ** 2).sum()
    return observed + objective.alpha0 * (scores**2).sum() + l_users @ (users**2).sum(1) + l_items @ (items**2).sum(1)


def gradient(users, items, weights, objective):
    """Return the gradient of the loss by users' vectors, halved."""
    scores = users @ items.T
    l_users, _ = penalties(weights, objective)
    return (weights * (scores - 1) + objective.alpha0 * scores) @ items + l_users[:, None] * users


@pytest.mark.parametrize("nu", [pytest.param(each, id=f"nu-{each:g}") for each in (0.0, 0.5, 1.0)])
def test_a_half_step_is_the_minimum_of_the_loss(nu):
    objective = Objective(0.2, 0.05, nu)
    solver, interactions = made(objective)
    weights = dense(interactions, solver)
    solver.half_step(USERS)
    users, items = (each.astype(np.float64) for each in solver.vectors.values())
    assert np.abs(gradient(users, items, weights, objective)).max() < 2e-5
    solver.half_step(ITEMS)
    users, items = (each.astype(np.float64) for each in solver.vectors.values())
    assert np.abs(gradient(items, users, weights.T, objective)).max() < 2e-5


def test_the_loss_and_its_parts_are_those_of_the_definition():
    solver, interactions = made()
    solver.epoch()
    users, items = (each.astype(np.float64) for each in solver.vectors.values())
    loss = solver.loss()
    assert loss.total == pytest.approx(brute_loss(users, items, dense(interactions, solver), OBJECTIVE), rel=1e-5)
    assert loss.all_pairs == pytest.approx(OBJECTIVE.alpha0 * ((users @ items.T) ** 2).sum(), rel=1e-5)


@pytest.mark.parametrize(
    "block_size", [pytest.param(6, id="whole"), pytest.param(2, id="blocks"), pytest.param(4, id="uneven")]
)
def test_no_step_increases_the_loss(block_size):
    solver, interactions = made(block_size=block_size)
    weights = dense(interactions, solver)
    blocks = [(start, min(start + block_size, 6)) for start in range(0, 6, block_size)]
    losses = []
    for _ in range(5):
        for block in blocks:
            for side in (ITEMS, USERS):
                solver.half_step(side, block)
                users, items = (each.astype(np.float64) for each in solver.vectors.values())
                losses.append(brute_loss(users, items, weights, OBJECTIVE))
    assert (np.diff(losses) <= 1e-5 * losses[0]).all()
    assert losses[-1] < 0.7 * losses[0]


def test_blocks_reach_the_minimum_of_the_exact_solver():
    losses = []
    for block_size in (6, 2):
        solver, _ = made(block_size=block_size)
        for _ in range(200):
            solver.epoch()
        losses.append(solver.loss().total)
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def test_the_end_of_a_training_in_blocks_solves_the_users():
    solver, interactions = made(block_size=2)
    for _ in range(20):
        solver.epoch()
    solver.finish()
    users, items = (each.astype(np.float64) for each in solver.vectors.values())
    assert np.abs(gradient(users, items, dense(interactions, solver), OBJECTIVE)).max() < 5e-3
    solver.half_step(USERS)
    np.testing.assert_allclose(users, solver.vectors[USERS], atol=5e-3)


def test_vectors_are_the_same_with_any_number_of_threads(monkeypatch):
    # Parts of a few rows each.
    monkeypatch.setattr(solver_module, "_MOST_WORK", 500.0)
    alone, _ = made()
    with ThreadPoolExecutor(3) as threads:
        together, _ = made(threads=threads)
        for _ in range(3):
            alone.epoch()
            together.epoch()
    for name, vectors in alone.vectors.items():
        assert vectors.tobytes() == together.vectors[name].tobytes()


def test_rows_are_divided_into_parts_of_bounded_work():
    side = made()[0].problem.users
    assert side.parts(6, 6, 1e9) == [(0, len(side))]
    parts = side.parts(6, 6, 1000.0)
    assert len(parts) > 10
    assert [first for first, _ in parts] == [0, *(last for _, last in parts[:-1])]
    assert parts[-1][1] == len(side)
    # The scores of whole vectors take time too if only a few dimensions are solved.
    assert len(side.parts(2, 600, 20_000.0)) > len(side.parts(2, 6, 20_000.0))


def test_a_system_without_a_solution_is_refused():
    tiny = Objective(alpha0=1e-30, l2=1e-30, nu=0.0)
    # Fewer interactions than dimensions, and nothing that makes the rest unique.
    solver, _ = made(tiny, n_factors=25)
    with pytest.raises(InputError, match="diverged") as refused:
        solver.epoch()
    assert "l2=1e-30" in str(refused.value.received)


def test_the_loss_of_another_library_has_the_same_minimum():
    """The update of a user by the formula of Hu, Koren and Volinsky, with 1 + alpha on observed pairs, 1 on others.

    It is this loss with ``alpha0 = 1``, weights alpha and a target of ``(1 + alpha) / alpha``: the vectors of the users
    are then longer by this factor. The `implicit` package has this form.
    """
    alpha, l2 = 4.0, 2.0
    solver, interactions = made(Objective(1.0, l2, 0.0), interactions=_weighted(alpha))
    solver.half_step(USERS)
    items = solver.vectors[ITEMS].astype(np.float64)
    preferences = dense(interactions, solver) > 0
    expected = []
    for chosen in preferences:
        confidence = np.where(chosen, 1 + alpha, 1.0)
        system = items.T @ (confidence[:, None] * items) + l2 * np.eye(items.shape[1])
        expected.append(np.linalg.solve(system, items.T @ (confidence * chosen)))
    factor = (1 + alpha) / alpha
    np.testing.assert_allclose(factor * solver.vectors[USERS], np.array(expected), rtol=1e-3, atol=1e-6)


def _weighted(alpha):
    found = random_interactions()
    return type(found)(found.users, found.items, np.full(len(found), alpha, np.float32))


@pytest.mark.parametrize(
    ("nu", "loss"),
    [
        pytest.param(0.0, 71.35659, id="nu-0"),
        pytest.param(0.5, 80.67349, id="nu-0.5"),
        pytest.param(1.0, 112.47888, id="nu-1"),
    ],
)
def test_the_minimum_is_that_of_irspack(nu, loss):
    """The loss of the vectors of irspack 0.5.2, `IALSRecommender` with `loss_type="IALSPP"`, after 300 epochs."""
    found = random_interactions()
    solver = AlternatingSolver(Problem.of(found, SHAPE), Objective(0.2, 0.05, nu), 6, seed=1)
    for _ in range(300):
        solver.epoch()
    assert solver.loss().total == pytest.approx(loss, rel=1e-5)
