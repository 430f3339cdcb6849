"""A worker whose handlers do next to nothing, in the ways that matter to the machinery around them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

import numpy as np
import sqlalchemy as sa

from embedlab.core.errors import InputError
from embedlab.jobs.engine import worker
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.kinds.registry import LOADED
from embedlab.models.contract.base import State
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import JobRow
from embedlab.workspace.workspace import Workspace
from tests.jobs.stub_kinds import StubKind


def _nothing(connection: sa.Connection) -> None:
    del connection


def count(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Count slowly, hearing a cancellation; at the first attempt up to `first_steps`."""
    steps = int(job.request.get("first_steps" if job.attempt == 1 else "steps", job.request["steps"]))
    for step in range(steps):
        context.report(step / steps, "at work")
        time.sleep(float(job.request.get("pause_s", 0.05)))
    return Outcome({"counted": job.request["steps"], "pid": os.getpid()}, _nothing)


def deaf(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Sleep without ever asking whether to stop."""
    context.report(0.0, "at work")
    (context.scratch / "large").write_bytes(b"x" * 1000)
    time.sleep(120)
    return Outcome({}, _nothing)


def stone_deaf(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Hold the interpreter's lock, as a long call into C does: the heartbeat stands still too."""
    context.report(0.0, "at work")
    ctypes.PyDLL(None).sleep(120)
    return Outcome({}, _nothing)


def refuse(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Fail on the input."""
    raise InputError("One word is not enough.", received="hotel", remedy="Bring more text.")


def crash(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Fail on an error nobody foresaw."""
    raise ZeroDivisionError("secret of the data")


def fill_disk(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Write more than may be written."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    State({"vectors": np.zeros(1_000_000, dtype=np.float32)}).save(context.makes(workspace.layout.run(job.id)))
    return Outcome({}, _nothing)


def learn(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Train: five epochs, a checkpoint after each; stop for good at `stop_after` unless resumed."""
    context._checkpoint_at = -1e9
    resumed = context.resume_state
    epoch = 0 if resumed is None else int(resumed.arrays["epoch"][0])
    started_at = epoch
    while epoch < 5:
        context.progress(epoch=epoch, n_epochs=5, share_of_epoch=0.0)
        epoch += 1
        context.record(epoch, loss=1.0 / epoch)
        context.checkpoint(epoch, lambda epoch=epoch: State({"epoch": np.array([epoch])}))
        context._checkpoint_at = -1e9
        if epoch == job.request.get("stop_after") and resumed is None and job.attempt == 1:
            context._progress.write(0.5, "at work", force=True)
            time.sleep(120)
    return Outcome({"started_at": started_at}, _nothing)


def lose_lease(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Go on working after somebody else took the job, until the heartbeat ends the process."""
    context.report(0.0, "at work")
    time.sleep(120)
    (workspace.settings.home / "written-too-late").touch()
    return Outcome({}, _nothing)


def keep_writing(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Put one folder after the other into the workspace, deaf to any cancellation."""
    context.report(0.0, "at work")
    end = time.monotonic() + 120
    while time.monotonic() < end:
        context.makes(workspace.layout.embedding(new_id())).mkdir()
    return Outcome({}, _nothing)


def undo_late(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Hear a cancellation just when the heart gives up waiting, so that both end the job at once."""
    context.report(0.0, "at work")
    while not context._stop.is_set():
        time.sleep(0.01)
    end = time.monotonic() + float(job.request["late_s"])
    while time.monotonic() < end:
        context.makes(workspace.layout.embedding(new_id())).mkdir()
        time.sleep(0.005)
    context.check_cancelled()
    return Outcome({}, _nothing)


def stall(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Train for two epochs, and then hang for good; when resumed, go on to the end."""
    context._checkpoint_at = -1e9
    if context.resume_state is not None:
        return Outcome({"resumed_at": int(context.resume_state.arrays["epoch"][0])}, _nothing)
    context.checkpoint(2, lambda: State({"epoch": np.array([2])}))
    context.report(0.5, "at work")
    if job.request.get("heart_too"):
        ctypes.PyDLL(None).sleep(120)
    time.sleep(120)
    return Outcome({}, _nothing)


STUBS = {
    "keep_writing": keep_writing,
    "stall": stall,
    "undo_late": undo_late,
    "count": count,
    "deaf": deaf,
    "stone_deaf": stone_deaf,
    "refuse": refuse,
    "crash": crash,
    "fill_disk": fill_disk,
    "train": learn,
    "lose_lease": lose_lease,
}

if __name__ == "__main__":
    if os.environ.get("EMBEDLAB_TEST_DIES_AT_START"):
        with open(os.environ["EMBEDLAB_TEST_DIES_AT_START"], "a") as starts:  # noqa: PTH123
            starts.write("x")
        raise SystemExit(3)
    if os.environ.get("EMBEDLAB_TEST_STALLS_WHEN_TRAINING"):
        STUBS["train"] = stall
    LOADED.update({name: StubKind(name, handler) for name, handler in STUBS.items()})
    worker.logger.info("stub worker, %s threads", threading.active_count())
    raise SystemExit(worker.main(sys.argv[1:]))
