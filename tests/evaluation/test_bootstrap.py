from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from embedlab.evaluation.bootstrap import bootstrap_interval, share_interval, spearman


def test_spearman_equals_scipys_with_ties():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, (2, 50)).astype(float)
    assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert spearman(np.ones(4), np.arange(4.0)) == 0


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Of 200 samples from two normal variables with a known rank correlation, about 95 % of the intervals hold it."""
    rho = 0.5
    truth = 6 / np.pi * np.arcsin(rho / 2)
    rng = np.random.default_rng(1)
    held = 0
    for seed in range(200):
        a, noise = rng.normal(size=(2, 60))
        low, high = bootstrap_interval(spearman, (a, rho * a + np.sqrt(1 - rho**2) * noise), seed)
        held += low <= truth <= high
    assert 0.90 <= held / 200 <= 0.985


def test_groups_that_stand_together_widen_the_interval():
    alone = share_interval([1, 0] * 50, [1] * 100)
    together = share_interval([10, 0] * 5, [10] * 10)
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_too_few_have_no_interval():
    assert bootstrap_interval(spearman, ([1, 2, 3], [1, 3, 2])) is None
    assert share_interval([], []) is None
