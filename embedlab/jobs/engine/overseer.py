"""Dispatching the queue: starts workers for queued jobs, detects dead workers, and ends those that do not stop.

Any number of processes may do this for one workspace at once: only one worker can claim a job, and every change of
its status is guarded. If two processes start a worker for the same job, one of the workers exits.
"""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from embedlab.core.errors import NotFoundError
from embedlab.jobs.engine import background, locks, processes
from embedlab.jobs.engine.context import checkpoint_folders, has_leftovers, remove_leftovers
from embedlab.jobs.engine.error_report import ErrorReport, interrupted_report, stalled_report
from embedlab.jobs.engine.heartbeat import Silence
from embedlab.jobs.engine.journal import is_open, settle
from embedlab.jobs.engine.progress import last_seen
from embedlab.jobs.engine.queue import LEASE_S, Queue
from embedlab.workspace.catalog import is_id
from embedlab.workspace.rows import JobRow, Status
from embedlab.workspace.tables import jobs
from embedlab.workspace.workspace import Workspace

#: A worker that has not claimed its job after this time hangs, and is killed.
_START_PATIENCE_S = 120.0
#: A job fails if its workers died this many times before they started it.
_MOST_STARTS = 3
#: Seconds after which a worker that ignores a cancellation is killed.
_CANCEL_PATIENCE_S = 1.3
#: How long a dead worker may take from releasing its lock to being gone, with its exit code.
_EXIT_PATIENCE_S = 2.0
#: A hanging worker ends itself; only one without a heartbeat is killed from outside, this much later.
_STALLED_MARGIN_S = 30.0
logger = logging.getLogger(__name__)

INTERRUPTED = ErrorReport(
    "InterruptedError", "The worker process ended before the job was finished.", remedy="Resume or restart it."
)
_CANCELLED = ErrorReport("CancelledError", "The job was cancelled.")
_NO_WORKER = ErrorReport(
    "StorageError",
    "No worker process could be started for the job.",
    remedy="See the log for the cause, fix it, and restart the job.",
)


@dataclass(frozen=True)
class _Started:
    """A worker started by this process, and the attempt of the job it was started for."""

    process: subprocess.Popen[bytes]
    attempt: int
    started_at: float


class Overseer:
    """Dispatches and supervises the owner's jobs, for one process."""

    def __init__(self, workspace: Workspace, queue: Queue) -> None:
        self._workspace = workspace
        self._queue = queue
        self._started: dict[str, list[_Started]] = {}
        self._failed_starts: Counter[tuple[str, int]] = Counter()
        self._hearts: dict[tuple[str, str | None], Silence] = {}
        # Jobs seen running; and ended jobs that may still need cleanup.
        self._seen: set[str] = set()
        self._untidy: set[str] | None = None
        self._lock = threading.Lock()

    def dispatch(self) -> None:
        """Start workers for queued jobs while slots are free, and check running ones. Cheap; call it often."""
        with self._lock:
            active = self._look_after()
            queued = [row for row in active if row.status == Status.QUEUED]
            starting = [row for row in queued if row.id in self._started]
            active_ids = {row.id for row in active}
            # A job may have to wait until others end.
            waiting = [
                row
                for row in queued
                if row.id not in self._started and active_ids.isdisjoint(row.request.get("after", ()))
            ]
            if not waiting:
                return
            settings = self._workspace.settings
            free = locks.free_slots(self._workspace.layout.locks, settings.slots) - len(starting)
            running = [row for row in active if row.status == Status.RUNNING]
            choice = background.choose(waiting, [*running, *starting], free)
            for row in choice.start:
                self._start(row)
            if choice.preempt is not None and self._queue.preempt(choice.preempt):
                logger.info("job %s gives its slot to a job of a user", choice.preempt.id)

    def look_after(self) -> None:
        """Detect dead workers, and end those that ignore a cancellation; start nothing."""
        with self._lock:
            self._look_after()

    def _look_after(self) -> list[JobRow]:
        active = self._queue.find(jobs.c.status.in_([Status.QUEUED, Status.RUNNING]), newest_first=False)
        running = [row for row in active if row.status == Status.RUNNING]
        self.notice_dead(running)
        self._enforce_cancellations(running)
        self._end_stalled(running)
        self._tidy_ended({row.id for row in running})
        queued = {row.id: row for row in active if row.status == Status.QUEUED}
        given_up = {row.id for row in queued.values() if self._reap(row.id, row)}
        for job_id in self._started.keys() - queued.keys():
            self._reap(job_id, None)
        return [row for row in active if row.id not in given_up]

    def _start(self, row: JobRow) -> None:
        try:
            worker = processes.start_worker(self._workspace.settings, row.id, self._workspace.layout.job(row.id))
        except OSError:
            logger.exception("no worker can be started for job %s", row.id)
            self._failed_starts[row.id, row.attempt] += 1
        else:
            self._started.setdefault(row.id, []).append(_Started(worker, row.attempt, time.monotonic()))

    def _reap(self, job_id: str, waiting: JobRow | None) -> bool:
        """Collect a job's ended workers; give up the job if they repeatedly die before they start it."""
        alive = []
        for worker in self._started.pop(job_id, []):
            exit_code = worker.process.poll()
            if exit_code is None and waiting is not None and time.monotonic() - worker.started_at > _START_PATIENCE_S:
                worker.process.kill()
                exit_code = worker.process.wait()
            if exit_code is None:
                alive.append(worker)
            elif exit_code != 0 and waiting is not None and worker.attempt == waiting.attempt:
                self._failed_starts[job_id, worker.attempt] += 1
        if alive:
            self._started[job_id] = alive
        if waiting is None or self._failed_starts[job_id, waiting.attempt] < _MOST_STARTS:
            return False
        return self._queue.give_up(waiting, asdict(_NO_WORKER))

    def notice_dead(self, running: list[JobRow]) -> bool:
        """End the running jobs whose worker is dead; return whether there were any."""
        any_ended = False
        for row in running:
            lives = self._lives(row)
            if lives is True or (lives is None and self._queue.now() - (row.heartbeat_at or 0.0) < LEASE_S):
                continue
            status, error = (
                (Status.CANCELLED, _CANCELLED) if row.cancel_requested else (Status.INTERRUPTED, self._interrupted(row))
            )
            if self._queue.end_abandoned(row, status, asdict(error), lapsed=lives is None):
                any_ended = True
                tidy(self._workspace, self._queue, row.id)
        return any_ended

    def _interrupted(self, row: JobRow) -> ErrorReport:
        """Return why a job ended, with the exit code of its worker if this process started it."""
        folder = self._workspace.layout.job(row.id)
        exit_codes = (_exit_code(each.process) for each in self._started.get(row.id, ()) if each.attempt == row.attempt)
        exit_code = next((code for code in exit_codes if code is not None), None)
        return interrupted_report(last_seen(folder), exit_code, can_resume=bool(checkpoint_folders(folder)))

    def _lives(self, row: JobRow) -> bool | None:
        """Return whether a job's worker is alive; None if only its lease can show that."""
        if not processes.is_on_this_host(row.worker):
            return None
        return locks.worker_lives(self._workspace.layout.job(row.id))

    def _enforce_cancellations(self, running: list[JobRow]) -> None:
        cancelled = [row for row in running if row.cancel_requested_at is not None]
        if not cancelled:
            return
        now = self._queue.now()
        for row in cancelled:
            overdue = now - (row.cancel_requested_at or now) > _CANCEL_PATIENCE_S
            if overdue and row.worker is not None and processes.is_on_this_host(row.worker):
                processes.kill(row.worker)
                if self._queue.end_abandoned(row, Status.CANCELLED, asdict(_CANCELLED)):
                    logger.info("killed the worker of job %s", row.id)
                    tidy(self._workspace, self._queue, row.id)

    def _end_stalled(self, running: list[JobRow]) -> None:
        """Kill workers on this machine without a heartbeat for too long, as in a call that never returns.

        The time is measured by this process, and excludes sleep of the machine.
        """
        limit_s = self._workspace.settings.stalled_after_s
        if limit_s <= 0:
            return
        hearts = {}
        for row in running:
            if row.worker is None or not processes.is_on_this_host(row.worker):
                continue
            key = (row.id, row.token)
            hearts[key] = self._hearts.get(key) or Silence(limit_s + _STALLED_MARGIN_S)
            is_stalled = hearts[key].lasts(row.heartbeat_at)
            folder = self._workspace.layout.job(row.id)
            # End the job first: if the catalog cannot be written, no worker can show a heartbeat.
            if is_stalled and self._queue.end_abandoned(
                row, Status.INTERRUPTED, asdict(stalled_report(limit_s, last_seen(folder))), lapsed=True
            ):
                processes.kill(row.worker)
                logger.warning("killed the hanging worker of job %s", row.id)
        self._hearts = hearts

    def _tidy_ended(self, running: set[str]) -> None:
        """Clean up after ended jobs once their processes are gone; the first call checks all jobs."""
        if self._untidy is None:
            self._untidy = self._all_untidy()
        self._untidy |= self._seen - running
        self._seen = running
        self._untidy = {job_id for job_id in self._untidy if not tidy(self._workspace, self._queue, job_id)}

    def _all_untidy(self) -> set[str]:
        return {
            folder.name
            for folder in (self._workspace.layout.home / "jobs").iterdir()
            if is_id(folder.name) and _is_untidy(folder)
        }

    def look_for_leftovers(self) -> None:
        """Clean up after all ended jobs, including those this process has not seen running."""
        with self._lock:
            self._untidy = None
            self._look_after()


def _exit_code(process: subprocess.Popen[bytes]) -> int | None:
    """Return the exit code of a dead worker; its locks are released a moment before it has one."""
    try:
        return process.wait(_EXIT_PATIENCE_S)
    except subprocess.TimeoutExpired:
        return None


def _is_untidy(folder: Path) -> bool:
    return is_open(folder) or has_leftovers(folder)


def tidy(workspace: Workspace, queue: Queue, job_id: str) -> bool:
    """Clean up after an ended job, unless its worker is still alive or a new one is running.

    Returns
    -------
    Whether the cleanup is complete.
    """
    folder = workspace.layout.job(job_id)
    if not _is_untidy(folder):
        return True
    with locks.without_worker(folder) as alone:
        if not alone:
            return False
        try:
            status = queue.job(job_id).status
            if status.is_active:
                # Its next worker cleans up first.
                return True
        except NotFoundError:
            # Belongs to another owner, or was deleted meanwhile.
            return True
        # A stopped job can be resumed from its checkpoints; one that has succeeded never is.
        remove_leftovers(folder, checkpoints=status == Status.SUCCEEDED)
        return settle(workspace, job_id)
