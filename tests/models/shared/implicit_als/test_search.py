from __future__ import annotations

import math

import numpy as np
import pytest

from embedlab.kinds.ratings.interactions import Interactions
from embedlab.models.shared.implicit_als import search as search_module
from embedlab.models.shared.implicit_als.problem import Objective, Problem
from embedlab.models.shared.implicit_als.search import (
    ALPHA0_CANDIDATES,
    DEFAULT_ALPHA0,
    DEFAULT_L2,
    L2_CANDIDATES,
    l2_scale,
    search,
    search_interactions,
)
from tests.models.shared.implicit_als.als_data import random_interactions, two_groups


def peak(l2, alpha0):
    """Return a quality with a known best point."""
    return lambda one, other: -(math.log(one / l2) ** 2) - math.log(other / alpha0) ** 2


def unscaled(alpha0):
    return 1.0


def test_the_best_point_of_the_grid_is_first():
    found = search(None, None, scale=unscaled, quality=peak(0.004, 0.09))
    assert (found.best.l2, found.best.alpha0) == (0.003, 0.1)
    qualities = [each.quality for each in found.points]
    assert qualities == sorted(qualities, reverse=True)
    assert len(found.points) == len(L2_CANDIDATES) * len(ALPHA0_CANDIDATES)


def test_the_search_goes_one_step_beyond_the_edge():
    found = search(None, None, scale=unscaled, quality=peak(0.1, 0.09))
    assert found.best.l2 == pytest.approx(0.03 * math.sqrt(10))
    assert found.best.alpha0 == 0.1


@pytest.mark.parametrize(
    ("l2", "alpha0", "n"),
    [
        pytest.param(7.0, None, len(ALPHA0_CANDIDATES), id="l2-fixed"),
        pytest.param(None, 7.0, len(L2_CANDIDATES), id="alpha0-fixed"),
        pytest.param(7.0, 7.0, 1, id="both-fixed"),
    ],
)
def test_fixed_values_are_not_searched(l2, alpha0, n):
    found = search(l2, alpha0, scale=lambda alpha0: 2.0, quality=peak(0.004, 0.09))
    assert len(found.points) == n
    assert l2 is None or {each.l2 for each in found.points} == {7.0}
    assert alpha0 is None or {each.alpha0 for each in found.points} == {7.0}


def test_without_validation_data_there_are_defaults():
    best = search(None, None, scale=lambda alpha0: 3.0, quality=None).best
    assert (best.l2, best.alpha0, best.quality) == (3 * DEFAULT_L2, DEFAULT_ALPHA0, None)
    # A chosen value is never scaled.
    assert search(0.5, None, scale=lambda alpha0: 3.0, quality=None).best.l2 == 0.5


def test_the_candidates_are_a_table():
    lines = search(0.01, None, scale=unscaled, quality=peak(0.01, 0.1)).table().splitlines()
    assert lines[0] == "l2,alpha0,validation_ndcg@10"
    assert lines[1] == "0.01,0.1,-0"
    assert len(lines) == 1 + len(ALPHA0_CANDIDATES)


@pytest.mark.parametrize("nu", [pytest.param(each, id=f"nu-{each:g}") for each in (0.0, 0.5, 1.0)])
def test_another_nu_keeps_the_sum_of_the_strengths(nu):
    problem = Problem.of(random_interactions(), (40, 30))

    def total(objective):
        sides = (problem.users, problem.items), (problem.items, problem.users)
        return sum(float(objective.penalties(one.sums, len(other)).sum()) for one, other in sides)

    scaled = 0.02 * l2_scale(problem, nu, 0.3)
    assert total(Objective(0.3, scaled, nu)) == pytest.approx(total(Objective(0.3, 0.02, 1.0)), rel=1e-5)


def test_a_large_training_part_is_sampled_by_users(monkeypatch):
    split = two_groups()
    assert search_interactions(split, np.zeros(0, np.int32), 0) is split.train
    monkeypatch.setattr(search_module, "MOST_SEARCH_INTERACTIONS", 100)
    sample = search_interactions(split, np.array([5, 6]), 0)
    assert len(sample) <= 100
    assert {5, 6} <= set(sample.users)

    def items_of(part: Interactions, user):
        return set(part.items[part.users == user])

    assert all(items_of(sample, user) == items_of(split.train, user) for user in set(sample.users))
