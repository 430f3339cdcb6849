from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from embedlab.core.errors import CancelledError, InputError
from embedlab.projections.trust import neighbor_sample
from embedlab.projections.trust import quality as projection
from embedlab.projections.trust.neighbor_sample import sample_neighbors
from embedlab.projections.trust.quality import projection_quality

MEASURES = ("knn_recall_10", "knn_recall_50", "distance_spearman", "trustworthiness", "continuity", "stress")


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def clustered(n, d, seed=0):
    rng = np.random.default_rng(seed)
    centers = 3 * rng.normal(size=(12, d))
    return (centers[rng.integers(0, 12, n)] + rng.normal(size=(n, d))).astype(np.float32)


def exact_recall(points, coordinates, k=10):
    near, seen = (
        NearestNeighbors(n_neighbors=k).fit(each).kneighbors(return_distance=False) for each in (points, coordinates)
    )
    return np.mean([len(set(a) & set(b)) / k for a, b in zip(near, seen, strict=True)])


def units(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_identity_is_perfect():
    points = clustered(500, 3)
    quality = projection_quality(points, points, 0, metric="euclidean")
    assert quality["knn_recall_10"] == quality["knn_recall_50"] == 1
    assert quality["trustworthiness"] == quality["continuity"] == 1
    assert quality["distance_spearman"] == pytest.approx(1)
    assert quality["not_computed"] == {}


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
    assert quality["knn_recall_10"] == pytest.approx(10 / 999, abs=0.005)
    assert abs(quality["distance_spearman"]) < 0.05
    # All values are those that a random layout is said to have.
    assert quality["random"]["knn_recall_10"] == 10 / 999
    assert quality["random"]["trustworthiness"] == pytest.approx(0.5, abs=0.01)
    assert quality["random"]["explained_variance"] == 2 / 20
    for name in MEASURES:
        assert quality[name] == pytest.approx(quality["random"][name], abs=0.02), name


def test_one_cluster_on_top_of_another_is_not_trustworthy():
    # Two far clusters at one place: half of the neighbors that are seen are false, and lie at the other end.
    points = normal(1000, 2)
    points[500:] = points[:500]
    vectors = points.copy()
    vectors[500:, 0] += 1000
    quality = projection_quality(vectors, points, 0, metric="euclidean")
    assert quality["knn_recall_10"] == pytest.approx(0.5, abs=0.06)
    assert quality["trustworthiness"] < 0.75


def test_all_points_and_all_ranks_give_the_exact_values():
    vectors = clustered(700, 12)
    coordinates = vectors[:, :2]
    quality = projection_quality(vectors, coordinates, 0)
    assert quality["sampled"] == quality["n_points"] == 700
    for k in (10, 50):
        assert quality[f"knn_recall_{k}"] == pytest.approx(exact_recall(units(vectors), coordinates, k))
    points = units(vectors).astype(np.float64)
    expected = trustworthiness(points, coordinates, n_neighbors=10)
    assert quality["trustworthiness"] == pytest.approx(expected, abs=1e-6)
    # Continuity is trustworthiness with the roles exchanged.
    assert quality["continuity"] == pytest.approx(trustworthiness(coordinates, points, n_neighbors=10), abs=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_sample_estimates_the_exact_values(monkeypatch, seed):
    vectors = clustered(3000, 12)
    coordinates = vectors[:, :2]
    monkeypatch.setattr(neighbor_sample, "_MOST_QUERIES", 500)
    monkeypatch.setattr(projection, "_REFERENCES", 300)
    sample = sample_neighbors(vectors, seed=seed)
    quality = projection_quality(vectors, coordinates, seed, sample=sample)
    assert (quality["sampled"], quality["n_points"]) == (500, 3000)
    assert quality["knn_recall_10"] == pytest.approx(exact_recall(units(vectors), coordinates), abs=0.02)
    expected = trustworthiness(units(vectors), coordinates, n_neighbors=10)
    assert quality["trustworthiness"] == pytest.approx(expected, abs=0.02)


def test_blocks_change_nothing(monkeypatch):
    vectors, coordinates = normal(300, 8), normal(300, 3)
    whole = projection_quality(vectors, coordinates, 4)
    monkeypatch.setattr(projection, "_BLOCK", 1000)
    monkeypatch.setattr(neighbor_sample, "_BLOCK_NUMBERS", 100)
    in_blocks = projection_quality(vectors, coordinates, 4)
    assert [in_blocks[name] for name in MEASURES] == pytest.approx([whole[name] for name in MEASURES])


def test_large_sets_are_sampled_by_the_seed():
    vectors = normal(2500, 5)
    quality = projection_quality(vectors, vectors[:, :2], 1)
    assert quality["sampled"] == 2000
    assert quality == projection_quality(vectors, vectors[:, :2], 1)
    assert quality != projection_quality(vectors, vectors[:, :2], 2)


@pytest.mark.parametrize("n_points", [1, 2, 3, 10, 11, 12, 20, 21, 51, 52])
def test_few_points_do_not_fail(n_points):
    vectors = normal(n_points, 4)
    quality = projection_quality(vectors, vectors[:, :2], 0)
    assert (quality["distance_spearman"] is None) == (n_points < 3)
    assert (quality["knn_recall_10"] is None) == (n_points < 12)
    assert (quality["knn_recall_50"] is None) == (n_points < 52)
    assert (quality["trustworthiness"] is None) == (n_points <= 20)
    assert all(quality[name] is not None for name in quality["random"] if name != "explained_variance")
    assert quality["sampled"] == n_points


def zeros_but(*rows):
    vectors = normal(60, 4)
    vectors[[row for row in range(60) if row not in rows]] = 0
    return vectors


def with_value(value, *rows):
    vectors = normal(60, 4)
    vectors[list(rows), 1] = value
    return vectors


@pytest.mark.parametrize(
    "vectors",
    [
        pytest.param(with_value(np.nan, 0, 7), id="NaN"),
        pytest.param(with_value(np.inf, 0, 7), id="infinite"),
        pytest.param(with_value(np.nan, *range(60)), id="nothing but NaN"),
        pytest.param(with_value(np.nan, *range(59)), id="one vector without NaN"),
        pytest.param(with_value(3e38, *range(30)), id="squares overflow"),
        pytest.param(normal(60, 4) * np.float32(1e-38), id="squares vanish"),
        pytest.param(np.zeros((60, 4), np.float32), id="all zero"),
        pytest.param(zeros_but(1, 2, 3), id="almost all zero"),
        pytest.param(np.ones((60, 4), np.float32), id="all equal"),
        pytest.param(np.repeat(normal(3, 4), 20, axis=0), id="three places"),
    ],
)
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("which", ["vectors", "coordinates", "both", "other coordinates"])
def test_whatever_the_numbers_are_each_measure_is_one_or_has_a_reason(vectors, metric, which):
    strange, usual = vectors[:, :2], normal(60, 4, seed=9)
    coordinates = {"vectors": usual[:, :2], "coordinates": strange, "both": strange, "other coordinates": strange[::-1]}
    quality = projection_quality(usual if which == "coordinates" else vectors, coordinates[which], 0, metric=metric)
    for name in MEASURES:
        value = quality[name]
        assert (value is None) == (name in quality["not_computed"])
        assert value is None or -1 <= value <= 1
    json.dumps(quality, allow_nan=False)


def test_rows_that_are_not_finite_are_left_out_and_counted():
    vectors, coordinates = normal(100, 3), normal(100, 2, seed=5)
    good = projection_quality(vectors[10:], coordinates[10:], 0)
    vectors[:5] = np.nan
    coordinates[5:10] = np.inf
    quality = projection_quality(vectors, coordinates, 0)
    assert (quality["left_out"], quality["sampled"], quality["n_points"]) == (10, 90, 100)
    assert quality["trustworthiness"] == pytest.approx(good["trustworthiness"])


def test_reasons_say_what_is_wrong():
    assert projection_quality(np.ones((50, 3), np.float32), normal(50, 2), 0)["not_computed"] == {
        "distance_spearman": "The vectors are all equally far apart.",
        "knn_recall_10": "The vectors are all equal.",
        "knn_recall_50": "The vectors are all equal.",
        "trustworthiness": "The vectors are all equal.",
        "continuity": "The vectors are all equal.",
        "stress": "The vectors are all equally far apart.",
    }
    collapsed = projection_quality(normal(50, 3), np.ones((50, 2), np.float32), 0)["not_computed"]
    assert collapsed["knn_recall_10"] == "The points of the map are all equal."
    assert projection_quality(normal(4, 3), normal(4, 2), 0)["not_computed"]["knn_recall_10"] == (
        "At least 12 points are needed, there are 4."
    )


def test_thousands_of_duplicates_are_each_others_neighbors_in_any_order():
    points = normal(4000, 2)
    points[:3000] = points[0]
    shuffled = points[np.random.default_rng(0).permutation(len(points))]
    for each in (points, shuffled):
        quality = projection_quality(each, each, 0, metric="euclidean")
        assert quality["knn_recall_10"] == 1
        assert quality["trustworthiness"] == 1
        # Even in a random layout, three of four neighbors of three quarters of the points are equal to it.
        assert quality["random"]["knn_recall_10"] == pytest.approx(0.75**2, abs=0.1)
        assert quality["random"]["trustworthiness"] > 0.6


def test_progress_rises_and_a_cancel_is_heard_at_every_stage():
    vectors = normal(3000, 6)
    told = []
    projection_quality(vectors, vectors[:, :2], 0, report=lambda share, stage: told.append((share, stage)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    stages = list(dict.fromkeys(stage for _, stage in told))
    assert stages == ["finding neighbors of a sample", "measuring the map"]
    for at in stages:

        def cancel(share, stage, at=at):
            if stage == at:
                raise CancelledError("The work was cancelled.")

        with pytest.raises(CancelledError):
            projection_quality(vectors, vectors[:, :2], 0, report=cancel)


def test_other_keys_are_refused():
    with pytest.raises(InputError, match="same keys"):
        projection_quality(normal(5, 3), normal(4, 2), 0)
    with pytest.raises(InputError, match="other vectors"):
        projection_quality(normal(5, 3), normal(5, 2), 0, sample=sample_neighbors(normal(6, 3)))


def test_trust_falls_for_clusters_at_one_place_and_continuity_for_a_torn_one():
    squeezed = normal(600, 2)
    vectors = np.column_stack([squeezed, np.repeat([0, 50], 300)]).astype(np.float32)
    quality = projection_quality(vectors, squeezed, 0, metric="euclidean")
    assert quality["trustworthiness"] < 0.85 < 0.97 < quality["continuity"]
    # A cylinder is cut open: neighbors across the cut are torn apart, no strangers become neighbors.
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 600)
    heights = np.random.default_rng(1).uniform(0, 1, 600)
    cylinder = np.column_stack([np.cos(angles), np.sin(angles), heights]).astype(np.float32)
    opened = np.column_stack([angles, heights]).astype(np.float32)
    quality = projection_quality(cylinder, opened, 0, metric="euclidean")
    assert quality["continuity"] < 0.99 < quality["trustworthiness"]


def test_continuity_is_trustworthiness_with_the_roles_exchanged():
    vectors, coordinates = normal(300, 4), normal(300, 2, seed=1)
    quality = projection_quality(vectors, coordinates, 0, metric="euclidean")
    assert quality["continuity"] == pytest.approx(trustworthiness(coordinates, vectors, n_neighbors=10), abs=0.01)


def test_stress_does_not_change_with_the_scale_of_the_map():
    vectors, coordinates = normal(300, 4), normal(300, 2, seed=1)
    first, second = (
        projection_quality(vectors, factor * coordinates, 0, metric="euclidean")["stress"] for factor in (1, 1000)
    )
    assert first == pytest.approx(second, rel=1e-4)
    # A random layout does not win by its size either.
    better = projection_quality(vectors, vectors[:, :2] * 1e-3, 0, metric="euclidean")
    assert better["stress"] < better["random"]["stress"]
    assert projection_quality(vectors, 7 * vectors, 0, metric="euclidean")["stress"] == pytest.approx(0, abs=1e-6)
