"""The worker process for one job: ``python -m embedlab.jobs.engine.worker JOB_ID``.

It acquires a slot, claims the job, runs it, and stores the outcome in one transaction, independently of who started it.
"""

from __future__ import annotations

import logging
import secrets
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from embedlab.core.errors import CancelledError, NotFoundError, StorageError
from embedlab.core.settings import load_settings
from embedlab.jobs.engine import locks
from embedlab.jobs.engine.context import JobContext, remove_leftovers
from embedlab.jobs.engine.error_report import ErrorReport, stalled_report
from embedlab.jobs.engine.heartbeat import Heartbeat
from embedlab.jobs.engine.journal import settle
from embedlab.jobs.engine.processes import this_process, threads_per_slot
from embedlab.jobs.engine.progress import last_seen
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.engine.snapshots import bound_snapshots
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.kinds.registry import job_kind
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace

_ENDING_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0, 10.0)
#: Ten minutes for results: time to restart a database, or to free space on a full disk.
_FINISH_PAUSES_S = (*_ENDING_PAUSES_S, *(30.0,) * 19)
_CANCELLED = ErrorReport("CancelledError", "The job was cancelled.")
logger = logging.getLogger("embedlab")


def execute(workspace: Workspace, job_id: str, *, own_process: bool = False) -> bool:
    """Run a job if a slot is free and no other worker has it; return whether it was run here.

    With `own_process`, this process was started for the job only, so that its memory is the job's.
    """
    slot = locks.hold_slot(workspace.layout.locks, workspace.settings.slots)
    if slot is None:
        return False
    try:
        return _execute_in_slot(workspace, job_id, own_process=own_process)
    finally:
        slot.release()


def _execute_in_slot(workspace: Workspace, job_id: str, *, own_process: bool) -> bool:
    queue = Queue(workspace.catalog)
    folder = workspace.layout.job(queue.job(job_id).id)
    folder.mkdir(parents=True, exist_ok=True)
    lock = locks.hold_job(folder)
    if lock is None:
        return False
    token = secrets.token_hex(16)
    try:
        if not queue.claim(job_id, token, this_process()):
            return False
        _work(workspace, queue, job_id, token, own_process=own_process)
        return True
    finally:
        lock.release()


def _work(workspace: Workspace, queue: Queue, job_id: str, token: str, *, own_process: bool) -> None:
    folder = workspace.layout.job(job_id)
    stop = threading.Event()
    context: JobContext | None = None

    def abandon(stalled: bool) -> bool:
        # The work may still write, so nothing is removed here: whoever detects the dead process does that.
        limit_s = workspace.settings.stalled_after_s
        status, report = (
            (Status.INTERRUPTED, stalled_report(limit_s, last_seen(folder)))
            if stalled
            else (Status.CANCELLED, _CANCELLED)
        )
        ended = queue.finish(job_id, token, status, error=asdict(report))
        if ended:
            logger.error("%s", report.what)
            remove_leftovers(folder, checkpoints=False)
        return ended

    heartbeat = Heartbeat(
        queue,
        job_id,
        token,
        stop,
        abandon,
        n_signs=lambda: 0 if context is None else context.n_signs,
        stalled_after_s=workspace.settings.stalled_after_s,
    )
    with heartbeat:
        storing = False
        try:
            job = queue.job(job_id)
            _settle_predecessors(workspace, job_id)
            context = JobContext(
                folder,
                threads_per_slot(workspace.settings),
                stop,
                own_process=own_process,
                stop_requested=lambda: queue.stop_requested(job_id),
                current_request=lambda: queue.job(job_id).request,
            )
            kind = job_kind(job.kind)
            outcome = kind.handle(workspace, job, kind.checked(job.request), context)
            heartbeat.cease()
            storing = True
            held = _finish(queue, job_id, token, Status.SUCCEEDED, result=outcome.result, store=outcome.store)
        except Exception as error:
            heartbeat.cease()
            if isinstance(error, CancelledError):
                status, report = Status.CANCELLED, _CANCELLED
            else:
                logger.error("%s", traceback.format_exc())
                status, report = Status.FAILED, ErrorReport.of(error)
            # Free space first: on a full disk, even the status could not be written.
            remove_leftovers(folder, checkpoints=False)
            if not storing:
                _settle(workspace, queue, job_id, token)
            _finish(queue, job_id, token, status, error=asdict(report))
            # If only the reply to storing the results was lost, it is now certain whether they were stored.
            _settle(workspace, queue, job_id, token)
            return
        if held:
            _afterwards(outcome)
        remove_leftovers(folder, checkpoints=held)
        _settle(workspace, queue, job_id, token)
    if job.run_id is not None:
        _bound_snapshots(workspace)


def _settle_predecessors(workspace: Workspace, job_id: str) -> None:
    """Clean up after an earlier worker of the job; better to fail now than after all the work."""
    if not settle(workspace, job_id):
        raise StorageError(
            "Files of an earlier attempt cannot be deleted.",
            received=job_id,
            remedy="Check the permissions of the folder EMBEDLAB_HOME.",
        )


def _settle(workspace: Workspace, queue: Queue, job_id: str, token: str) -> None:
    """Remove files that are not in the catalog, unless another worker has the job and will do so."""
    try:
        with suppress(NotFoundError):
            row = queue.job(job_id)
            if row.status.is_active and row.token != token:
                return
        settle(workspace, job_id)
    except (SQLAlchemyError, OSError):
        logger.warning("the job's journal stays open", exc_info=True)


def _afterwards(outcome: Outcome) -> None:
    try:
        outcome.afterwards()
    except Exception:
        # The job has succeeded; a failed cleanup does not change that.
        logger.exception("the cleanup after the job failed")


def _bound_snapshots(workspace: Workspace) -> None:
    try:
        bound_snapshots(workspace)
    except (SQLAlchemyError, OSError):
        logger.warning("the snapshots of old runs could not be checked", exc_info=True)


def _finish(queue: Queue, job_id: str, token: str, status: Status, **results: Any) -> bool:
    """End the job, with retries: hours of work must not be lost because the database is briefly unreachable."""
    for pause_s in _FINISH_PAUSES_S if status == Status.SUCCEEDED else _ENDING_PAUSES_S:
        try:
            return queue.finish(job_id, token, status, **results) or _is_ended(queue, job_id, token, status)
        except (OperationalError, InterfaceError):
            logger.warning("the catalog cannot be written; trying again in %.1f s", pause_s, exc_info=True)
            time.sleep(pause_s)
    return queue.finish(job_id, token, status, **results) or _is_ended(queue, job_id, token, status)


def _is_ended(queue: Queue, job_id: str, token: str, status: Status) -> bool:
    """Return whether an earlier try succeeded although its reply was lost."""
    job = queue.job(job_id)
    return job.token == token and job.status == status == Status.SUCCEEDED


def main(arguments: list[str]) -> int:
    """Run the job named by the only argument."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    for noisy in ("gensim", "alembic", "absl", "tensorflow"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    workspace = Workspace.open(load_settings())
    try:
        execute(workspace, arguments[0], own_process=True)
    finally:
        workspace.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
