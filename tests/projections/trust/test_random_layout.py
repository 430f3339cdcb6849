from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from embedlab.projections.trust.random_layout import (
    expected_values,
    random_explained_variance,
    random_recall,
    random_trustworthiness,
)


def test_expected_values_are_the_mean_over_random_layouts():
    # 30 points: few enough that the expected trustworthiness is not simply 0.5.
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, 5))
    measured = np.mean([trustworthiness(vectors, rng.normal(size=(30, 2)), n_neighbors=10) for _ in range(150)])
    assert random_trustworthiness(30, 10) == pytest.approx(measured, abs=0.01)
    assert abs(random_trustworthiness(30, 10) - 0.5) > 0.04


@pytest.mark.parametrize(
    ("n_points", "k", "expected"),
    [
        # One neighbor of five points: ranks 1 to 4 exceed 1 by 0, 1, 2, 3, so by 1.5 on average; 1 - 2 * 1.5 / 6.
        pytest.param(5, 1, 0.5, id="five points"),
        pytest.param(1_000_000, 10, 0.5, id="a million points"),
    ],
)
def test_trustworthiness_by_hand(n_points, k, expected):
    assert random_trustworthiness(n_points, k) == pytest.approx(expected, abs=1e-5)


def test_few_points_have_fewer_values():
    assert expected_values(None) == {"distance_spearman": 0.0, "trustworthiness": 0.5, "continuity": 0.5}
    assert expected_values(11) == {"distance_spearman": 0.0}
    assert set(expected_values(21)) == {"distance_spearman", "knn_recall_10", "trustworthiness", "continuity"}
    assert expected_values(101)["knn_recall_50"] == random_recall(101, 50) == 0.5


def test_random_axes_show_their_share_of_the_variance():
    vectors = np.random.default_rng(1).normal(size=(200, 8)) * np.arange(1, 9)
    shares = []
    for seed in range(300):
        axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(8, 2)))
        shares.append((vectors @ axes).var(axis=0).sum() / vectors.var(axis=0).sum())
    assert random_explained_variance(8, 2) == 0.25
    assert np.mean(shares) == pytest.approx(0.25, abs=0.02)
    assert random_explained_variance(1, 2) == 1.0
