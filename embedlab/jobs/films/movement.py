"""What moved during a training, and which neighbors came and went, read from its film."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.jobs.films.film import Film

MOST_MOVED = 20


@dataclass(frozen=True)
class Movement:
    """The movement of one point of a film.

    Parameters
    ----------
    point
        Index of the point in the film.
    distance
        From its place in the first frame to that in the last one, as a share of the diagonal of the map.
    path
        Length of its way through all frames, as a share of the diagonal; at least `distance`.
    """

    point: int
    distance: float
    path: float


@dataclass(frozen=True)
class Moment:
    """The nearest neighbors of one point in one frame.

    Parameters
    ----------
    epoch
        Finished epochs.
    neighbors
        Points, the nearest first, by cosine similarity of the vectors at that moment.
    came, went
        Points that are neighbors now and were none in the frame before, and the reverse; empty in the first frame.
    """

    epoch: int
    neighbors: tuple[int, ...]
    came: tuple[int, ...]
    went: tuple[int, ...]


def movements(film: Film) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the distance and the path of every point (see `Movement`), both `(n_points,)`.

    Frames are aligned with each other, so a rotation of the whole map is no movement.
    """
    places = film.coordinates.astype(np.float64)
    diagonal = math.hypot(*(high - low for low, high in film.extent)) or 1.0
    steps = np.linalg.norm(np.diff(places, axis=0), axis=2)
    return np.linalg.norm(places[-1] - places[0], axis=1) / diagonal, steps.sum(axis=0) / diagonal


def most_moved(film: Film, most: int = MOST_MOVED) -> list[Movement]:
    """Return the points that moved the farthest, the farthest first; among equals the more frequent first."""
    distances, paths = movements(film)
    order = np.argsort(-distances, kind="stable")[:most]
    return [Movement(int(point), float(distances[point]), float(paths[point])) for point in order]


def moments(film: Film, point: int) -> list[Moment]:
    """Return the neighbors of a point in every frame, oldest first."""
    result: list[Moment] = []
    for epoch, near in zip(film.epochs, film.neighbors[:, point].tolist(), strict=True):
        before = result[-1].neighbors if result else tuple(near)
        came = tuple(each for each in near if each not in before)
        went = tuple(each for each in before if each not in near)
        result.append(Moment(epoch, tuple(near), came, went))
    return result
