"""Exact neighbors beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from embedlab.core.errors import CancelledError
from embedlab.projections.neighbor_graph import metric_points, nearest_points


def found(points: np.ndarray, n_neighbors: int, n_threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
    return nearest_points(points.astype(np.float32), n_neighbors, 0, n_threads, lambda share, stage: None)


def reference(points: np.ndarray, n_neighbors: int) -> tuple[np.ndarray, np.ndarray]:
    searcher = NearestNeighbors(n_neighbors=n_neighbors, algorithm="kd_tree").fit(points.astype(np.float64))
    distances, rows = searcher.kneighbors()
    return rows, distances


@pytest.mark.parametrize(
    ("n_points", "size", "offset", "metric"),
    [
        pytest.param(5_000, 6, 0.0, "euclidean", id="more than one block"),
        pytest.param(700, 20, 0.0, "cosine", id="unit vectors"),
        # Inner products alone have no correct digit left here.
        pytest.param(700, 6, 3_000.0, "euclidean", id="far from the origin"),
    ],
)
def test_neighbors_equal_those_of_a_tree(n_points: int, size: int, offset: float, metric: str):
    points = metric_points(np.random.default_rng(0).normal(size=(n_points, size)) + offset, metric)
    rows, distances = found(points, 15)
    expected_rows, expected_distances = reference(points, 15)
    np.testing.assert_allclose(distances, expected_distances, rtol=1e-4, atol=1e-6)
    assert (rows == expected_rows).mean() > 0.999


def test_result_does_not_depend_on_the_number_of_threads():
    points = np.random.default_rng(1).normal(size=(1_500, 8))
    for one, two in zip(found(points, 10), found(points, 10, n_threads=2), strict=True):
        np.testing.assert_array_equal(one, two)


def test_equal_points_are_neighbors_in_the_order_of_the_rows_and_never_of_themselves():
    points = np.repeat(np.eye(3), 400, axis=0)
    rows, distances = found(points, 5)
    assert (distances == 0).all()
    np.testing.assert_array_equal(rows[0], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(rows[402], [400, 401, 403, 404, 405])


def test_two_points_are_the_neighbors_of_each_other():
    rows, distances = found(np.array([[0.0, 0], [3, 4]]), 90)
    np.testing.assert_array_equal(rows, [[1], [0]])
    np.testing.assert_allclose(distances, [[5], [5]])


def test_a_cancel_stops_the_search():
    def cancel(share: float, stage: str) -> None:
        if share:
            raise CancelledError("The work was cancelled.")

    with pytest.raises(CancelledError):
        nearest_points(np.random.default_rng(0).normal(size=(2_000, 4)).astype(np.float32), 3, 0, 2, cancel)
