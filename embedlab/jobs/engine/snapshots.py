"""Snapshots of the vectors of the most frequent keys during a training, for the live map."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from embedlab.core.embedding import Vectors
from embedlab.core.errors import StorageError
from embedlab.core.files import folder_size_bytes, numbered_folders
from embedlab.core.roles import live_embedding
from embedlab.core.stored import damage_errors, damaged
from embedlab.models.contract.base import SNAPSHOT_KEYS, State
from embedlab.workspace.catalog import is_id
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import jobs
from embedlab.workspace.workspace import Workspace

_FOLDER = "snapshots"
_FILM = "film"
#: The time between snapshots grows with the keys that the film shows, since the cost of a frame does: a second for
#: `SNAPSHOT_KEYS`. A small dataset is trained in few seconds, and its film still has many frames.
_LEAST_INTERVAL_S = 0.1
_INTERVAL_S_PER_KEY = 1.0 / SNAPSHOT_KEYS
MOST_SNAPSHOTS = 60
#: The largest number of epochs between snapshots that a user can choose.
MOST_EPOCHS_BETWEEN = 10_000
logger = logging.getLogger(__name__)

KeysAndVectors = tuple[list[str], Vectors]


@dataclass(frozen=True)
class Snapshot:
    """One snapshot: for each embedding name, the keys and their vectors."""

    epoch: int
    vectors: Mapping[str, KeysAndVectors]


class SnapshotWriter:
    """Keeps at most `MOST_SNAPSHOTS` snapshots: of chosen epochs, or else some time apart (see `_INTERVAL_S_PER_KEY`).

    Parameters
    ----------
    job_folder
        Folder of the job.
    every
        Epochs between snapshots; None for snapshots by time. When there are too many, every second one is removed, and
        the distance doubles.
    """

    def __init__(self, job_folder: Path, every: int | None = None) -> None:
        self._folder = snapshots_folder(job_folder)
        self.every = every
        self._written_at = -_LEAST_INTERVAL_S
        self._interval_s = _LEAST_INTERVAL_S

    def offer(self, epoch: int, vectors: Callable[[], Mapping[str, KeysAndVectors]]) -> None:
        """Write a snapshot unless the last one is too recent, or the epoch is not one of the chosen ones."""
        now = time.monotonic()
        if epoch % self.every if self.every is not None else now - self._written_at < self._interval_s:
            return
        # Set first, so that a full disk is not tried again at once.
        self._written_at = now
        frequent = {name: (keys[:SNAPSHOT_KEYS], array[:SNAPSHOT_KEYS]) for name, (keys, array) in vectors().items()}
        shown = live_embedding({name: len(keys) for name, (keys, _) in frequent.items()})
        n_shown = len(frequent[shown][0]) if shown is not None else 0
        self._interval_s = max(self._interval_s, _INTERVAL_S_PER_KEY * n_shown)
        path = self._folder / f"{epoch:06d}"
        shutil.rmtree(path, ignore_errors=True)
        arrays = {name: np.asarray(array, dtype=np.float32) for name, (_, array) in frequent.items()}
        State(arrays, {"epoch": epoch, "keys": {name: keys for name, (keys, _) in frequent.items()}}).save(path)
        self._written_at = time.monotonic()
        self._thin_out()

    def _thin_out(self) -> None:
        present = snapshot_folders(self._folder.parent)
        if len(present) <= MOST_SNAPSHOTS:
            return
        if self.every is None:
            thinned = present[1:-1:2]
            self._interval_s *= 2
        else:
            self.every *= 2
            thinned = [path for path in present if int(path.name) % self.every]
        for path in thinned:
            shutil.rmtree(path, ignore_errors=True)


def snapshots_folder(job_folder: Path) -> Path:
    """Return the folder of a job's snapshots."""
    return job_folder / _FOLDER


def film_folder(job_folder: Path) -> Path:
    """Return the folder of the film; it is next to the snapshots, so that one size limit applies to both."""
    return snapshots_folder(job_folder) / _FILM


def snapshot_folders(job_folder: Path) -> list[Path]:
    """Return the snapshots of a job, oldest first."""
    return numbered_folders(snapshots_folder(job_folder))


def load_snapshots(job_folder: Path) -> list[Snapshot]:
    """Load all snapshots, oldest first; one that is being removed is skipped."""
    snapshots = []
    for path in snapshot_folders(job_folder):
        with suppress(StorageError):
            snapshots.append(load_snapshot(path))
    return snapshots


def newest_snapshot(job_folder: Path) -> Snapshot | None:
    """Load the latest snapshot, or return None."""
    for path in reversed(snapshot_folders(job_folder)):
        with suppress(StorageError):
            return load_snapshot(path)
    return None


def forget_snapshots(job_folder: Path) -> None:
    """Remove all snapshots and the film."""
    shutil.rmtree(snapshots_folder(job_folder), ignore_errors=True)


def forget_snapshots_except_film(job_folder: Path) -> None:
    """Remove all snapshots but not the film, which is much smaller."""
    for path in snapshot_folders(job_folder):
        shutil.rmtree(path, ignore_errors=True)


def load_snapshot(path: Path) -> Snapshot:
    """Load one snapshot; raises `StorageError` if it is missing or damaged."""
    state = State.load(path)
    with damage_errors(path.name):
        keys, epoch = state.config["keys"], state.config["epoch"]
        vectors = {name: (keys[name], array) for name, array in state.arrays.items()}
        for of_array, array in vectors.values():
            fits = isinstance(of_array, list) and array.ndim == 2 and len(of_array) == len(array)
            if not fits or array.dtype.kind != "f" or not all(isinstance(key, str) for key in of_array):
                raise damaged(path.name)
        if not isinstance(epoch, int):
            raise damaged(path.name)
        return Snapshot(epoch, vectors)


def bound_snapshots(workspace: Workspace) -> int:
    """Remove snapshots and films until their total size is within the setting `max_snapshots_mb`.

    Queued and running jobs always keep theirs. The limit is shared by all owners, as the disk is.

    Returns
    -------
    Number of jobs whose snapshots were removed.
    """
    most_bytes = workspace.settings.max_snapshots_mb * 1_000_000
    room = workspace.layout.home / "jobs"
    sizes = {
        folder.name: folder_size_bytes(snapshots_folder(folder))
        for folder in room.iterdir()
        if is_id(folder.name) and snapshots_folder(folder).is_dir()
    }
    total = sum(sizes.values())
    if total <= most_bytes:
        return 0
    with workspace.catalog.engine.connect() as connection:
        ended = connection.execute(
            sa.select(jobs.c.id)
            .where(jobs.c.status.not_in([Status.QUEUED, Status.RUNNING]))
            .order_by(jobs.c.finished_at, jobs.c.created_at, jobs.c.id)
        ).scalars()
        oldest_first = [job_id for job_id in ended if job_id in sizes]
    n_lost = 0
    for job_id in oldest_first:
        if total <= most_bytes:
            break
        forget_snapshots(room / job_id)
        total -= sizes[job_id]
        n_lost += 1
    logger.info("removed the snapshots of %s old jobs", n_lost)
    return n_lost
