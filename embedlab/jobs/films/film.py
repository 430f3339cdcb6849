"""The film of a finished training: points and neighbors of every frame, in one folder of bounded size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damaged
from embedlab.jobs.engine.snapshots import MOST_SNAPSHOTS, film_folder
from embedlab.jobs.films.frames import N_NEIGHBORS, Coordinates, Indices
from embedlab.models.contract.base import State

#: A film shows the most frequent keys.
MOST_POINTS = 2000
MOST_FRAMES = MOST_SNAPSHOTS + 1
#: Maximum size of a film: two float32 and the neighbors for each point of each frame, and the rows. The neighbors are
#: computed from the snapshots' vectors, which are not stored: they would take twenty times as much.
MOST_FILM_BYTES = MOST_FRAMES * MOST_POINTS * (2 * 4 + N_NEIGHBORS * 2) + 500_000
_LONGEST_KEY = 200


@dataclass(frozen=True)
class Film:
    """All frames of a training.

    Parameters
    ----------
    embedding_id
        The embedding that the training produced.
    rows
        `(n_points,)` rows of that embedding, in the order of the points.
    places
        `(n_points,)` indices of the points in the keys of the snapshots.
    epochs
        Finished epochs at each frame; the last frame is the finished map.
    coordinates
        `(n_frames, n_points, 2)` float32.
    neighbors
        `(n_frames, n_points, k)` uint16: the nearest points at each frame, by cosine similarity of the vectors.
    followed_points
        Points whose neighbors are listed at first.
    extent
        `((x0, x1), (y0, y1))` of the whole map.
    """

    embedding_id: str
    rows: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    epochs: list[int]
    coordinates: Coordinates
    neighbors: Indices
    followed_points: list[int]
    extent: list[list[float]]

    @property
    def n_points(self) -> int:
        """Return the number of points per frame."""
        return int(self.coordinates.shape[1])

    def save(self, job_folder: Path) -> None:
        """Write the film to the folder of its job."""
        arrays: dict[str, npt.NDArray[Any]] = {
            "rows": self.rows,
            "places": self.places,
            "coordinates": self.coordinates,
            "neighbors": self.neighbors,
        }
        about = {
            "embedding_id": self.embedding_id,
            "epochs": self.epochs,
            "followed": self.followed_points,
            "extent": self.extent,
        }
        State(arrays, about).save(film_folder(job_folder))


def has_film(job_folder: Path) -> bool:
    """Return whether there is a film of the job."""
    return (film_folder(job_folder) / "state.json").exists()


def load_film(job_folder: Path) -> Film:
    """Load a film; raises `StorageError` if it is missing, damaged or above the maximum size."""
    state = State.load(film_folder(job_folder))
    config, arrays = state.config, state.arrays
    try:
        film = Film(
            embedding_id=_text(config["embedding_id"]),
            rows=arrays["rows"],
            places=arrays["places"],
            epochs=[int(epoch) for epoch in config["epochs"]],
            coordinates=arrays["coordinates"],
            neighbors=arrays["neighbors"],
            followed_points=[int(index) for index in config["followed"]],
            extent=[[float(low), float(high)] for low, high in config["extent"]],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise damaged("film") from error
    if not _fits(film):
        raise damaged("film")
    return film


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_KEY:
        raise TypeError
    return value


def _fits(film: Film) -> bool:
    points, neighbors = film.coordinates, film.neighbors
    if points.ndim != 3 or neighbors.ndim != 3 or points.dtype != np.float32 or neighbors.dtype != np.uint16:
        return False
    n_frames, n_points, n_axes = points.shape
    return (
        n_axes == 2
        and n_frames == len(film.epochs) <= MOST_FRAMES
        and 0 < n_points <= MOST_POINTS
        and neighbors.shape[:2] == (n_frames, n_points)
        and neighbors.shape[2] <= N_NEIGHBORS
        and film.rows.shape == film.places.shape == (n_points,)
        and film.rows.dtype.kind == film.places.dtype.kind == "i"
        and bool(np.isfinite(points).all())
        and (neighbors.size == 0 or int(neighbors.max()) < n_points)
        and all(0 <= index < n_points for index in film.followed_points)
        and len(film.extent) == 2
        and bool(np.isfinite(film.extent).all())
    )
