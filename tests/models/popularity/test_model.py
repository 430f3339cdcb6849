"""Popularity: the counts of the interactions, the same for everyone."""

from __future__ import annotations

import numpy as np

from embedlab.models.contract.base import QuietContext
from embedlab.models.popularity.model import Popularity, PopularityParameters
from tests.models.ranking_data import choices_split, random_choices


def test_items_are_ranked_by_the_number_of_users_of_training_and_validation(tmp_path):
    chosen = random_choices(40, 8)
    chosen[:, 5] = 0
    # A weight is how often one user chose an item, not how many users did.
    chosen[0] *= 100
    split = choices_split(chosen, shares=(0.2, 0.2))
    result = Popularity().train(split.without_test(), PopularityParameters(), QuietContext(tmp_path))
    known = split.known
    counts = np.array([len(np.unique(known.users[known.items == item])) for item in range(8)], np.float32)
    (ranker,) = result.abilities
    scores = ranker.scores(np.array([0, 7, -1], np.int32))
    np.testing.assert_array_equal(scores, np.tile(np.where(counts > 0, counts, -np.inf), (3, 1)))
    assert np.isneginf(scores[0, 5])
    assert not result.embeddings
    assert set(result.scores) == {"validation_ndcg@10", "validation_recall@20"}


def test_a_new_user_gets_the_same_list_and_no_reason_of_their_own(tmp_path):
    split = choices_split(random_choices(), shares=(0.0, 0.0))
    result = Popularity().train(split, PopularityParameters(), QuietContext(tmp_path))
    (ranker,) = result.abilities
    items, values = np.array([0, 1], np.int32), np.ones(2, np.float32)
    folded = ranker.fold_in(items, values)
    np.testing.assert_array_equal(folded.scores, ranker.scores(np.array([0], np.int32))[0])
    reasons = ranker.reasons(items, values, 3)
    assert not reasons.contributions.any()
    assert reasons.score == folded.scores[3]
