"""The order of events is tested, and what is said about it is right where we know the answer."""

from __future__ import annotations

import numpy as np

from embedlab.kinds.sequences.histories import Histories
from embedlab.kinds.sequences.order import order_test


def walks(n, length, step, seed=0):
    random = np.random.default_rng(seed)
    return [[step(start, place, random) for place in range(length)] for start in random.integers(0, 30, n).tolist()]


KEYS = [f"i{row}" for row in range(30)]


def test_a_cycle_is_found_by_its_order():
    cycle = Histories.of(walks(400, 4, lambda start, place, _: (start + 3 * place) % 30))
    found = order_test(cycle, KEYS, with_history=False)
    assert found is not None
    assert found.transitions == 1.0
    assert found.low >= 0
    assert not found.is_sorted


def test_sets_in_random_order_gain_nothing_from_it():
    random = np.random.default_rng(1)
    sets = [(10 * (row % 3) + random.permutation(10)[:4]).tolist() for row in range(3000)]
    found = order_test(Histories.of(sets), KEYS, with_history=False)
    assert found is not None
    assert found.low < 0.05
    assert not found.sentence.startswith("Order matters.")


def test_sorted_sets_are_told_from_sequences():
    random = np.random.default_rng(1)
    sets = [sorted(random.permutation(30)[:4].tolist()) for _ in range(300)]
    keys = [str(row) for row in range(30)]
    found = order_test(Histories.of(sets), keys, with_history=False)
    assert found is not None
    assert found.is_sorted
    assert "sorted" in found.sentence


def test_too_few_sequences_say_nothing():
    assert order_test(Histories.of([[0, 1]] * 20), KEYS, with_history=False) is None
