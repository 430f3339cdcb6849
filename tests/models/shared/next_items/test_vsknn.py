"""VSKNN against a computation by hand."""

from __future__ import annotations

import numpy as np

from embedlab.kinds.sequences.histories import Histories
from embedlab.models.shared.next_items.vsknn import VsKnn, position_weights


def test_positions_weigh_more_at_the_end_and_the_latest_one_counts():
    weights = position_weights(Histories.of([[4, 2, 4], [], [1]]), 5).toarray()
    np.testing.assert_allclose(weights, [[0, 0, 2 / 3, 0, 1], [0] * 5, [0, 1, 0, 0, 0]])


def test_votes_are_the_cosines_of_the_nearest_sequences():
    # Sequences by age, the newest last; a single event is no neighbor.
    learned = Histories.of([[0, 1, 2], [1, 3], [0, 4], [5]])
    scores = VsKnn.of(learned, 6).next_scores(Histories.of([[0, 1]]))[0]
    own = np.sqrt(0.5**2 + 1)
    first, second, third = 1.5 / (own * np.sqrt(3)), 1 / (own * np.sqrt(2)), 0.5 / (own * np.sqrt(2))
    expected = [first + third, first + second, first, second, third, 0]
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_only_the_nearest_sequences_vote_and_only_the_newest_are_compared():
    learned = Histories.of([[0, 1], [0, 2], [0, 3, 4]])
    one = VsKnn.of(learned, 5, n_neighbors=1).next_scores(Histories.of([[0]]))[0]
    # The first two are equally near: the newer one votes.
    assert one.argsort()[::-1][:2].tolist() in ([0, 2], [2, 0])
    newest = VsKnn.of(learned, 5, most_candidates=1).next_scores(Histories.of([[0]]))[0]
    np.testing.assert_allclose(newest[[1, 2]], [0, 0], atol=1e-5)
    assert (newest[[3, 4]] > 0.5).all()


def test_without_a_similar_sequence_popularity_decides():
    scores = VsKnn.of(Histories.of([[0, 1], [0, 2]]), 4).next_scores(Histories.of([[], [3]]))
    assert scores.argmax(axis=1).tolist() == [0, 0]
    assert np.isneginf(scores[:, 3]).all()
