import numpy as np
import pytest
from scipy.stats import norm

from embedlab.core.errors import ParameterError
from embedlab.exploration.new_things.without_popularity import without_popularity


def test_known_answer():
    scores = np.array([0.9, -np.inf, 0.1, 0.5, 0.5])
    counts = np.expm1([3.0, 9.0, 1.0, 2.0, 2.0])
    # Normal scores at 7/8, 1/8 and twice the middle; log counts 3, 1, 2, 2 have mean 2 and variance 1/2.
    high, spread = norm.ppf(7 / 8), np.sqrt(0.5)
    expected = [high - 0.5 / spread, -np.inf, -high + 0.5 / spread, 0, 0]
    np.testing.assert_allclose(without_popularity(scores, counts, 0.5), expected, atol=1e-12)


@pytest.mark.parametrize("transform", [np.exp, lambda x: 1e6 * x - 3, np.arctan], ids=["exp", "linear", "arctan"])
def test_the_units_of_the_scores_do_not_matter(transform):
    random = np.random.default_rng(0)
    scores, counts = random.normal(size=50), random.integers(1, 100, 50)
    np.testing.assert_allclose(
        without_popularity(transform(scores), counts, 0.7), without_popularity(scores, counts, 0.7)
    )


def test_zero_keeps_the_order_and_one_removes_a_ranking_by_popularity():
    random = np.random.default_rng(1)
    log_counts = random.normal(4, 1, 2000)
    scores = log_counts + random.normal(0, 0.01, 2000)
    kept = without_popularity(scores, np.expm1(log_counts), 0)
    np.testing.assert_array_equal(np.argsort(kept), np.argsort(scores))
    removed = without_popularity(scores, np.expm1(log_counts), 1)
    assert removed.std() < 0.1


def test_counts_that_are_all_equal_change_nothing():
    scores = np.array([3.0, 1.0, 2.0])
    equal = without_popularity(scores, np.full(3, 7), 1)
    np.testing.assert_allclose(equal, without_popularity(scores, np.full(3, 7), 0))
    assert without_popularity(np.full(2, -np.inf), np.ones(2), 1).tolist() == [-np.inf, -np.inf]


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")], ids=["low", "high", "nan"])
def test_the_weight_is_bounded(weight):
    with pytest.raises(ParameterError, match="between 0 and 1"):
        without_popularity(np.ones(2), np.ones(2), weight)
