"""Scores, new users and reasons from item-to-item weights, dense or sparse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from embedlab.core.errors import StorageError
from embedlab.models.contract.state import State
from embedlab.models.shared.item_weights.ranker import ItemWeightsRanker

WEIGHTS = np.array([[0, 2, 0], [0.5, 0, 1], [0, -1, 0]], np.float32)
HISTORIES = csr_array(np.array([[1, 0, 0], [0, 2, 1]], np.float32))
KINDS = pytest.mark.parametrize(
    "weights", [pytest.param(WEIGHTS, id="dense"), pytest.param(csr_array(WEIGHTS), id="sparse")]
)


def ranker(weights, vectors=None):
    """Return a ranker of 5 items, of which 1, 2 and 4 are known."""
    return ItemWeightsRanker(np.array([1, 2, 4], np.int32), weights, HISTORIES, 5, vectors)


@KINDS
def test_a_score_is_the_sum_of_the_weights_of_the_chosen_items(weights):
    lowest = -np.inf
    scores = ranker(weights).scores(np.array([0, 1, -1, 7], np.int32))
    expected = [[lowest, 0, 2, lowest, 0], [lowest, 1, -1, lowest, 2], [lowest, 0, 0, lowest, 0]]
    np.testing.assert_array_equal(scores, [*expected, expected[-1]])


@KINDS
def test_a_new_user_gets_the_scores_of_their_items_and_the_reasons(weights):
    vectors = np.array([[1, 0], [0, 1], [1, 1]], np.float32)
    known = ranker(weights, vectors)
    # Items 0 and 9 are unknown.
    items, values = np.array([2, 0, 4, 9, -1], np.int32), np.array([2, 5, 1, 5, 5], np.float32)
    folded = known.fold_in(items, values)
    np.testing.assert_array_equal(folded.scores, known.scores(np.array([1], np.int32))[0])
    np.testing.assert_array_equal(folded.vector, [1, 3])
    reasons = known.reasons(items, values, 2)
    np.testing.assert_array_equal(reasons.contributions, [0, 0, -1, 0, 0])
    assert reasons.score == folded.scores[2] == -1
    assert known.reasons(items, values, 3).score == -np.inf


@KINDS
def test_a_ranker_is_the_same_after_reading_it_back(weights, tmp_path):
    known = ranker(weights, np.eye(3, 2, dtype=np.float32))
    known.state().save(tmp_path / "ranker")
    again = ItemWeightsRanker.from_state(State.load(tmp_path / "ranker", mapped=True))
    users = np.array([0, 1, -1], np.int32)
    np.testing.assert_array_equal(again.scores(users), known.scores(users))
    items, values = np.array([2, 4], np.int32), np.ones(2, np.float32)
    np.testing.assert_array_equal(again.fold_in(items, values).scores, known.fold_in(items, values).scores)
    np.testing.assert_array_equal(again.fold_in(items, values).vector, known.fold_in(items, values).vector)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"weights": WEIGHTS[:2]}, id="weights-too-short"),
        pytest.param({"items": np.array([1, 2, 7], np.int32)}, id="item-out-of-range"),
        pytest.param({"history_items": np.array([0, 1, 9], np.int32)}, id="history-out-of-range"),
        pytest.param({"vectors": np.zeros((2, 2), np.float32)}, id="vectors-too-short"),
        pytest.param({"items": np.empty(0, np.int32)}, id="no-items"),
    ],
)
def test_damaged_arrays_are_refused(change):
    state = ranker(WEIGHTS).state()
    with pytest.raises(StorageError):
        ItemWeightsRanker.from_state(State({**state.arrays, **change}, state.config))
