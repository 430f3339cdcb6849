"""The association test, computed by hand and on planted vectors."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.evaluation import association as module
from embedlab.evaluation.association import association

EAST, NORTH = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])


def at(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def test_two_opposite_groups_have_the_values_computed_by_hand():
    found = association(at(0, 0, 0, 0), at(90, 90, 90, 90), EAST, NORTH)
    np.testing.assert_allclose(found.of_first, 1, atol=1e-12)
    np.testing.assert_allclose(found.of_second, -1, atol=1e-12)
    assert found.statistic == pytest.approx(8)
    # Means 1 and -1; sample standard deviation of four 1 and four -1.
    assert found.effect_size == pytest.approx(2 / np.sqrt(8 / 7))
    # Of C(8, 4) divisions only the observed one gives as much.
    assert found.p_value == pytest.approx(1 / 70)
    assert (found.n_divisions, found.is_exact) == (70, True)


def test_unequal_groups_and_attributes_equal_the_definition():
    rng = np.random.default_rng(0)
    x, y, a, b = (
        units / np.linalg.norm(units, axis=1, keepdims=True)
        for units in (rng.normal(size=(n, 6)) for n in (3, 5, 4, 7))
    )
    found = association(x, y, a, b)
    scores = [np.mean([w @ each for each in a]) - np.mean([w @ each for each in b]) for w in (*x, *y)]
    observed = np.mean(scores[:3]) - np.mean(scores[3:])
    divisions = []
    for chosen in combinations(range(8), 3):
        rest = [row for row in range(8) if row not in chosen]
        divisions.append(np.mean([scores[row] for row in chosen]) - np.mean([scores[row] for row in rest]))
    assert found.effect_size == pytest.approx(observed / np.std(scores, ddof=1))
    assert found.p_value == pytest.approx(np.mean(np.array(divisions) >= observed - 1e-9))
    assert found.statistic == pytest.approx(sum(scores[:3]) - sum(scores[3:]))


def test_exchanged_targets_turn_the_sign():
    one = association(at(0, 10, 20, 30), at(60, 70, 80, 90), EAST, NORTH)
    other = association(at(60, 70, 80, 90), at(0, 10, 20, 30), EAST, NORTH)
    assert other.effect_size == pytest.approx(-one.effect_size)
    assert other.p_value == 1


def test_random_divisions_estimate_the_exact_p(monkeypatch):
    rng = np.random.default_rng(1)
    x, y = at(*rng.normal(35, 25, 7)), at(*rng.normal(50, 25, 7))
    exact = association(x, y, EAST, NORTH)
    monkeypatch.setattr(module, "MOST_EXACT", 0)
    sampled = association(x, y, EAST, NORTH, seed=3)
    assert not sampled.is_exact
    assert sampled.p_value == pytest.approx(exact.p_value, abs=0.008)
    assert sampled.p_value == association(x, y, EAST, NORTH, seed=3).p_value
    assert 0.01 < exact.p_value < 0.99


def test_p_is_uniform_when_there_is_nothing():
    rng = np.random.default_rng(2)
    values = [association(at(*rng.normal(size=5)), at(*rng.normal(size=5)), EAST, NORTH).p_value for _ in range(200)]
    assert np.mean(np.array(values) <= 0.1) == pytest.approx(0.1, abs=0.06)


def test_equal_associations_are_refused():
    with pytest.raises(InputError, match="same association"):
        association(at(45, 45), at(45, 45), EAST, NORTH)
