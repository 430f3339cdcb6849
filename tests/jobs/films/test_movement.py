"""Movement in a film with planted paths and neighbors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from embedlab.jobs.films.film import Film
from embedlab.jobs.films.movement import moments, most_moved, movements

#: Three points: the first rests, the second goes 3 to the right and back 3, the third goes 3 right and 4 up.
COORDINATES = np.array([[[0, 0], [0, 0], [0, 0]], [[0, 0], [3, 0], [3, 0]], [[0, 0], [0, 0], [3, 4]]], dtype=np.float32)
NEIGHBORS = np.array([[[1], [0], [0]], [[1], [2], [0]], [[2], [2], [1]]], dtype=np.uint16)
FILM = Film("e" * 12, np.arange(3), np.arange(3), [0, 1, 2], COORDINATES, NEIGHBORS, [], [[0.0, 6.0], [0.0, 8.0]])


def test_distance_is_from_first_to_last_and_path_is_the_whole_way() -> None:
    distances, paths = movements(FILM)
    assert distances.tolist() == pytest.approx([0.0, 0.0, 0.5])
    assert paths.tolist() == pytest.approx([0.0, 0.6, 0.7])
    assert [each.point for each in most_moved(FILM)] == [2, 0, 1]
    assert [each.point for each in most_moved(FILM, 1)] == [2]


def test_a_map_without_a_size_has_finite_distances() -> None:
    flat = replace(FILM, coordinates=np.zeros_like(COORDINATES), extent=[[0.0, 0.0], [0.0, 0.0]])
    assert movements(flat)[0].tolist() == [0.0, 0.0, 0.0]


def test_neighbors_come_and_go() -> None:
    found = moments(FILM, 0)
    assert [(each.epoch, each.neighbors, each.came, each.went) for each in found] == [
        (0, (1,), (), ()),
        (1, (1,), (), ()),
        (2, (2,), (2,), (1,)),
    ]
    assert [each.came for each in moments(FILM, 2)] == [(), (), (1,)]
