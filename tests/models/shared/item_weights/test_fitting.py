"""Sparse products, the largest weights of each item, and the choice of settings on the validation part."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from embedlab.kinds.ratings.interactions import Interactions
from embedlab.models.contract.base import QuietContext
from embedlab.models.popularity.ranker import PopularityRanker
from embedlab.models.shared.item_weights import fitting
from embedlab.models.shared.item_weights.fitting import (
    LargestInRows,
    Steps,
    best_on_validation,
    dense_rows,
    known_items,
    sampled_users,
)
from embedlab.models.shared.recommenders.validation import ValidationRanking
from tests.models.ranking_data import choices_split, random_choices


@pytest.mark.parametrize("most", [pytest.param(1, id="row-by-row"), pytest.param(10**9, id="whole")])
def test_blocks_of_dense_rows_are_the_product(monkeypatch, most):
    monkeypatch.setattr(fitting, "_BLOCK_PRODUCTS", most)
    left, right = csr_array(random_choices(7, 5)), csr_array(random_choices(5, 7, seed=1))
    shares, rows = [], []
    for start, block in dense_rows(left, right, shares.append):
        assert start == sum(map(len, rows))
        rows.append(block)
    np.testing.assert_array_equal(np.concatenate(rows), (left @ right).toarray())
    assert len(rows) == (7 if most == 1 else 1)
    assert shares == sorted(shares)


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        pytest.param(1, [[0, 3, 0], [2, 0, 0]], id="ties-from-the-left"),
        pytest.param(2, [[0, 3, 0], [2, 2, 0]], id="only-positive"),
        pytest.param(9, [[0, 3, 0], [2, 2, 2]], id="more-than-there-are"),
    ],
)
def test_each_row_keeps_its_largest_positive_weights(k, expected):
    largest = LargestInRows(3, k)
    largest.add(np.array([[0, 3, -1]], np.float32))
    largest.add(np.array([[2, 2, 2]], np.float32))
    largest.add(np.zeros((1, 3), np.float32))
    np.testing.assert_array_equal(largest.matrix().toarray(), [*expected, [0, 0, 0]])


def test_users_are_sampled_only_if_the_product_is_too_large():
    histories = csr_array(random_choices(100, 20))
    assert sampled_users(histories, 10**9, 0) is histories
    sample = sampled_users(histories, 500, 0)
    assert 0 < (np.diff(sample.indptr) ** 2).sum() <= 500
    np.testing.assert_array_equal(sample.toarray(), sampled_users(histories, 500, 0).toarray())


def test_the_settings_with_the_best_ranking_are_chosen_and_of_equal_ones_the_first(tmp_path):
    chosen = np.zeros((30, 6), np.float32)
    chosen[:, :2] = 1
    chosen[::3, 2] = 1
    split = choices_split(chosen, shares=(0.3, 0.0))
    validation = ValidationRanking.of(split)
    counts = np.bincount(split.train.items, minlength=6).astype(np.float32)
    rankers = {"worst": counts.max() + 1 - counts, "best": counts, "same": counts}
    lines = []
    choice = best_on_validation(
        ((name, PopularityRanker(np.where(counts > 0, each, 0))) for name, each in rankers.items()),
        validation,
        Steps(QuietContext(tmp_path), 3),
        lines.append,
        str,
    )
    assert choice.settings == "best"
    assert choice.scores == validation.scores(PopularityRanker(counts))
    assert [line.split(":")[0] for line in lines] == list(rankers)


def test_nothing_is_chosen_without_a_validation_part(tmp_path):
    split = choices_split(random_choices(), shares=(0.0, 0.0))
    rankers = iter([("a", PopularityRanker(np.ones(12, np.float32)))])
    choice = best_on_validation(rankers, ValidationRanking.of(split), Steps(QuietContext(tmp_path), 1), print, str)
    assert (choice.settings, choice.scores) == (None, {})


def test_known_items_are_those_that_were_chosen():
    chosen = random_choices(10, 5)
    chosen[:, 2] = 0
    split = choices_split(chosen, shares=(0.0, 0.0))
    np.testing.assert_array_equal(known_items(split.train, 5), [0, 1, 3, 4])


def test_which_equally_popular_items_fit_does_not_follow_the_order_of_rows():
    # The rows of a dataset are ordered by all ratings, also those of the test part.
    rows = np.arange(1000, dtype=np.int32)
    once = Interactions(np.zeros(1000, np.int32), rows, np.ones(1000, np.float32))
    chosen = known_items(once, 1000, 300)
    assert len(chosen) == 300
    assert abs(chosen.mean() - 499.5) < 60
    popular = Interactions(np.r_[once.users, 1], np.r_[rows, 999].astype(np.int32), np.ones(1001, np.float32))
    assert 999 in known_items(popular, 1000, 1)
