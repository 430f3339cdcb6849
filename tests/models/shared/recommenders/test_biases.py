from __future__ import annotations

import numpy as np
import pytest

from embedlab.kinds.ratings.splits import Ratings
from embedlab.models.shared.recommenders.biases import STRENGTHS, choose_strengths
from tests.models.matrix_factorization.rating_data import sparse_split


def ratings(users, items, values):
    return Ratings(np.array(users, np.int32), np.array(items, np.int32), np.array(values, np.float32))


def test_the_side_that_differs_less_is_regularized_more():
    users_differ = sparse_split(user_deviation=1.1, item_deviation=0.3)
    items_differ = sparse_split(user_deviation=0.4, item_deviation=0.9)
    chosen = [choose_strengths(split.train, split.validation, 3000, 1500) for split in (users_differ, items_differ)]
    assert chosen[0][0] < chosen[0][1]
    assert chosen[1][0] > chosen[1][1]
    assert {strength for pair in chosen for strength in pair} <= set(STRENGTHS)


def test_a_given_strength_stays():
    split = sparse_split(n_users=300, n_items=100, n_ratings=900)
    users, items = choose_strengths(split.train, split.validation, 300, 100, user_strength=7.0)
    assert users == 7.0
    assert items in STRENGTHS
    assert choose_strengths(split.train, Ratings.empty(), 300, 100, user_strength=7.0, item_strength=2.0) == (7.0, 2.0)


def test_too_few_ratings_to_choose_by_have_a_middling_strength():
    few = ratings([0, 1], [0, 1], [1.0, 2.0])
    assert choose_strengths(few, Ratings.empty(), 2, 2, user_strength=1.0) == (1.0, 5.0)


def test_the_choice_can_be_cancelled():
    split = sparse_split(n_users=300, n_items=100, n_ratings=900)

    def cancel():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        choose_strengths(split.train, split.validation, 300, 100, heartbeat=cancel)
