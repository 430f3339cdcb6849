"""The layout epoch by epoch is that of umap-learn."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from embedlab.projections.context import ProjectionContext
from embedlab.projections.neighbor_graph import metric_points, nearest_points
from embedlab.projections.umap import UMAP, UmapParameters
from embedlab.projections.umap_layout import densities, descend
from tests.projections.test_umap import groups


@pytest.fixture(scope="module")
def neighborhoods() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    points = metric_points(groups(), "cosine")
    rows, distances = nearest_points(points, 9, 0, 1, lambda share, stage: None)
    rows = np.hstack([np.arange(len(points))[:, np.newaxis], rows]).astype(np.int32)
    distances = np.hstack([np.zeros((len(points), 1)), distances]).astype(np.float32)
    start = np.random.default_rng(1).normal(size=(len(points), 2)).astype(np.float32)
    return points, rows, distances, start


@pytest.mark.slow
def test_it_equals_umap_learn(neighborhoods) -> None:
    import umap

    points, rows, distances, start = neighborhoods
    epochs: list[int] = []

    def step(epoch: int, coordinates: np.ndarray) -> bool:
        assert coordinates.shape == start.shape
        epochs.append(epoch)
        return False

    placed = descend(points, rows, distances, start, n_epochs=30, min_dist=0.1, densmap=False, seed=3, step=step)
    assert epochs == list(range(1, 31))
    known = {"metric": "euclidean", "random_state": 3, "n_jobs": 1, "precomputed_knn": (rows, distances, None)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = umap.UMAP(n_neighbors=10, n_epochs=30, init=start, **known).fit_transform(points)
    np.testing.assert_array_equal(placed, expected)


def test_densities_follow_the_formula_of_densmap() -> None:
    weights = np.array([[0, 0.5, 0], [0.5, 0, 1], [0, 1, 0]], dtype=np.float32)
    lengths = csr_matrix(np.array([[0, 2, 0], [2, 0, 3], [0, 3, 0]], dtype=np.float32))
    found = densities(csr_matrix(weights).tocoo(), lengths)
    # Each edge is there in both directions, and counts at both of its ends.
    means = np.array([2**2, (0.5 * 2**2 + 1 * 3**2) / 1.5, 3**2])
    radii = np.log(1e-8 + means)
    np.testing.assert_allclose(found["R"], (radii - radii.mean()) / radii.std(), rtol=1e-5)
    np.testing.assert_allclose(found["mu_sum"], [1, 3, 2])


def test_a_stopped_map_is_the_frame_at_the_stop() -> None:
    frames: list[np.ndarray] = []
    context = ProjectionContext(2, on_frame=frames.append, stop_requested=lambda: len(frames) >= 4)
    kept = UMAP().fit(groups(), UmapParameters(n_epochs=50), context).coordinates
    assert context.stopped_after == (5, 50)
    np.testing.assert_array_equal(kept, frames[-1])
