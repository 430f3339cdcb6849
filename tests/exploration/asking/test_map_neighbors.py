from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.errors import InputError, ParameterError
from embedlab.exploration.asking.map_neighbors import compare_neighbors
from embedlab.exploration.asking.neighbors import neighbors


def directions(*degrees):
    angles = np.deg2rad(degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def names(found):
    return [each.label for each in found]


# By angle from a: b, c, d, e, f.
ANGLES = Embedding(directions(0, 10, 20, 40, 80, 150), list("abcdef"))
# On the map, by distance from a: b, e, d, f, c.
PLACES = np.array([[0, 0], [1, 0], [9, 0], [3, 0], [2, 0], [4, 0]], np.float32)


def test_neighbors_are_in_both_missing_or_false_with_their_ranks():
    found = compare_neighbors(ANGLES, PLACES, 0, topn=2)
    assert names(found.both) == ["b"]
    assert [(each.label, each.true_rank, each.map_rank) for each in found.missing] == [("c", 2, 5)]
    assert [(each.label, each.true_rank, each.map_rank) for each in found.false] == [("e", 4, 2)]
    assert found.both[0].score == pytest.approx(np.cos(np.deg2rad(10)))
    assert found.n_candidates == 5


def test_true_neighbors_are_those_of_the_list():
    rng = np.random.default_rng(0)
    embedding = Embedding(rng.normal(size=(300, 8)).astype(np.float32), [f"k{row}" for row in range(300)])
    coordinates = rng.normal(size=(300, 3)).astype(np.float32)
    found = compare_neighbors(embedding, coordinates, 7)
    assert names(found.true) == [answer.label for answer in neighbors(embedding, "k7")]
    assert [each.true_rank for each in found.true] == list(range(1, 11))
    distances = np.linalg.norm(coordinates - coordinates[7], axis=1)
    order = [int(row) for row in np.argsort(distances) if row != 7]
    for each in (*found.true, *found.false):
        assert each.map_rank == 1 + order.index(each.row)
    assert sorted(each.row for each in (*found.both, *found.false)) == sorted(order[:10])


def test_rare_keys_are_left_out_of_lists_and_ranks():
    counts = pd.DataFrame({COUNT_COLUMN: [9, 1, 9, 9, 9, 9]})
    embedding = Embedding(ANGLES.vectors, list("abcdef"), metadata=counts)
    found = compare_neighbors(embedding, PLACES, 0, topn=2, min_count=5)
    assert [(each.label, each.true_rank, each.map_rank) for each in found.true] == [("c", 1, 4), ("d", 2, 2)]
    assert names(found.false) == ["e"]
    assert found.n_candidates == 4


def test_equal_vectors_are_never_false_neighbors():
    # Two thousand equal vectors, which the map spreads.
    vectors = np.repeat(directions(0, 90), 2000, axis=0)
    embedding = Embedding(vectors, [f"k{row}" for row in range(4000)])
    coordinates = np.random.default_rng(0).normal(size=(4000, 2)).astype(np.float32)
    coordinates[2000:] += 100
    found = compare_neighbors(embedding, coordinates, 5)
    assert (len(found.both), found.missing, found.false) == (10, (), ())


def test_equal_points_are_never_missing_neighbors():
    embedding = Embedding(np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32), list(map(str, range(50))))
    found = compare_neighbors(embedding, np.ones((50, 2), np.float32), 0)
    assert (len(found.both), found.missing, found.false) == (10, (), ())


@pytest.mark.parametrize(("n_keys", "n_neighbors"), [(1, 0), (2, 1), (4, 3)])
def test_few_keys_have_fewer_neighbors(n_keys, n_neighbors):
    embedding = Embedding(ANGLES.vectors[:n_keys], list("abcdef")[:n_keys])
    found = compare_neighbors(embedding, PLACES[:n_keys], 0)
    assert (len(found.both), found.missing, found.false) == (n_neighbors, (), ())


def test_vectors_and_places_that_are_not_finite():
    vectors = ANGLES.vectors.copy()
    vectors[1] = np.nan
    places = PLACES.copy()
    places[2] = np.nan
    found = compare_neighbors(Embedding(vectors, list("abcdef")), places, 0, topn=2)
    assert [(each.label, each.map_rank) for each in found.missing] == [("c", None)]
    assert names(found.false) == ["e"]
    with pytest.raises(InputError, match="NaN"):
        compare_neighbors(Embedding(vectors, list("abcdef")), places, 1)
    # The picked key itself has no place.
    found = compare_neighbors(ANGLES, places, 2, topn=2)
    assert (found.both, found.false) == ((), ())


def test_invalid_requests_are_refused():
    with pytest.raises(ParameterError):
        compare_neighbors(ANGLES, PLACES, 0, topn=0)
    with pytest.raises(InputError, match="keys of the embedding"):
        compare_neighbors(ANGLES, PLACES[:3], 0)
