"""The Markov chain equals its closed form, and predicts a cycle without an error."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.kinds.sequences.counting import item_counts, transition_counts
from embedlab.kinds.sequences.histories import Histories
from embedlab.models.contract.state import State
from embedlab.models.markov.predictor import MarkovPredictor
from embedlab.models.shared.next_items.tables import PopularityTable, StepTable
from tests.models.sequence_data import cycle_lines, dataset_of, nearest, trained

SEQUENCES = Histories.of([[0, 1, 2], [0, 1], [0, 2], [3]])


def test_the_table_is_the_closed_form_by_hand():
    assert transition_counts(SEQUENCES, 4).toarray().tolist() == [[0, 2, 1, 0], [0, 0, 1, 0], [0] * 4, [0] * 4]
    counts = np.array([3, 2, 2, 1])
    assert item_counts(SEQUENCES, 4).tolist() == counts.tolist()
    table = StepTable.of_steps(SEQUENCES, 4, 0.5)
    scores = table.next_scores(Histories.of([[2, 0], [3], []]))
    popularity = counts / 8
    np.testing.assert_allclose(scores[0], (np.array([0, 2, 1, 0]) + 0.5 * popularity) / 3.5, rtol=1e-6)
    # Nothing follows item 3, and nothing is known before the first item.
    np.testing.assert_allclose(scores[1:], [popularity, popularity], rtol=1e-6)
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, rtol=1e-6)


def test_cooccurrence_counts_sequences_in_any_order():
    pairs = StepTable.of_pairs(Histories.of([[0, 1, 0], [1, 2]]), 4, 0.1).rows.toarray()
    assert pairs.tolist() == [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_popularity_is_the_same_for_all_and_new_items_are_never_predicted():
    scores = PopularityTable.of(SEQUENCES, 5).next_scores(Histories.of([[0], [3, 1]]))
    assert scores[0].tolist() == scores[1].tolist() == [3, 2, 2, 1, -np.inf]


def test_a_cycle_is_predicted_without_an_error(tmp_path):
    result, scores = trained("markov", dataset_of(tmp_path, cycle_lines()), tmp_path / "scratch")
    assert (scores["recall@5"], scores["mrr"]) == (1.0, 1.0)
    assert scores["baselines"]["markov_table"]["mrr"] == 1.0
    assert result.embeddings["sequence_items"].metadata.columns.tolist() == ["count", "users"]


def test_items_of_the_same_paths_are_neighbors(tmp_path):
    lines = [f"{first} {then} end" for first in ("left", "right") for then in ("x", "y") for _ in range(8)]
    lines += [f"{first} {then} end" for first in ("up", "down") for then in ("v", "w") for _ in range(8)]
    result, _ = trained("markov", dataset_of(tmp_path, lines), tmp_path / "scratch", vector_size=4)
    for group in ({"left", "right", "x", "y"}, {"up", "down", "v", "w"}):
        assert {nearest(result, key) for key in group} <= group


def test_a_damaged_state_is_refused():
    state = MarkovPredictor(StepTable.of_steps(SEQUENCES, 4, 0.5)).state()
    MarkovPredictor.from_state(state)
    for name, array in (
        ("columns", np.full(3, 9, np.int32)),
        ("starts", np.zeros(2, np.int64)),
        ("data", np.full_like(state.arrays["data"], np.nan, np.float64)),
        ("data", -state.arrays["data"]),
        ("counts", -state.arrays["counts"]),
    ):
        with pytest.raises(StorageError):
            MarkovPredictor.from_state(State({**state.arrays, name: array}, state.config))
    with pytest.raises(StorageError):
        MarkovPredictor.from_state(State(state.arrays, {"smoothing": "nan"}))
