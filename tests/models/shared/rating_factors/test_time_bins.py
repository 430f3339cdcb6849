from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.splits import Ratings
from embedlab.models.shared.rating_factors.time_bins import TimeBins


def ratings_of(items, values, times, users=None):
    users = np.arange(len(items)) if users is None else users
    users, items = np.asarray(users, np.int32), np.asarray(items, np.int32)
    return Ratings(users, items, np.asarray(values, np.float32), np.asarray(times, np.float64))


def test_deviations_are_shrunk_means_of_what_the_biases_leave():
    # Infinite regularization of the biases leaves the mean; each bin has 4 ratings of one item.
    ratings = ratings_of([0] * 8, [1, 1, 1, 1, 5, 5, 5, 5], range(8))
    bins = TimeBins.fit(ratings, (8, 1), 2, 1e12, 4.0)
    np.testing.assert_allclose(bins.edges, [3.5])
    np.testing.assert_allclose(bins.deviations, [[-1, 1], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(bins.without(ratings).ratings, [2] * 4 + [4] * 4, atol=1e-6)


def test_bins_have_the_same_number_of_ratings():
    times = np.random.default_rng(0).lognormal(0, 3, 1000)
    bins = TimeBins.fit(ratings_of(np.zeros(1000, int), np.ones(1000), times), (1000, 1), 5, 1.0, 1.0)
    counts = np.bincount(np.searchsorted(bins.edges, times, side="right"))
    assert counts.tolist() == [200] * 5


def test_equal_times_are_of_one_bin():
    bins = TimeBins.fit(ratings_of([0, 0, 1, 1], [1, 2, 3, 4], [7, 7, 7, 7]), (4, 2), 3, 1.0, 1.0)
    assert bins.edges.tolist() == [7.0]
    assert bins.offsets(np.array([0, 1], np.int32), np.array([7.0, 7.0])).tolist() == bins.latest[:2].tolist()


def test_unknown_times_are_latest_in_predictions_and_do_not_train():
    ratings = ratings_of([0] * 5, [1, 1, 5, 5, 100], [0, 1, 2, 3, np.nan])
    bins = TimeBins.fit(ratings, (5, 1), 2, 1e12, 0.0)
    assert bins.without(ratings).ratings[-1] == 100
    items = np.array([0, 0, -1], np.int32)
    assert bins.offsets(items, np.array([np.nan, 99.0, 0.0])).tolist() == [bins.latest[0], bins.latest[0], 0]
    assert bins.offsets(items, None).tolist() == [bins.latest[0], bins.latest[0], 0]


@pytest.mark.parametrize("times", [None, np.full(2, np.nan)], ids=["none", "all-unknown"])
def test_ratings_without_times_are_refused(times):
    ratings = Ratings(np.zeros(2, np.int32), np.zeros(2, np.int32), np.ones(2, np.float32), times)
    with pytest.raises(InputError, match="no times"):
        TimeBins.fit(ratings, (1, 1), 4, 1.0, 1.0)


def test_damaged_arrays_are_refused():
    with pytest.raises(ValueError, match="time_deviations"):
        TimeBins.from_arrays({"time_edges": np.zeros(3), "time_deviations": np.zeros((4, 2))})
