from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, spearmanr, t

from embedlab.evaluation.intervals import (
    bootstrap_interval,
    percentile_interval,
    seed_interval,
    share_difference_interval,
    share_interval,
    spearman,
    wilson_interval,
)


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


def test_the_wilson_interval_is_the_textbook_formula():
    n_right, n, z = 45, 50, 1.959964
    share = n_right / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert wilson_interval(n_right, n) == pytest.approx((middle - reach, middle + reach))
    assert share_interval([1] * n_right + [0] * (n - n_right), [1] * n) == wilson_interval(n_right, n)


@pytest.mark.parametrize("n_right", [pytest.param(0, id="all-wrong"), pytest.param(60, id="all-right")])
def test_all_right_or_all_wrong_is_not_certain(n_right):
    low, high = wilson_interval(n_right, 60)
    assert high - low > 0.05
    assert low <= n_right / 60 <= high


def test_groups_that_are_all_right_have_the_exact_interval_of_as_many_answers():
    low, high = share_interval([4] * 10, [4] * 10)
    # Clopper and Pearson: the lower bound of n right of n is (0.05 / 2) ** (1 / n).
    assert (low, high) == (pytest.approx(0.025 ** (1 / 10)), 1)


def test_a_high_share_is_covered_as_often_as_the_interval_says():
    """Summed over all outcomes: of few answers that are nearly all right the percentile bootstrap covers 80 %."""
    n, truth = 50, 0.96
    outcomes = np.arange(n + 1)
    held = [low <= truth <= high for low, high in (wilson_interval(int(right), n) for right in outcomes)]
    assert 0.90 <= binom.pmf(outcomes, n, truth)[held].sum() <= 0.98


def test_the_difference_of_paired_shares_covers_the_truth():
    """Both are right in 70 % of the cases, one alone in 20 %, the other alone in 5 %."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        kind = rng.choice(4, 80, p=[0.7, 0.2, 0.05, 0.05])
        low, high = share_difference_interval(kind <= 1, (kind == 0) | (kind == 2))
        held += low <= 0.15 <= high
    assert 0.90 <= held / 200 <= 0.985


def test_paired_shares_that_agree_everywhere_differ_by_nothing_at_all():
    right = np.arange(30) % 3 > 0
    assert share_difference_interval(right, right) == (0, 0)
    assert share_difference_interval(right[:0], right[:0]) is None


@pytest.mark.parametrize(
    ("n_unlike", "is_told"), [pytest.param(4, False, id="four"), pytest.param(8, True, id="eight")]
)
def test_few_unlike_cases_are_no_difference(n_unlike, is_told):
    first, second = np.ones(200, dtype=bool), np.arange(200) >= n_unlike
    low, high = share_difference_interval(first, second)
    assert (low > 0) == is_told
    assert share_difference_interval(second, first) == pytest.approx((-high, -low))


def test_a_correlation_that_all_resamples_share_has_no_interval():
    assert bootstrap_interval(spearman, (np.arange(50.0), np.arange(50.0))) is None


def test_few_units_widen_the_interval_and_many_leave_the_usual_percentiles():
    resamples = np.random.default_rng(0).normal(size=1000)
    usual = np.quantile(resamples, [0.025, 0.975])
    few, many = percentile_interval(resamples, 6), percentile_interval(resamples, 100_000)
    assert many == pytest.approx(usual, abs=0.01)
    assert few[1] - few[0] > 1.3 * (many[1] - many[0])
    assert percentile_interval(resamples, 4) is None
    assert percentile_interval(np.append(resamples, np.nan), 100) is None


def test_resamples_that_are_all_alike_make_an_interval_of_differences_only():
    alike = np.full(1000, 0.1) + np.tile([0, 1e-17], 500)
    assert percentile_interval(alike, 100) is None
    assert percentile_interval(alike, 100, may_be_a_point=True) == pytest.approx((0.1, 0.1))


def of_seeds(n_seeds, rng, seed_sd=0.1, pair_sd=0.02):
    """How much each pair of seeds agrees: 0.5, a part of each of the two seeds, and a part of the pair."""
    of_seed = rng.normal(0, seed_sd, n_seeds)
    of_pair = np.triu(rng.normal(0, pair_sd, (n_seeds, n_seeds)), 1)
    return 0.5 + of_seed[:, np.newaxis] + of_seed + of_pair + of_pair.T


def test_the_mean_over_pairs_of_seeds_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = sum(low <= 0.5 <= high for low, high in (seed_interval(of_seeds(5, rng)) for _ in range(200)))
    assert 0.90 <= held / 200 <= 0.985


def test_leaving_out_each_seed_gives_the_interval():
    between = of_seeds(6, np.random.default_rng(1))
    without = []
    for seed in range(6):
        kept = np.delete(np.delete(between, seed, 0), seed, 1)
        without.append(kept[np.triu_indices(5, 1)].mean())
    error = np.sqrt(5 / 6 * np.sum((np.array(without) - np.mean(without)) ** 2))
    mean = between[np.triu_indices(6, 1)].mean()
    reach = t.ppf(0.975, 5) * error
    assert seed_interval(between) == pytest.approx((mean - reach, mean + reach))


def test_two_seeds_and_seeds_that_agree_alike_have_no_interval():
    assert seed_interval(of_seeds(2, np.random.default_rng(0))) is None
    assert seed_interval(np.full((4, 4), 0.7)) is None
