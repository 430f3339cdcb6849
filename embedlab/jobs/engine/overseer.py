"""Moving the queue along: starting workers for waiting jobs, noticing dead ones, ending those that do not hear.

Any number of processes may do this for one workspace at once: a job is claimed by one worker alone, and every change of
its status is guarded. Two that start a worker for the same job cost a process that looks and goes.
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
from embedlab.jobs.engine import locks, processes
from embedlab.jobs.engine.context import has_leftovers, remove_leftovers
from embedlab.jobs.engine.error_report import ErrorReport, stalled_report
from embedlab.jobs.engine.heartbeat import Silence
from embedlab.jobs.engine.journal import is_open, settle
from embedlab.jobs.engine.queue import LEASE_S, Queue
from embedlab.workspace.catalog import is_id
from embedlab.workspace.rows import JobRow, Status
from embedlab.workspace.tables import jobs
from embedlab.workspace.workspace import Workspace

#: A worker that has not claimed its job after this time hangs, and is ended.
_START_PATIENCE_S = 120.0
#: A job whose workers died this often before they began fails.
_MOST_STARTS = 3
#: Seconds after which a worker that does not hear a cancellation is ended from outside.
_CANCEL_PATIENCE_S = 1.3
#: A worker that hangs ends itself; only one whose heart stands still too is ended from outside, so much later.
_STALLED_MARGIN_S = 30.0
logger = logging.getLogger(__name__)

INTERRUPTED = ErrorReport(
    "InterruptedError", "The worker process ended before its work was done.", remedy="Resume it or start it again."
)
_CANCELLED = ErrorReport("CancelledError", "The job was cancelled.")
_NO_WORKER = ErrorReport(
    "StorageError",
    "No worker process could be started for the job.",
    remedy="The log tells more. Mend the cause, and start it again.",
)


@dataclass(frozen=True)
class _Started:
    """A worker this process has started, and the attempt at a job it is for."""

    process: subprocess.Popen[bytes]
    attempt: int
    started_at: float


class Overseer:
    """Looks after the owner's jobs, for one process."""

    def __init__(self, workspace: Workspace, queue: Queue) -> None:
        self._workspace = workspace
        self._queue = queue
        self._started: dict[str, list[_Started]] = {}
        self._failed_starts: Counter[tuple[str, int]] = Counter()
        self._hearts: dict[tuple[str, str | None], Silence] = {}
        # Seen at work; and ended, but perhaps not yet put in order.
        self._seen: set[str] = set()
        self._untidy: set[str] | None = None
        self._lock = threading.Lock()

    def dispatch(self) -> None:
        """Start workers for waiting jobs as far as slots are free, and look after running ones. Cheap; call often."""
        with self._lock:
            active = self._look_after()
            queued = [row for row in active if row.status == Status.QUEUED]
            starting = sum(row.id in self._started for row in queued)
            active_ids = {row.id for row in active}
            # A job may have to wait for others, however they end.
            waiting = [
                row
                for row in queued
                if row.id not in self._started and active_ids.isdisjoint(row.request.get("after", ()))
            ]
            if not waiting:
                return
            settings = self._workspace.settings
            free = locks.free_slots(self._workspace.layout.locks, settings.slots) - starting
            for row in waiting[: max(0, free)]:
                self._start(row)

    def look_after(self) -> None:
        """Notice dead workers, and end those that do not hear a cancellation; start nothing."""
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
        """Collect a job's ended workers; give the job up when they die again and again before they begin."""
        going_on = []
        for worker in self._started.pop(job_id, []):
            exit_code = worker.process.poll()
            if exit_code is None and waiting is not None and time.monotonic() - worker.started_at > _START_PATIENCE_S:
                worker.process.kill()
                exit_code = worker.process.wait()
            if exit_code is None:
                going_on.append(worker)
            elif exit_code != 0 and waiting is not None and worker.attempt == waiting.attempt:
                self._failed_starts[job_id, worker.attempt] += 1
        if going_on:
            self._started[job_id] = going_on
        if waiting is None or self._failed_starts[job_id, waiting.attempt] < _MOST_STARTS:
            return False
        return self._queue.give_up(waiting, asdict(_NO_WORKER))

    def notice_dead(self, running: list[JobRow]) -> bool:
        """End those of the running jobs whose worker is gone; tell whether there were any."""
        noticed = False
        for row in running:
            lives = self._lives(row)
            if lives is True or (lives is None and self._queue.now() - (row.heartbeat_at or 0.0) < LEASE_S):
                continue
            status, error = (
                (Status.CANCELLED, _CANCELLED) if row.cancel_requested else (Status.INTERRUPTED, INTERRUPTED)
            )
            if self._queue.end_unled(row, status, asdict(error), lapsed=lives is None):
                noticed = True
                tidy(self._workspace, self._queue, row.id)
        return noticed

    def _lives(self, row: JobRow) -> bool | None:
        """Tell whether a job's worker lives; None when only its lease can tell."""
        if not processes.is_on_this_host(row.worker):
            return None
        return locks.worker_lives(self._workspace.layout.job(row.id))

    def _enforce_cancellations(self, running: list[JobRow]) -> None:
        asked = [row for row in running if row.cancel_requested_at is not None]
        if not asked:
            return
        now = self._queue.now()
        for row in asked:
            overdue = now - (row.cancel_requested_at or now) > _CANCEL_PATIENCE_S
            if overdue and row.worker is not None and processes.is_on_this_host(row.worker):
                processes.kill(row.worker)
                if self._queue.end_unled(row, Status.CANCELLED, asdict(_CANCELLED)):
                    logger.info("ended the worker of job %s", row.id)
                    tidy(self._workspace, self._queue, row.id)

    def _end_stalled(self, running: list[JobRow]) -> None:
        """End workers of this machine whose very heart has stood still for too long, as in a call that never returns.

        The time is this process's own, without the sleep of the machine.
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
            still = hearts[key].lasts(row.heartbeat_at)
            # Ended first: where the catalog cannot be written, no heart can show that it beats.
            if still and self._queue.end_unled(row, Status.INTERRUPTED, asdict(stalled_report(limit_s)), lapsed=True):
                processes.kill(row.worker)
                logger.warning("ended the worker of job %s, which hung", row.id)
        self._hearts = hearts

    def _tidy_ended(self, running: set[str]) -> None:
        """Put in order what ended jobs have left, once their processes are gone; at first of all jobs there are."""
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
        """Put in order what any ended job has left, also those that this process has not seen at work."""
        with self._lock:
            self._untidy = None
            self._look_after()


def _is_untidy(folder: Path) -> bool:
    return is_open(folder) or has_leftovers(folder)


def tidy(workspace: Workspace, queue: Queue, job_id: str) -> bool:
    """Take back what a job that is over has left, unless its worker still lives or a new one is at it.

    Returns
    -------
    Whether there is nothing left to do.
    """
    folder = workspace.layout.job(job_id)
    if not _is_untidy(folder):
        return True
    with locks.without_worker(folder) as alone:
        if not alone:
            return False
        try:
            if queue.job(job_id).status.is_active:
                # Whoever takes it settles first.
                return True
        except NotFoundError:
            # Another owner's, or deleted meanwhile.
            return True
        remove_leftovers(folder, checkpoints=False)
        return settle(workspace, job_id)
