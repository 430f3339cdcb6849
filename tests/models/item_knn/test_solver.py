"""Similarities of items against their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.metrics.pairwise import cosine_similarity

from embedlab.models.item_knn.solver import neighbor_weights, weighted
from tests.models.ranking_data import random_choices


def weights_of(chosen, n_neighbors=100, asymmetry=0.5, shrinkage=0.0):
    (weights,) = neighbor_weights(csr_array(chosen), [n_neighbors], asymmetry=asymmetry, shrinkage=shrinkage)
    return weights.toarray()


def without_diagonal(matrix):
    return matrix * (1 - np.eye(len(matrix)))


def test_the_usual_similarity_is_the_cosine():
    chosen = random_choices(20, 7)
    np.testing.assert_allclose(weights_of(chosen), without_diagonal(cosine_similarity(chosen.T)), rtol=1e-5)


def test_an_asymmetric_cosine_divides_by_the_norm_of_the_neighbor_alone_at_one():
    chosen = random_choices(20, 7)
    expected = without_diagonal((chosen.T @ chosen) / chosen.sum(axis=0)[:, np.newaxis])
    np.testing.assert_allclose(weights_of(chosen, asymmetry=1.0), expected, rtol=1e-5)
    np.testing.assert_allclose(weights_of(chosen, asymmetry=0.0), expected.T, rtol=1e-5)


def test_shrinkage_is_added_to_the_denominator():
    chosen = random_choices(20, 7)
    norms = np.sqrt(np.outer(chosen.sum(axis=0), chosen.sum(axis=0)))
    expected = without_diagonal((chosen.T @ chosen) / (norms + 5))
    np.testing.assert_allclose(weights_of(chosen, shrinkage=5.0), expected, rtol=1e-5)


def test_each_scored_item_keeps_its_nearest_neighbors():
    chosen = random_choices(20, 7)
    every, nearest = weights_of(chosen), weights_of(chosen, n_neighbors=2)
    for column in range(7):
        kept = nearest[:, column]
        np.testing.assert_allclose(np.sort(kept)[-2:], np.sort(every[:, column])[-2:], rtol=1e-6)
        assert np.count_nonzero(kept) <= 2


@pytest.mark.parametrize("weighting", ["tf-idf", "bm25"])
def test_users_who_choose_many_items_count_less(weighting):
    chosen = np.zeros((2, 10), np.float32)
    chosen[0, :2] = 1
    chosen[1] = 1
    values = weighted(csr_array(chosen), weighting).toarray()
    assert values[0, 0] > values[1, 0] > 0


def test_tf_idf_and_bm25_follow_their_formulas():
    chosen = np.array([[4, 1, 0], [0, 1, 1]], np.float32)
    idf = np.log(1 + 3 / np.array([2, 2]))[:, np.newaxis]
    np.testing.assert_allclose(weighted(csr_array(chosen), "tf-idf").toarray(), np.sqrt(chosen) * idf, rtol=1e-6)
    lengths = 0.25 + 0.75 * chosen.sum(axis=0) / chosen.sum(axis=0).mean()
    expected = chosen * 2.2 / (1.2 * lengths + chosen) * idf
    np.testing.assert_allclose(weighted(csr_array(chosen), "bm25").toarray(), expected, rtol=1e-6)


def test_items_that_a_sample_of_users_did_not_choose_have_no_neighbors():
    chosen = random_choices(20, 7)
    chosen[:, 3] = 0
    found = weights_of(chosen)
    assert np.isfinite(found).all()
    assert not found[3].any()
    assert not found[:, 3].any()
