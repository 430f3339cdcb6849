"""The film of a running training: one frame per snapshot, each aligned with the previous one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from embedlab.core.errors import StorageError
from embedlab.core.roles import live_embedding
from embedlab.jobs.engine.snapshots import load_snapshot, snapshot_folders
from embedlab.jobs.films.film import MOST_POINTS
from embedlab.jobs.films.frames import Coordinates, Indices, nearest_neighbors, next_frame, points_to_follow

_MOST_FILMS = 8


@dataclass(frozen=True)
class LiveFrame:
    """A snapshot projected to the plane.

    Parameters
    ----------
    epoch
        Finished epochs.
    coordinates
        `(n_points, 2)` float32.
    neighbors
        `(n_points, k)` uint16, nearest first.
    """

    epoch: int
    coordinates: Coordinates
    neighbors: Indices


class LiveFilm:
    """One frame for each snapshot of a job; the number of snapshots is bounded.

    Attributes
    ----------
    name
        Name of the embedding; empty before the first snapshot.
    keys
        Its most frequent keys.
    followed_points
        Points whose neighbors are listed at first.
    """

    def __init__(self, job_folder: Path) -> None:
        self._folder = job_folder
        self._lock = threading.Lock()
        self._frames: dict[tuple[str, int], LiveFrame] = {}
        self._newest: LiveFrame | None = None
        self.name = ""
        self.keys: list[str] = []
        self.followed_points: list[int] = []

    def frames(self) -> list[LiveFrame]:
        """Return a frame for each snapshot, oldest first; only new ones are read and projected."""
        with self._lock:
            present: dict[tuple[str, int], LiveFrame] = {}
            for path in snapshot_folders(self._folder):
                try:
                    # After a restart the same epoch is a different snapshot.
                    key = path.name, path.stat().st_mtime_ns
                    frame = self._frames.get(key) or self._frame(path)
                except (OSError, StorageError):
                    # It has just been removed.
                    continue
                if frame is not None:
                    present[key] = frame
            self._frames = present
            return list(present.values())

    def _frame(self, path: Path) -> LiveFrame | None:
        snapshot = load_snapshot(path)
        name = live_embedding({each: len(keys) for each, (keys, _) in snapshot.vectors.items()})
        if name is None:
            return None
        keys, vectors = snapshot.vectors[name]
        keys, vectors = keys[:MOST_POINTS], vectors[:MOST_POINTS]
        if len(keys) < 2:
            return None
        if keys != self.keys or name != self.name:
            self.name, self.keys, self._newest, self.followed_points = name, keys, None, []
        previous = None if self._newest is None else self._newest.coordinates
        frame = LiveFrame(snapshot.epoch, next_frame(vectors, previous), nearest_neighbors(vectors)[0])
        if not self.followed_points:
            self.followed_points = points_to_follow(vectors)
        self._newest = frame
        return frame


class LiveFilms:
    """The live films of a process; the least recently used is dropped first."""

    def __init__(self) -> None:
        self._films: OrderedDict[Path, LiveFilm] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, job_folder: Path) -> LiveFilm:
        """Return the film of a job."""
        with self._lock:
            film = self._films.setdefault(job_folder, LiveFilm(job_folder))
            self._films.move_to_end(job_folder)
            while len(self._films) > _MOST_FILMS:
                self._films.popitem(last=False)
            return film
