"""A layout that can be watched while it is computed, paused, and stopped to keep it.

The worker writes the newest frame into the scratch folder of its job, where the server reads it; the folder is removed
when the job ends. A frame is bounded: at most `MOST_LIVE_POINTS` points.
"""

from __future__ import annotations

import logging
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy.exc import SQLAlchemyError

from embedlab.core.errors import NotFoundError
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.queue import PAUSED, STOP_EARLY
from embedlab.projections.context import ProjectionContext
from embedlab.projections.points import Coordinates

#: Points of a frame: more would not be drawn in time, and say no more. 240 kB in 3-D.
MOST_LIVE_POINTS = 20_000
#: A paused layout holds its slot, so it goes on by itself after this time.
LONGEST_PAUSE_S = 600.0
_INTERVAL_S = 0.25
_POLL_S = 0.3
_FRAME, _ROWS = "frame.bin", "rows.npy"
#: Number of the frame, finished and planned iterations, number of components.
_HEADER = struct.Struct("<4I")
_SEED = 0
logger = logging.getLogger(__name__)

Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """The newest frame of a running layout.

    Parameters
    ----------
    number
        Increases from frame to frame.
    iteration, n_iterations
        Finished and planned iterations.
    coordinates
        `(n_shown, n_components)` float32.
    """

    number: int
    iteration: int
    n_iterations: int
    coordinates: Coordinates


def live_folder(job_folder: Path) -> Path:
    """Return the folder of the newest frame, inside the scratch folder of a job."""
    return job_folder / "scratch" / "own" / "live"


class LiveLayout:
    """Writes frames of a layout, and obeys the user's requests to pause or to stop and keep it.

    Parameters
    ----------
    rows
        `(n,)` rows of the embedding that the method lays out itself.
    """

    def __init__(self, context: JobContext, rows: npt.NDArray[np.integer]) -> None:
        self._context = context
        self._folder = live_folder(context.folder)
        self._rows = rows
        self._shown = np.arange(len(rows))
        if len(rows) > MOST_LIVE_POINTS:
            rng = np.random.default_rng(_SEED)
            self._shown = np.sort(rng.choice(len(rows), MOST_LIVE_POINTS, replace=False))
        self._number = 0
        self._written_at = -_INTERVAL_S
        self._polled_at = -_POLL_S
        self._stopping = False
        self._projection: ProjectionContext | None = None

    def attach(self, projection: ProjectionContext) -> None:
        """Make the context of a projection show its frames and obey the requests."""
        self._projection = projection
        projection.on_frame = self._write
        projection.wants_frame = self._wants_frame
        projection.stop_requested = self._obey

    def _wants_frame(self) -> bool:
        return self._stopping or time.monotonic() - self._written_at >= _INTERVAL_S

    def _write(self, coordinates: Coordinates) -> None:
        # Set first, so that a full disk is not tried again at once.
        self._written_at = time.monotonic()
        with self._context.optional("live frame"):
            if self._number == 0:
                self._folder.mkdir(parents=True, exist_ok=True)
                np.save(self._folder / _ROWS, self._rows[self._shown].astype(np.int32), allow_pickle=False)
            self._number += 1
            iteration, n_iterations = (self._projection and self._projection.iterations) or (0, 0)
            shown = np.ascontiguousarray(coordinates[self._shown], dtype="<f4")
            header = _HEADER.pack(self._number, iteration, n_iterations, shown.shape[1])
            partial = self._folder / f"{_FRAME}.partial"
            # Without fsync: nobody needs a frame after a power cut.
            partial.write_bytes(header + shown.tobytes())
            partial.replace(self._folder / _FRAME)

    def _obey(self) -> bool:
        """Return whether to stop here; while the user pauses the layout, wait."""
        if self._stopping or time.monotonic() - self._polled_at < _POLL_S:
            return self._stopping
        paused_at = time.monotonic()
        while self._poll() and time.monotonic() - paused_at < LONGEST_PAUSE_S:
            # Shows a sign of life, and hears a cancellation.
            self._context.check_cancelled()
            time.sleep(_POLL_S / 3)
        return self._stopping

    def _poll(self) -> bool:
        """Read the requests; return whether the layout is paused."""
        self._polled_at = time.monotonic()
        try:
            request = self._context.current_request()
        except (SQLAlchemyError, NotFoundError):
            # The database may be unavailable briefly; the next poll tries again.
            logger.warning("the catalog is not available", exc_info=True)
            return False
        self._stopping = request.get(STOP_EARLY) is True
        return request.get(PAUSED) is True and not self._stopping


def read_frame(job_folder: Path, since: int = 0) -> LiveFrame | None:
    """Return the newest frame of a job; None if there is none after the number `since`."""
    content = b""
    with suppress(OSError):
        content = (live_folder(job_folder) / _FRAME).read_bytes()
    if len(content) < _HEADER.size:
        return None
    number, iteration, n_iterations, n_components = _HEADER.unpack_from(content)
    values = np.frombuffer(content, "<f4", offset=_HEADER.size)
    if number <= since or n_components not in {2, 3} or len(values) % n_components:
        return None
    return LiveFrame(number, iteration, n_iterations, values.reshape(-1, n_components))


def read_rows(job_folder: Path) -> Rows | None:
    """Return the rows of the embedding that the frames show; None if there is no frame yet."""
    try:
        rows: Rows = np.load(live_folder(job_folder) / _ROWS, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return rows if rows.ndim == 1 and rows.dtype == np.int32 else None


def frame_bytes(frame: LiveFrame) -> bytes:
    """Return a frame for the browser: the header, then float32 coordinates, little-endian."""
    header = _HEADER.pack(frame.number, frame.iteration, frame.n_iterations, frame.coordinates.shape[1])
    return header + np.ascontiguousarray(frame.coordinates, dtype="<f4").tobytes()
