"""The context of a job in its worker: progress, cancellation, snapshots, checkpoints, a scratch folder."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.exc import SQLAlchemyError

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError
from embedlab.core.files import PARTIAL_SUFFIX, numbered_folders
from embedlab.jobs.engine.error_report import plain_reason
from embedlab.jobs.engine.journal import add_to_journal
from embedlab.jobs.engine.peak_memory import peak_memory_mb
from embedlab.jobs.engine.progress import ProgressWriter
from embedlab.jobs.engine.snapshots import SnapshotWriter
from embedlab.models.contract.base import State

_CHECKPOINTS = "checkpoints"
_SCRATCH = "scratch"
_LEAST_CHECKPOINT_INTERVAL_S = 15.0
_STOP_POLL_INTERVAL_S = 0.3
#: Share of a training's progress bar for scoring, projecting and storing.
_AFTERWARDS = 0.05
logger = logging.getLogger(__name__)


class JobContext:
    """The `Context` of a model in a worker; also reports the progress of imports and projections."""

    def __init__(
        self,
        folder: Path,
        n_threads: int,
        stop: threading.Event,
        *,
        own_process: bool = False,
        stop_requested: Callable[[], bool] = lambda: False,
        current_request: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self.folder = folder
        self.n_threads = n_threads
        # A killed predecessor may have left files there.
        shutil.rmtree(folder / _SCRATCH, ignore_errors=True)
        self.scratch = folder / _SCRATCH / "own"
        self.scratch.mkdir(parents=True)
        if own_process:
            _use_for_temporary_files(folder / _SCRATCH / "temporary")
        self.resume_state = newest_checkpoint(folder)
        self.start_embedding: Embedding | None = None
        #: Number of signs of life so far.
        self.n_signs = 0
        #: Why something (such as a checkpoint) could not be saved, by name.
        self.not_kept: dict[str, str] = {}
        #: Finished and maximum number of epochs, if the user stopped the training.
        self.stopped_early: tuple[int, int] | None = None
        self._stop = stop
        self._own_process = own_process
        self._stop_requested = stop_requested
        #: Returns the request of the job now: the user may pause it or stop it early while it runs.
        self.current_request = current_request
        self._stop_polled_at = -_STOP_POLL_INTERVAL_S
        self._n_epochs = 0
        self._stopping = False
        if self.resume_state is not None:
            # The stop was requested before the interruption: train no further.
            self._poll_stop()
        self._progress = ProgressWriter(folder)
        self._snapshots = SnapshotWriter(folder)
        # Write the first checkpoint early, so that a short training can be resumed too.
        self._checkpoint_at = time.monotonic() - _LEAST_CHECKPOINT_INTERVAL_S + 2.0

    def makes(self, path: Path) -> Path:
        """Add a file or folder to the journal before it is created: it is removed unless its row is stored.

        Raises
        ------
        StorageError
            The journal cannot be written, so the file must not be created.
        """
        add_to_journal(self.folder, path)
        return path

    def peak_memory_mb(self) -> float | None:
        """Return the job's peak memory so far; None in a process that also does other work."""
        return peak_memory_mb() if self._own_process else None

    def check_cancelled(self) -> None:
        """Raise `CancelledError` if the job is to stop."""
        self.n_signs += 1
        if self._stop.is_set():
            raise CancelledError("The job was cancelled.")

    def report(self, share_done: float, stage: str) -> None:
        """Report the progress of work without epochs (a `ReportProgress`)."""
        self.check_cancelled()
        with self._unharmed("progress"):
            self._progress.write(share_done, stage)

    def progress(
        self, *, epoch: int, n_epochs: int, share_of_epoch: float, rate: float | None = None, rate_unit: str = ""
    ) -> None:
        """Report the progress of a training."""
        self.check_cancelled()
        self._n_epochs = n_epochs
        share_done = (1.0 - _AFTERWARDS) * (epoch + share_of_epoch) / n_epochs
        with self._unharmed("progress"):
            self._progress.write(share_done, "training", epoch=epoch, n_epochs=n_epochs, rate=rate, rate_unit=rate_unit)

    def afterwards(self, stage: str, share: float) -> None:
        """Report the steps after the training; `share` is the completed share."""
        self.check_cancelled()
        with self._unharmed("progress"):
            self._progress.write(1.0 - _AFTERWARDS * (1.0 - share), stage, force=True)

    def record(self, epoch: int, **metrics: float) -> None:
        """Add the metrics of a finished epoch; metrics that are not finite are omitted."""
        finite = {name: float(value) for name, value in metrics.items() if np.isfinite(value)}
        self.n_signs += 1
        with self._unharmed("history"):
            self._progress.record({"epoch": epoch, **finite})
        self.log(f"epoch {epoch}: " + ", ".join(f"{name} {value:.5g}" for name, value in metrics.items()))

    def snapshot_every(self, n_epochs: int | None) -> None:
        """Keep a snapshot of every `n_epochs`-th epoch; None for snapshots by time."""
        self._snapshots.every = n_epochs

    def snapshot(
        self, epoch: int, vectors: Callable[[], Mapping[str, tuple[list[str], npt.NDArray[np.float32]]]]
    ) -> None:
        """Offer the current vectors for the film."""
        with self._unharmed("snapshot"):
            self._snapshots.offer(epoch, vectors)

    def checkpoint(self, epoch: int, state: Callable[[], State]) -> None:
        """Offer a state to resume from; written at most every 15 s, and when the training stops here."""
        was_stopping = self._stopping
        stops_here = self._poll_stop() and not was_stopping
        if not stops_here and time.monotonic() - self._checkpoint_at < _LEAST_CHECKPOINT_INTERVAL_S:
            return
        # Set first, so that a full disk is not tried again at once.
        self._checkpoint_at = time.monotonic()
        with self._unharmed("checkpoint"):
            present = checkpoint_folders(self.folder)
            number = int(present[-1].name) + 1 if present else 1
            state().save(self.folder / _CHECKPOINTS / f"{number:06d}")
            self.log(f"saved a checkpoint of epoch {epoch}")
            for older in present:
                shutil.rmtree(older, ignore_errors=True)
            self._checkpoint_at = time.monotonic()

    def stops_after(self, epoch: int) -> bool:
        """Return whether to stop after this epoch; its checkpoint was offered before."""
        if epoch < 1 or not self._stopping:
            return False
        if self.stopped_early is None:
            self.stopped_early = epoch, max(epoch, self._n_epochs)
            self.log(f"stopped early after epoch {epoch}")
        return True

    def _poll_stop(self) -> bool:
        """Return whether the user requested a stop; queries the catalog at most every `_STOP_POLL_INTERVAL_S`."""
        now = time.monotonic()
        if not self._stopping and now - self._stop_polled_at >= _STOP_POLL_INTERVAL_S:
            self._stop_polled_at = now
            try:
                self._stopping = self._stop_requested()
            except SQLAlchemyError:
                # The database may be unavailable briefly; the next epoch tries again.
                logger.warning("the catalog is not available", exc_info=True)
        return self._stopping

    @contextmanager
    def optional(self, what: str) -> Iterator[None]:
        """Continue if an optional part of the result cannot be saved; the result says why."""
        with self._unharmed(what):
            yield

    @contextmanager
    def _unharmed(self, what: str) -> Iterator[None]:
        """Continue the work if something optional cannot be saved; report it once."""
        try:
            yield
        except CancelledError:
            raise
        except Exception as error:
            if what not in self.not_kept:
                self.not_kept[what] = f"The {what} could not be saved. {plain_reason(error)}"
                logger.warning("%s The work continues.", self.not_kept[what], exc_info=True)
                self._progress.note = " ".join(self.not_kept.values())

    def log(self, line: str) -> None:
        """Add a line to the job's log."""
        logger.info("%s", line)


def _use_for_temporary_files(folder: Path) -> None:
    """Make this process and its children use a folder of the job for temporary files."""
    folder.mkdir(parents=True)
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)))
    tempfile.tempdir = str(folder)


def checkpoint_folders(job_folder: Path) -> list[Path]:
    """Return the checkpoints of a job, oldest first."""
    return numbered_folders(job_folder / _CHECKPOINTS)


def newest_checkpoint(job_folder: Path) -> State | None:
    """Return the state to resume from, or None."""
    present = checkpoint_folders(job_folder)
    return State.load(present[-1]) if present else None


def remove_leftovers(job_folder: Path, *, checkpoints: bool) -> None:
    """Remove the scratch folder of a job and half-written files, and with `checkpoints` the checkpoints."""
    for half_written in job_folder.glob(f"*/.*{PARTIAL_SUFFIX}"):
        shutil.rmtree(half_written, ignore_errors=True)
    if checkpoints:
        shutil.rmtree(job_folder / _CHECKPOINTS, ignore_errors=True)
    # Last, because it shows that there are leftovers (see `has_leftovers`).
    shutil.rmtree(job_folder / _SCRATCH, ignore_errors=True)


def has_leftovers(job_folder: Path) -> bool:
    """Return whether an ended job has files that `remove_leftovers` would remove."""
    # The scratch folder exists as long as its worker, so other leftovers never exist without it.
    return (job_folder / _SCRATCH).exists()
