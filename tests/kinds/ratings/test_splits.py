"""A split is disjoint, complete, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError, ParameterError
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit, split_rows


@pytest.mark.parametrize("n_rows", [3, 10, 1001])
def test_parts_are_disjoint_and_complete(n_rows):
    parts = split_rows(n_rows, 7, 0.1, 0.1)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n_rows))
    assert all(len(part) >= 1 for part in parts)


def test_shares_are_kept():
    train, validation, test = split_rows(1000, 0, 0.1, 0.2)
    assert (len(train), len(validation), len(test)) == (700, 100, 200)


def test_same_seed_same_parts_and_other_seed_other_parts():
    first, again, other = (split_rows(500, seed, 0.1, 0.1) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[2], other[2])


def test_a_share_of_zero_gives_an_empty_part():
    train, validation, test = split_rows(20, 0, 0.1, 0.0)
    assert (len(train), len(validation), len(test)) == (18, 2, 0)


@pytest.mark.parametrize(("n_rows", "shares"), [(2, (0.1, 0.1)), (100, (0.5, 0.5)), (100, (-0.1, 0.1))])
def test_nothing_left_to_learn_from_is_refused(n_rows, shares):
    with pytest.raises(ParameterError):
        split_rows(n_rows, 0, *shares)


def test_arrays_of_different_length_are_refused():
    with pytest.raises(InputError, match="same length"):
        Ratings(np.zeros(2, np.int32), np.zeros(3, np.int32), np.zeros(3, np.float32))


def test_the_scale_of_a_split_leaves_the_test_part_out():
    train, validation, test = (
        Ratings(np.zeros(2, np.int32), np.zeros(2, np.int32), np.array(values, np.float32))
        for values in ([2, 3], [1.5, 4], [0.5, 5])
    )
    split = RatingsSplit(None, train, validation, test)
    assert split.scale == (1.5, 4.0)
    assert split.without_test().scale == split.scale


def test_joined_parts_have_times_if_all_parts_with_ratings_have_them():
    one, two = (Ratings(*(np.array([row], dtype) for dtype in "iif"), np.array([row + 5.0])) for row in (0, 1))
    assert Ratings.joined(one, Ratings.empty(), two).times.tolist() == [5.0, 6.0]
    untimed = Ratings(two.users, two.items, two.ratings)
    assert Ratings.joined(one, untimed).times is None
    assert Ratings.joined(Ratings.empty()).times is None
