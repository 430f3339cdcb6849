"""EASE and EDLAE against their definitions, solved by brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.sparse import csr_array

from embedlab.core.errors import CancelledError, InputError
from embedlab.models.ease.solver import fit_ease, item_weights, negative_inverse
from tests.models.ranking_data import choices_split, random_choices


def brute_force(inputs, targets, l2):
    """Minimize `|targets - inputs B|^2 + l2 |B|^2` with a diagonal of zeros, one column after the other."""
    n_items = inputs.shape[1]
    weights = np.zeros((n_items, n_items))
    for column in range(n_items):
        others = np.delete(np.arange(n_items), column)
        left = inputs[:, others]
        gram = left.T @ left + l2 * np.eye(len(others))
        weights[others, column] = np.linalg.solve(gram, left.T @ targets[:, column])
    return weights


@pytest.mark.parametrize("l2", [pytest.param(0.5, id="weak"), pytest.param(100.0, id="strong")])
def test_weights_minimize_the_squared_error_with_a_diagonal_of_zeros(l2):
    chosen = random_choices()
    weights = item_weights(csr_array(chosen), l2)
    assert weights.dtype == np.float32
    assert (np.diag(weights) == 0).all()
    np.testing.assert_allclose(weights, brute_force(chosen, chosen, l2), atol=2e-5)
    gradient = chosen.T @ (chosen @ weights - chosen) + l2 * weights
    np.fill_diagonal(gradient, 0)
    np.testing.assert_allclose(gradient, 0, atol=1e-4 * max(1, l2))


def test_edlae_minimizes_the_expected_error_over_all_dropped_items():
    chosen = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 2]], np.float32)
    dropout, l2 = 0.3, 0.4
    places = np.argwhere(chosen)
    inputs, targets = [], []
    # Every set of dropped items with its probability; the rest is scaled up as in inverted dropout.
    for drops in product([False, True], repeat=len(places)):
        probability = np.prod([dropout if drop else 1 - dropout for drop in drops])
        dropped = chosen / (1 - dropout)
        dropped[tuple(places[list(drops)].T)] = 0
        inputs.append(np.sqrt(probability) * dropped)
        targets.append(np.sqrt(probability) * chosen)
    expected = brute_force(np.concatenate(inputs), np.concatenate(targets), l2)
    weights = item_weights(csr_array(chosen), l2, dropout)
    np.testing.assert_allclose(weights, expected, atol=1e-5)
    assert not np.allclose(weights, item_weights(csr_array(chosen), l2), atol=1e-2)


@pytest.mark.parametrize("block", [pytest.param(3, id="several-blocks"), pytest.param(512, id="one-block")])
def test_the_inverse_is_that_of_numpy_and_reads_the_lower_triangle_only(block):
    rng = np.random.default_rng(0)
    root = rng.normal(size=(8, 8))
    matrix = (root @ root.T + np.eye(8)).astype(np.float32)
    swept = np.tril(matrix) + np.triu(np.full((8, 8), np.nan, np.float32), 1)
    # The products may read what is above the diagonal of a block; only finite numbers are there.
    swept = np.nan_to_num(swept, nan=7.0)
    shares = []
    negative_inverse(swept, shares.append, block)
    np.testing.assert_allclose(swept, -np.linalg.inv(matrix), atol=2e-4)
    np.testing.assert_array_equal(swept, swept.T)
    assert shares == sorted(shares)


def test_a_matrix_without_an_inverse_is_refused_with_the_parameter():
    with pytest.raises(InputError, match="item-to-item weights") as caught:
        item_weights(csr_array(np.ones((4, 3), np.float32)), -5.0)
    assert caught.value.received == "l2=-5"


def test_a_solution_can_be_stopped_between_two_blocks():
    def stop(share):
        if share > 0.5:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        item_weights(csr_array(random_choices(40, 600, 0.05)), 10.0, report=stop)


def test_only_the_most_popular_items_are_learned():
    chosen = random_choices(20, 10)
    chosen[:, 3] = 0
    chosen[:, 7] = 1
    split = choices_split(chosen, shares=(0.0, 0.0))
    ranker = fit_ease(split.train, split.shape, 1.0, most_items=4)
    most = np.sort(np.argsort(-chosen.sum(axis=0), kind="stable")[:4])
    np.testing.assert_array_equal(ranker.items, most)
    scores = ranker.scores(np.array([0], np.int32))[0]
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(scores)), most)
    every = fit_ease(split.train, split.shape, 1.0, most_items=100)
    assert 3 not in every.items
