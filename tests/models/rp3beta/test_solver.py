"""The weights of RP3beta against a random walk that is written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from embedlab.models.rp3beta.solver import walk_weights
from tests.models.ranking_data import random_choices


def brute_force(chosen, alpha, beta):
    to_users = (chosen / chosen.sum(axis=0)).T ** alpha
    to_items = (chosen / chosen.sum(axis=1, keepdims=True)) ** alpha
    walks = to_users @ to_items / np.count_nonzero(chosen, axis=0) ** beta
    np.fill_diagonal(walks, 0)
    return walks


@pytest.mark.parametrize(
    ("alpha", "beta"),
    [pytest.param(1.0, 0.0, id="plain-walk"), pytest.param(0.7, 0.4, id="typical"), pytest.param(0.0, 1.0, id="zero")],
)
def test_weights_are_the_probabilities_of_the_walk(alpha, beta):
    chosen = random_choices(9, 6)
    chosen[0, 0] = 3
    (weights,) = walk_weights(csr_array(chosen), alpha, [beta], [6])
    expected = brute_force(chosen, alpha, beta)
    # A power of 0 is 1 where there is a step, and 0 elsewhere.
    if alpha == 0:
        is_chosen = (chosen > 0).astype(float)
        expected = brute_force(is_chosen, 1.0, 0.0) * 0 + is_chosen.T @ is_chosen / is_chosen.sum(axis=0)
        np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(weights.toarray(), expected, rtol=1e-5)


def test_several_settings_come_from_one_product_and_keep_the_largest_weights():
    chosen = random_choices(9, 6)
    several = walk_weights(csr_array(chosen), 1.0, [0.0, 0.5], [6, 2])
    np.testing.assert_allclose(several[0].toarray(), brute_force(chosen, 1.0, 0.0), rtol=1e-5)
    expected = brute_force(chosen, 1.0, 0.5)
    pruned = several[1].toarray()
    for row, kept in zip(expected, pruned, strict=True):
        np.testing.assert_allclose(np.sort(kept)[-2:], np.sort(row)[-2:], rtol=1e-5)
        assert np.count_nonzero(kept) <= 2


def test_an_item_that_a_sample_of_users_did_not_choose_has_no_weights():
    chosen = random_choices(9, 6)
    chosen[:, 4] = 0
    (weights,) = walk_weights(csr_array(chosen), 1.0, [0.5], [6])
    dense = weights.toarray()
    assert np.isfinite(dense).all()
    assert not dense[4].any()
    assert not dense[:, 4].any()
