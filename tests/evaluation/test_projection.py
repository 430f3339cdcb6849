from __future__ import annotations

import numpy as np
import pytest

from embedlab.errors import InputError
from embedlab.evaluation import projection
from embedlab.evaluation.projection import projection_quality


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def test_a_rotated_and_enlarged_copy_is_perfect():
    points = normal(500, 2)
    turned = points @ np.array([[0, 3], [-3, 0]], np.float32) + 5
    quality = projection_quality(points, turned, 0, metric="euclidean")
    assert quality["knn_recall_10"] == 1
    assert quality["distance_spearman"] == pytest.approx(1)
    assert quality["trustworthiness"] == pytest.approx(1)


def test_directions_on_a_circle_are_perfect_by_cosine():
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 400)
    circle = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    stretched = circle * np.random.default_rng(1).uniform(0.5, 9, (400, 1)).astype(np.float32)
    by_cosine = projection_quality(stretched, circle, 0)
    assert by_cosine["knn_recall_10"] > 0.999
    assert by_cosine["distance_spearman"] == pytest.approx(1)
    assert projection_quality(stretched, circle, 0, metric="euclidean")["knn_recall_10"] < 0.9


def test_points_thrown_at_random_keep_nothing():
    quality = projection_quality(normal(1000, 20), normal(1000, 2, seed=1), 0)
    # By chance 10 of 999 are found.
    assert quality["knn_recall_10"] == pytest.approx(0.01, abs=0.005)
    assert abs(quality["distance_spearman"]) < 0.05
    assert quality["trustworthiness"] == pytest.approx(0.5, abs=0.03)


def test_blocks_change_nothing(monkeypatch):
    vectors, coordinates = normal(300, 8), normal(300, 3)
    whole = projection_quality(vectors, coordinates, 4)
    monkeypatch.setattr(projection, "_BLOCK", 1000)
    assert projection_quality(vectors, coordinates, 4) == whole


def test_large_sets_are_sampled_by_the_seed():
    vectors = normal(2500, 5)
    quality = projection_quality(vectors, vectors[:, :2], 1)
    assert quality["sampled"] == 2000
    assert quality == projection_quality(vectors, vectors[:, :2], 1)
    assert quality != projection_quality(vectors, vectors[:, :2], 2)


@pytest.mark.parametrize("n_points", [1, 2, 3, 12, 21])
def test_few_points_do_not_fail(n_points):
    vectors = normal(n_points, 4)
    quality = projection_quality(vectors, vectors[:, :2], 0)
    assert (quality["trustworthiness"] is None) == (n_points <= 20)
    assert quality["sampled"] == n_points


def test_all_points_equal_have_no_correlation():
    assert projection_quality(np.ones((50, 3), np.float32), normal(50, 2), 0)["distance_spearman"] is None


def test_other_keys_are_refused():
    with pytest.raises(InputError, match="same keys"):
        projection_quality(normal(5, 3), normal(4, 2), 0)
