"""The process that does one job: ``python -m embedlab.jobs.worker JOB_ID``.

It takes a slot, claims the job, works, and writes the outcome in one transaction. Nothing here knows who started it.
"""

from __future__ import annotations

import logging
import secrets
import sys
import threading
import traceback
from dataclasses import asdict

from embedlab.errors import CancelledError
from embedlab.jobs import locks
from embedlab.jobs.context import JobContext, remove_leftovers
from embedlab.jobs.error_report import ErrorReport
from embedlab.jobs.handlers import handler_of
from embedlab.jobs.heartbeat import Heartbeat
from embedlab.jobs.processes import this_process, threads_per_slot
from embedlab.jobs.queue import Queue
from embedlab.settings import load_settings
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace

logger = logging.getLogger("embedlab")


def execute(workspace: Workspace, job_id: str) -> bool:
    """Do a job if a slot is free and nobody else has it; return whether it was done here."""
    slot = locks.hold_slot(workspace.layout.locks, workspace.settings.slots)
    if slot is None:
        return False
    try:
        return _execute_in_slot(workspace, job_id)
    finally:
        slot.release()


def _execute_in_slot(workspace: Workspace, job_id: str) -> bool:
    queue = Queue(workspace.catalogue)
    folder = workspace.layout.job(job_id)
    folder.mkdir(parents=True, exist_ok=True)
    sign_of_life = locks.hold_job(folder)
    if sign_of_life is None:
        return False
    token = secrets.token_hex(16)
    try:
        if not queue.claim(job_id, token, this_process()):
            return False
        _work(workspace, queue, job_id, token)
        return True
    finally:
        sign_of_life.release()


def _work(workspace: Workspace, queue: Queue, job_id: str, token: str) -> None:
    folder = workspace.layout.job(job_id)
    stop = threading.Event()
    cancelled = asdict(ErrorReport.of(CancelledError("The job was cancelled.")))

    def abandon() -> None:
        queue.finish(job_id, token, Status.CANCELLED, error=cancelled)
        remove_leftovers(folder, checkpoints=False)

    with Heartbeat(queue, job_id, token, stop, abandon):
        try:
            job = queue.job(job_id)
            context = JobContext(folder, threads_per_slot(workspace.settings), stop)
            outcome = handler_of(job.kind)(workspace, job, context)
            held = queue.finish(job_id, token, Status.SUCCEEDED, result=outcome.result, store=outcome.store)
            if held:
                outcome.afterwards()
            remove_leftovers(folder, checkpoints=held)
        except CancelledError:
            abandon()
        except Exception as error:
            logger.error("%s", traceback.format_exc())
            queue.finish(job_id, token, Status.FAILED, error=asdict(ErrorReport.of(error)))
            remove_leftovers(folder, checkpoints=False)


def main(arguments: list[str]) -> int:
    """Do the job named by the only argument."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    for noisy in ("gensim", "alembic", "absl", "tensorflow"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    workspace = Workspace.open(load_settings())
    try:
        execute(workspace, arguments[0])
    finally:
        workspace.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
