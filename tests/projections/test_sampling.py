"""Above a reasonable time a sample is laid out and the others are placed; nothing of the shape is lost."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.projections.context import ProjectionContext
from embedlab.projections.pca import PCA
from embedlab.projections.placing import geometric_median
from embedlab.projections.placing_many import geometric_medians, place_rest
from embedlab.projections.quality import projection_quality
from embedlab.projections.registry import METHODS
from embedlab.projections.sampling import FEWEST_SAMPLED, fit_sampled, plan_layout, stratified_sample
from embedlab.projections.tsne import TSNE, TsneParameters


def planted(n_points: int, n_clusters: int = 10, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, n_clusters, n_points)
    centers = 3 * rng.normal(size=(n_clusters, 16))
    return (centers[codes] + rng.normal(size=(n_points, 16))).astype(np.float32), codes


def nothing(share: float) -> None:
    del share


def test_all_points_are_laid_out_if_that_is_quick() -> None:
    plan = plan_layout(TSNE(), 10_000, 100, 2, TsneParameters(), 600)
    assert (plan.n_sampled, plan.is_sample, plan.sentence) == (10_000, False, "")


@pytest.mark.parametrize("name", [name for name, each in METHODS.items() if each.can_sample])
def test_a_million_points_take_no_longer_than_allowed(name: str) -> None:
    method = METHODS[name]
    parameters = method.parameters_class()
    plan = plan_layout(method, 1_000_000, 32, 2, parameters, 600)
    assert plan.is_sample
    assert plan.seconds <= 600
    assert f"a sample of {plan.n_sampled:,} of 1,000,000 points" in plan.sentence
    # The largest such sample, up to rounding.
    assert plan_layout(method, 1_000_000, 32, 2, parameters, 900).n_sampled > plan.n_sampled >= FEWEST_SAMPLED
    assert plan_layout(method, 1_000_000, 32, 2, parameters, 0.001).n_sampled == FEWEST_SAMPLED


def test_a_method_that_is_always_quick_has_no_sample() -> None:
    assert not plan_layout(PCA(), 1_000_000, 32, 2, PCA().parameters_class(), 0.001).is_sample


def test_the_sample_has_every_cluster_and_its_most_frequent_keys() -> None:
    clusters = np.repeat([0, 1, 2, 255], [9_000, 900, 90, 10])
    counts = np.random.default_rng(0).permutation(10_000).astype(float)
    rows = stratified_sample(10_000, 1_000, clusters, counts, 0)
    assert len(np.unique(rows)) == 1_000
    sizes = [int((clusters[rows] == code).sum()) for code in (0, 1, 2, 255)]
    # An equal part of 50 each, and the rest by size; small clusters are there whole.
    assert 750 < sizes[0] < 850
    assert 100 < sizes[1] < 180
    assert sizes[2] >= 50
    assert sizes[3] == 10
    frequent = np.argsort(-np.where(clusters == 0, counts, -1))[:300]
    assert np.isin(frequent, rows).all()
    np.testing.assert_array_equal(rows, stratified_sample(10_000, 1_000, clusters, counts, 0))
    assert not np.array_equal(rows, stratified_sample(10_000, 1_000, clusters, counts, 1))


@pytest.mark.parametrize(("n_points", "n_sampled"), [(1, 5), (7, 3), (100, 99)], ids=["one", "few", "nearly-all"])
def test_the_sample_has_the_size_asked_for(n_points: int, n_sampled: int) -> None:
    rows = stratified_sample(n_points, n_sampled, np.arange(n_points) % 3, None, 0)
    assert len(np.unique(rows)) == min(n_points, n_sampled)


def test_medians_of_many_are_those_of_one() -> None:
    rng = np.random.default_rng(0)
    points, weights = rng.normal(size=(20, 10, 2)), rng.uniform(0.1, 5, size=(20, 10))
    expected = [geometric_median(points[at], weights[at]) for at in range(20)]
    np.testing.assert_allclose(geometric_medians(points, weights), expected, atol=0.02)
    assert np.isfinite(geometric_medians(np.ones((2, 10, 2)), np.ones((2, 10)))).all()


def test_each_other_point_gets_the_place_of_its_equal() -> None:
    sample, _ = planted(1_500)
    coordinates = np.random.default_rng(1).normal(size=(1_500, 2)).astype(np.float32)
    rows = np.arange(0, 3_000, 2)
    vectors = np.repeat(sample, 2, axis=0)
    placed = place_rest(vectors, rows, sample, coordinates, "cosine", report=nothing)
    np.testing.assert_array_equal(placed[rows], coordinates)
    np.testing.assert_allclose(placed[rows + 1], coordinates, atol=0.02)
    again = place_rest(vectors, rows, sample, coordinates, "cosine", report=nothing)
    np.testing.assert_array_equal(placed, again)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_sample_and_placed_points_keep_planted_clusters(metric: str) -> None:
    vectors, codes = planted(2_000)
    rows = stratified_sample(2_000, 500, codes, None, 0)
    parameters = TsneParameters(n_iter=100, early_exaggeration_iter=100, metric=metric)
    told: list[float] = []
    context = ProjectionContext(2, listener=lambda share, stage: told.append(share))
    fitted = fit_sampled(TSNE(), vectors, parameters, context, rows)
    assert fitted.coordinates.shape == (2_000, 2)
    assert told == sorted(told)
    assert told[-1] == 1
    quality = projection_quality(vectors, fitted.coordinates, 0, metric=metric)
    # Of random places, recall would be 0.005.
    assert quality["knn_recall_10"] > 0.08
    assert quality["trustworthiness"] > 0.9


@pytest.mark.parametrize(
    "vectors",
    [
        pytest.param(np.ones((2_000, 4), np.float32), id="all-equal"),
        pytest.param(np.zeros((2_000, 4), np.float32), id="all-zero"),
        pytest.param(np.repeat(planted(4)[0], 500, axis=0), id="duplicates"),
        pytest.param(np.float32(1e30) * planted(2_000)[0], id="huge"),
    ],
)
def test_odd_vectors_are_placed(vectors: np.ndarray) -> None:
    rows = np.arange(0, 2_000, 3)
    coordinates = np.random.default_rng(1).normal(size=(len(rows), 2)).astype(np.float32)
    for metric in ("cosine", "euclidean"):
        placed = place_rest(vectors, rows, vectors[rows], coordinates, metric, report=nothing)
        assert np.isfinite(placed).all()
