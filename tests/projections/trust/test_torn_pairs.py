from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.projections.trust import torn_pairs
from embedlab.projections.trust.neighbor_sample import sample_neighbors
from embedlab.projections.trust.torn_pairs import MOST_PAIRS, distorted_pairs


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def pairs_of(vectors, coordinates, metric="euclidean"):
    return distorted_pairs(vectors, coordinates, sample_neighbors(vectors, metric))


def test_planted_pairs_come_first():
    points = normal(400, 2)
    vectors = np.column_stack([points, np.zeros(400)]).astype(np.float32)
    coordinates = points.copy()
    # Twins far from all others by their vectors, at opposite ends of the map.
    vectors[10], vectors[11] = (40, 0, 0), (40.1, 0, 0)
    coordinates[10], coordinates[11] = (-30, 0), (30, 0)
    found = pairs_of(vectors, coordinates)
    first = found.torn[0]
    assert ({first.row, first.other}, first.true_rank, first.map_rank) == ({10, 11}, 1, 399)
    assert found.n_sampled == 400
    # The other way round they are false neighbors.
    first = pairs_of(coordinates, vectors[:, :2]).false[0]
    assert ({first.row, first.other}, first.true_rank, first.map_rank) == ({10, 11}, 399, 1)


def test_ranks_are_those_among_all_points(monkeypatch):
    monkeypatch.setattr(torn_pairs, "_REFERENCES", 50)
    monkeypatch.setattr(torn_pairs, "_BLOCK_NUMBERS", 700)
    vectors, coordinates = normal(300, 5), normal(300, 2, seed=1)
    found = pairs_of(vectors, coordinates)
    assert len(found.torn) == len(found.false) == MOST_PAIRS
    for pair in (*found.torn, *found.false):
        for points, rank in ((vectors, pair.true_rank), (coordinates, pair.map_rank)):
            distances = np.linalg.norm(points.astype(np.float64) - points[pair.row], axis=1)
            distances[pair.row] = np.inf
            assert rank == 1 + (distances < distances[pair.other]).sum()
    gaps = [pair.map_rank - pair.true_rank for pair in found.torn]
    assert gaps == sorted(gaps, reverse=True)
    assert all(pair.true_rank <= 5 for pair in found.torn)
    assert all(pair.map_rank <= 5 for pair in found.false)


def test_no_point_fills_the_list_and_no_pair_comes_twice():
    vectors, coordinates = normal(500, 4), normal(500, 2, seed=1)
    # One outlier of the map is a neighbor of many.
    vectors[0] = vectors.mean(axis=0)
    coordinates[0] = (100, 100)
    torn = pairs_of(vectors, coordinates).torn
    rows = [row for pair in torn for row in (pair.row, pair.other)]
    assert max(map(rows.count, rows)) <= 2
    assert len({frozenset((pair.row, pair.other)) for pair in torn}) == len(torn)


@pytest.mark.parametrize(
    ("vectors", "coordinates"),
    [
        pytest.param(normal(1, 3), normal(1, 2), id="one point"),
        pytest.param(normal(2, 3), normal(2, 2), id="two points"),
        pytest.param(normal(4, 3), normal(4, 2), id="four points"),
        pytest.param(np.ones((70, 3), np.float32), normal(70, 2), id="all vectors equal"),
        pytest.param(normal(70, 3), np.ones((70, 2), np.float32), id="all points equal"),
        pytest.param(np.full((70, 3), np.nan, np.float32), normal(70, 2), id="nothing but NaN"),
        pytest.param(normal(70, 3), np.full((70, 2), np.nan, np.float32), id="no place on the map"),
    ],
)
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_unusual_points_do_not_fail(vectors, coordinates, metric):
    found = pairs_of(vectors, coordinates, metric)
    assert all(1 <= rank < len(vectors) for pair in (*found.torn, *found.false) for rank in pair[2:])


def test_a_perfect_map_has_no_distorted_pairs():
    points = normal(200, 2)
    found = pairs_of(points, 5 * points)
    assert found.torn == found.false == ()


def test_points_without_numbers_are_in_no_pair():
    vectors, coordinates = normal(100, 4), normal(100, 2, seed=1)
    vectors[:5], coordinates[5:10] = np.nan, np.inf
    found = pairs_of(vectors, coordinates)
    assert found.torn
    assert found.false
    assert min(row for pair in (*found.torn, *found.false) for row in pair[:2]) >= 10


def test_other_keys_are_refused():
    vectors = normal(30, 3)
    with pytest.raises(InputError, match="same keys"):
        distorted_pairs(vectors, normal(29, 2), sample_neighbors(vectors))
