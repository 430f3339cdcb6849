from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from embedlab.core.errors import CancelledError, InputError
from embedlab.projections.trust import distortion as module
from embedlab.projections.trust.distortion import Distortion, map_distortion
from embedlab.projections.trust.random_layout import random_trustworthiness


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def test_a_copy_has_no_distortion():
    points = normal(400, 2)
    distortion = map_distortion(points, 1000 * points + 7, metric="euclidean")
    assert distortion.k == 10
    assert not distortion.false_neighbors.any()
    assert not distortion.missing_neighbors.any()


def test_the_means_are_trustworthiness_and_continuity():
    vectors, coordinates = normal(300, 6), normal(300, 2, seed=1)
    distortion = map_distortion(vectors, coordinates, metric="euclidean")
    # One minus its trustworthiness is this share of that of a random layout.
    random = 1 - random_trustworthiness(300, 10)
    of_false = 1 - distortion.false_neighbors.mean() * random
    assert of_false == pytest.approx(trustworthiness(vectors, coordinates, n_neighbors=10), abs=1e-5)
    of_missing = 1 - distortion.missing_neighbors.mean() * random
    assert of_missing == pytest.approx(trustworthiness(coordinates, vectors, n_neighbors=10), abs=1e-5)


def test_five_points_by_hand():
    # With five points each has two neighbors. On the line 0 1 2 3 4 the map exchanges the points at 0 and 4.
    vectors = np.array([[0], [1], [2.1], [3.3], [4.6]], np.float32)
    coordinates = np.array([[4.6, 0], [1, 0], [2.1, 0], [3.3, 0], [0, 0]], np.float32)
    distortion = map_distortion(vectors, coordinates, metric="euclidean")
    assert distortion.k == 2
    # Random points exceed the rank 2 by (0 + 0 + 1 + 2) / 4 on average.
    # The first is near 3.3 and 2.1 on the map, which have the ranks 3 and 2; its neighbors 1 and 2.1 have 3 and 2.
    assert distortion.false_neighbors[0] == pytest.approx((3 - 2) / 2 / 0.75)
    assert distortion.missing_neighbors[0] == pytest.approx((3 - 2) / 2 / 0.75)
    # The one at 2.1 keeps the neighbors 1 and 3.3.
    assert distortion.false_neighbors[2] == distortion.missing_neighbors[2] == 0


def test_each_hue_shows_where_it_is():
    # The first half is torn in two, the second half has a far cluster on top of it.
    n = 300
    torn, below = normal(n, 2), normal(n, 2, seed=1)
    vectors = np.concatenate(
        [
            np.column_stack([torn, np.zeros(n)]),
            np.column_stack([below + 100, np.repeat([0, 500], n // 2)]),
        ]
    )
    coordinates = vectors[:, :2].copy()
    coordinates[:n][torn[:, 0] > 0] += 50
    distortion = map_distortion(vectors.astype(np.float32), coordinates.astype(np.float32), metric="euclidean")
    at_tear = np.flatnonzero(np.abs(torn[:, 0]) < 0.1)
    assert distortion.missing_neighbors[at_tear].mean() > 3 * distortion.false_neighbors[at_tear].mean()
    assert distortion.missing_neighbors[at_tear].mean() > 0.1
    assert distortion.false_neighbors[n:].mean() > 0.1 > distortion.missing_neighbors[n:].mean()


def test_random_points_have_a_distortion_of_one():
    distortion = map_distortion(normal(1500, 20), normal(1500, 2, seed=1))
    assert distortion.false_neighbors.mean() == pytest.approx(1, abs=0.03)
    assert distortion.missing_neighbors.mean() == pytest.approx(1, abs=0.03)


def test_samples_of_references_estimate_the_same(monkeypatch):
    vectors = np.concatenate([normal(1000, 8), normal(1000, 8, seed=1) + 3])
    coordinates = vectors[:, :2]
    whole = map_distortion(vectors, coordinates)
    monkeypatch.setattr(module, "_FEWEST_REFERENCES", 500)
    monkeypatch.setattr(module, "_MOST_PAIRS", 1)
    monkeypatch.setattr(module, "_MOST_RANK_REFERENCES", 200)
    monkeypatch.setattr(module, "_BLOCK", 7_000)
    sampled = map_distortion(vectors, coordinates, seed=3)
    assert (whole.n_references, sampled.n_references) == (2000, 500)
    for name in ("false_neighbors", "missing_neighbors"):
        one, other = getattr(whole, name), getattr(sampled, name)
        assert one.mean() == pytest.approx(other.mean(), abs=0.08)
        assert np.corrcoef(one, other)[0, 1] > 0.6


def test_a_graph_gives_the_same_as_all_points(monkeypatch):
    vectors = np.concatenate([normal(600, 8), normal(600, 8, seed=1) + 3])
    coordinates = vectors[:, :2]
    whole = map_distortion(vectors, coordinates)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    graph = np.argsort(-(unit @ unit.T), axis=1, kind="stable")[:, 1:13].astype(np.int32)
    monkeypatch.setattr(module, "_MOST_PAIRS", 1)
    monkeypatch.setattr(module, "_MOST_RANK_REFERENCES", 400)
    monkeypatch.setattr(module, "_FEWEST_RANK_REFERENCES", 400)
    monkeypatch.setattr(module, "_BLOCK", 70_000)
    by_graph = map_distortion(vectors, coordinates, graph=graph)
    # Of all points, and not of the fewest references that it would search without a graph.
    assert (by_graph.n_references, by_graph.k) == (1200, 10)
    for name in ("false_neighbors", "missing_neighbors"):
        one, other = getattr(whole, name), getattr(by_graph, name)
        np.testing.assert_allclose(one, other, atol=0.08)
        assert np.corrcoef(one, other)[0, 1] > 0.98


def test_a_graph_knows_a_copy(monkeypatch):
    monkeypatch.setattr(module, "_MOST_PAIRS", 1)
    points = normal(500, 2)
    graph = np.argsort(((points[:, np.newaxis] - points) ** 2).sum(axis=2), axis=1)[:, 1:11].astype(np.int32)
    distortion = map_distortion(points, 1000 * points + 7, metric="euclidean", graph=graph)
    assert not distortion.false_neighbors.any()
    assert not distortion.missing_neighbors.any()


@pytest.mark.parametrize("n_points", [1, 2, 3, 4, 11, 21])
def test_few_points(n_points):
    distortion = map_distortion(normal(n_points, 4), normal(n_points, 2, seed=1))
    assert distortion.k == min(10, max(0, (n_points - 1) // 2))
    assert np.isfinite(distortion.false_neighbors).all() == (n_points >= 3)


@pytest.mark.parametrize(
    ("vectors", "coordinates"),
    [
        pytest.param(np.ones((80, 3), np.float32), normal(80, 2), id="all vectors equal"),
        pytest.param(normal(80, 3), np.ones((80, 2), np.float32), id="all points equal"),
        pytest.param(np.zeros((80, 3), np.float32), np.zeros((80, 2), np.float32), id="all zero"),
        pytest.param(normal(80, 3) * np.float32(1e-38), normal(80, 2), id="squares vanish"),
        pytest.param(np.full((80, 3), 3e38, np.float32), normal(80, 2), id="squares overflow"),
    ],
)
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_equal_and_extreme_numbers(vectors, coordinates, metric):
    distortion = map_distortion(vectors, coordinates, metric=metric)
    for each in (distortion.false_neighbors, distortion.missing_neighbors):
        assert ((each >= 0) & (each <= 3)).all()
    if np.ptp(vectors) == 0:
        # Equal vectors have no false neighbors.
        assert not distortion.false_neighbors.any()
    if np.ptp(coordinates) == 0:
        assert not distortion.missing_neighbors.any()


def test_points_that_are_not_finite_have_no_distortion():
    vectors, coordinates = normal(60, 3), normal(60, 2)
    vectors[3], coordinates[5] = np.nan, np.inf
    distortion = map_distortion(vectors, coordinates)
    assert np.flatnonzero(np.isnan(distortion.false_neighbors)).tolist() == [3, 5]
    assert np.flatnonzero(np.isnan(distortion.missing_neighbors)).tolist() == [3, 5]


def test_thousands_of_duplicates_are_right_neighbors():
    points = normal(3000, 2)
    points[:2000] = points[0]
    distortion = map_distortion(points, points, metric="euclidean")
    assert not distortion.false_neighbors.any()
    assert not distortion.missing_neighbors.any()


def test_a_stored_distortion_is_the_same(tmp_path: Path):
    distortion = map_distortion(normal(50, 3), normal(50, 2))
    path = tmp_path / "distortion.npz"
    distortion.save(path)
    stored = Distortion.load(path, 50)
    np.testing.assert_array_equal(stored.false_neighbors, distortion.false_neighbors)
    np.testing.assert_array_equal(stored.missing_neighbors, distortion.missing_neighbors)
    assert (stored.n_references, stored.k) == (50, 10)
    assert Distortion.load(path, 51) is None
    path.write_bytes(path.read_bytes()[:-30])
    assert Distortion.load(path, 50) is None
    assert Distortion.load(tmp_path / "none.npz", 50) is None


def test_a_cancel_is_heard_and_other_keys_are_refused():
    def cancel(share, stage):
        raise CancelledError("The work was cancelled.")

    with pytest.raises(CancelledError):
        map_distortion(normal(50, 3), normal(50, 2), report=cancel)
    with pytest.raises(InputError, match="same keys"):
        map_distortion(normal(5, 3), normal(4, 2))
