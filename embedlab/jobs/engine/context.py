"""What a job's work may ask of its worker: progress, cancellation, snapshots, checkpoints, a scratch folder."""

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

import numpy as np
import numpy.typing as npt
from sqlalchemy.exc import SQLAlchemyError

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError
from embedlab.core.files import PARTIAL_SUFFIX
from embedlab.jobs.engine.error_report import plain_reason
from embedlab.jobs.engine.journal import write_down
from embedlab.jobs.engine.peak_memory import peak_memory_mb
from embedlab.jobs.engine.progress import ProgressWriter
from embedlab.jobs.engine.snapshots import SnapshotWriter
from embedlab.models.contract.base import State

_CHECKPOINTS = "checkpoints"
_SCRATCH = "scratch"
_LEAST_CHECKPOINT_INTERVAL_S = 15.0
_ASKING_INTERVAL_S = 0.3
#: Share of a training's progress bar left for scoring, projecting and storing.
_AFTERWARDS = 0.05
logger = logging.getLogger(__name__)


class JobContext:
    """The `Context` of a model trained by a worker, and the reporter of imports and projections."""

    def __init__(
        self,
        folder: Path,
        n_threads: int,
        stop: threading.Event,
        *,
        own_process: bool = False,
        stop_requested: Callable[[], bool] = lambda: False,
    ) -> None:
        self.folder = folder
        self.n_threads = n_threads
        # A predecessor that was killed may have left something there.
        shutil.rmtree(folder / _SCRATCH, ignore_errors=True)
        self.scratch = folder / _SCRATCH / "own"
        self.scratch.mkdir(parents=True)
        if own_process:
            _use_for_temporary_files(folder / _SCRATCH / "temporary")
        self.resume_state = newest_checkpoint(folder)
        self.start_embedding: Embedding | None = None
        #: How often the work has shown that it goes on.
        self.n_signs = 0
        #: By what could not be kept (such as a checkpoint) why not.
        self.not_kept: dict[str, str] = {}
        #: Finished epochs of all expected ones, when the training was stopped early.
        self.stopped_early: tuple[int, int] | None = None
        self._stop = stop
        self._own_process = own_process
        self._stop_requested = stop_requested
        self._asked_at = -_ASKING_INTERVAL_S
        self._n_epochs = 0
        self._stopping = False
        if self.resume_state is not None:
            # Asked to stop before it was interrupted: nothing more is trained.
            self._ask_to_stop()
        self._progress = ProgressWriter(folder)
        self._snapshots = SnapshotWriter(folder)
        # The first checkpoint is written early: a short training that is interrupted can go on as well.
        self._checkpoint_at = time.monotonic() - _LEAST_CHECKPOINT_INTERVAL_S + 2.0

    def makes(self, path: Path) -> Path:
        """Write down a file or folder about to be put into the workspace: it goes again unless its row is written.

        Raises
        ------
        StorageError
            It cannot be written down, so nothing may be put there.
        """
        write_down(self.folder, path)
        return path

    def peak_memory_mb(self) -> float | None:
        """Return the most memory the job has held so far; None in a process that does other work as well."""
        return peak_memory_mb() if self._own_process else None

    def check_cancelled(self) -> None:
        """Raise `CancelledError` when the job is to stop."""
        self.n_signs += 1
        if self._stop.is_set():
            raise CancelledError("The job was cancelled.")

    def report(self, share_done: float, stage: str) -> None:
        """Report progress of work that has no epochs (a `ReportProgress`)."""
        self.check_cancelled()
        with self._unharmed("progress"):
            self._progress.write(share_done, stage)

    def progress(
        self, *, epoch: int, n_epochs: int, share_of_epoch: float, rate: float | None = None, rate_unit: str = ""
    ) -> None:
        """Report progress within a training."""
        self.check_cancelled()
        self._n_epochs = n_epochs
        share_done = (1.0 - _AFTERWARDS) * (epoch + share_of_epoch) / n_epochs
        with self._unharmed("progress"):
            self._progress.write(share_done, "training", epoch=epoch, n_epochs=n_epochs, rate=rate, rate_unit=rate_unit)

    def afterwards(self, stage: str, share: float) -> None:
        """Report the steps after the training; `share` of them is done."""
        self.check_cancelled()
        with self._unharmed("progress"):
            self._progress.write(1.0 - _AFTERWARDS * (1.0 - share), stage, force=True)

    def record(self, epoch: int, **metrics: float) -> None:
        """Add the figures of a finished epoch; a figure that is not finite is left out."""
        finite = {name: float(value) for name, value in metrics.items() if np.isfinite(value)}
        self.n_signs += 1
        with self._unharmed("history"):
            self._progress.record({"epoch": epoch, **finite})
        self.log(f"epoch {epoch}: " + ", ".join(f"{name} {value:.5g}" for name, value in metrics.items()))

    def snapshot(
        self, epoch: int, vectors: Callable[[], Mapping[str, tuple[list[str], npt.NDArray[np.float32]]]]
    ) -> None:
        """Offer the present vectors for watching."""
        with self._unharmed("snapshot"):
            self._snapshots.offer(epoch, vectors)

    def checkpoint(self, epoch: int, state: Callable[[], State]) -> None:
        """Offer a state to resume from; written at most every 15 s, and when the training is to stop here."""
        was_stopping = self._stopping
        stops_now = self._ask_to_stop() and not was_stopping
        if not stops_now and time.monotonic() - self._checkpoint_at < _LEAST_CHECKPOINT_INTERVAL_S:
            return
        # Set first: a disk that is full is not tried again at once.
        self._checkpoint_at = time.monotonic()
        with self._unharmed("checkpoint"):
            present = checkpoint_folders(self.folder)
            number = int(present[-1].name) + 1 if present else 1
            state().save(self.folder / _CHECKPOINTS / f"{number:06d}")
            self.log(f"kept a checkpoint of epoch {epoch}")
            for older in present:
                shutil.rmtree(older, ignore_errors=True)
            self._checkpoint_at = time.monotonic()

    def stops_after(self, epoch: int) -> bool:
        """Tell whether the training is to end here; what it is then has been offered as a checkpoint before."""
        if epoch < 1 or not self._stopping:
            return False
        if self.stopped_early is None:
            self.stopped_early = epoch, max(epoch, self._n_epochs)
            self.log(f"stopped early after epoch {epoch}")
        return True

    def _ask_to_stop(self) -> bool:
        """Ask the catalog, not too often, whether somebody wants the training to end as it is."""
        now = time.monotonic()
        if not self._stopping and now - self._asked_at >= _ASKING_INTERVAL_S:
            self._asked_at = now
            try:
                self._stopping = self._stop_requested()
            except SQLAlchemyError:
                # The database may be away for a moment; it is asked again after the next epoch.
                logger.warning("the catalog cannot be reached", exc_info=True)
        return self._stopping

    @contextmanager
    def accompanies(self, what: str) -> Iterator[None]:
        """Let the job succeed when something that only accompanies its result cannot be kept; the job says so."""
        with self._unharmed(what):
            yield

    @contextmanager
    def _unharmed(self, what: str) -> Iterator[None]:
        """Let the work go on when something that only accompanies it cannot be kept; tell it once."""
        try:
            yield
        except CancelledError:
            raise
        except Exception as error:
            if what not in self.not_kept:
                self.not_kept[what] = f"The {what} could not be kept. {plain_reason(error)}"
                logger.warning("%s The work goes on.", self.not_kept[what], exc_info=True)
                self._progress.note = " ".join(self.not_kept.values())

    def log(self, line: str) -> None:
        """Add a line to the job's log."""
        logger.info("%s", line)


def _use_for_temporary_files(folder: Path) -> None:
    """Let this process and its children make their temporary files in a folder that goes with the job."""
    folder.mkdir(parents=True)
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)))
    tempfile.tempdir = str(folder)


def checkpoint_folders(job_folder: Path) -> list[Path]:
    """Return the checkpoints of a job, oldest first."""
    folder = job_folder / _CHECKPOINTS
    return sorted(path for path in folder.iterdir() if path.name.isdecimal()) if folder.is_dir() else []


def newest_checkpoint(job_folder: Path) -> State | None:
    """Return the state to resume from, or None."""
    present = checkpoint_folders(job_folder)
    return State.load(present[-1]) if present else None


def remove_leftovers(job_folder: Path, *, checkpoints: bool) -> None:
    """Remove the scratch folder of a job, and what it could be resumed from when that is no longer wanted."""
    shutil.rmtree(job_folder / _SCRATCH, ignore_errors=True)
    for half_written in job_folder.glob(f"*/.*{PARTIAL_SUFFIX}"):
        shutil.rmtree(half_written, ignore_errors=True)
    if checkpoints:
        shutil.rmtree(job_folder / _CHECKPOINTS, ignore_errors=True)


def has_leftovers(job_folder: Path) -> bool:
    """Tell whether a job that is over has left what `remove_leftovers` would remove."""
    # A worker has its scratch folder from its beginning to its end: what else it left, it left beside that.
    return (job_folder / _SCRATCH).exists()
