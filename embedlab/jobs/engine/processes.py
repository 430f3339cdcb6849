"""Starting and stopping worker processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from embedlab.core.settings import Settings
from embedlab.jobs.engine.progress import LOG_FILE
from embedlab.workspace.database import catalog_url

#: Command to run one job; its id is appended. `-P`: do not import modules from the current folder.
WORKER_COMMAND = (sys.executable, "-P", "-m", "embedlab.jobs.engine.worker")
_KILL_PATIENCE_S = 0.3
_ROOT = Path(__file__).resolve().parents[3]


def threads_per_slot(settings: Settings) -> int:
    """Return how many threads one job may use, so that jobs in all slots do not compete for the cores."""
    return max(1, (os.cpu_count() or 1) // settings.slots)


def this_process() -> dict[str, Any]:
    """Describe this process so that it can be identified later: the pid alone may be reused."""
    process = psutil.Process()
    return {"host": socket.gethostname(), "pid": process.pid, "started": process.create_time()}


def is_on_this_host(worker: Mapping[str, Any] | None) -> bool:
    """Return whether a worker runs on this machine."""
    return worker is not None and worker.get("host") == socket.gethostname()


def start_worker(settings: Settings, job_id: str, job_folder: Path) -> subprocess.Popen[bytes]:
    """Start a worker for a job in its own session, so that it outlives the server."""
    job_folder.mkdir(parents=True, exist_ok=True)
    command = [*WORKER_COMMAND, job_id]
    detached: dict[str, Any] = (
        {"creationflags": 0x00000200 | 0x08000000} if sys.platform == "win32" else {"start_new_session": True}
    )
    with (job_folder / LOG_FILE).open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            close_fds=True,
            # Not the job's folder: its files may come from somebody else's backup.
            cwd=_ROOT,
            env=_environment(settings),
            **detached,
        )


def _environment(settings: Settings) -> dict[str, str]:
    threads = str(threads_per_slot(settings))
    pinned = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")
    # Include empty values: they must override the environment of this process.
    variables = {f"EMBEDLAB_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
    # A worker is not a server and does not need the secret.
    variables["EMBEDLAB_ACCESS_TOKEN"] = ""
    if settings.database_url:
        # The worker may have another current folder.
        url = catalog_url(settings).render_as_string(hide_password=False)
        variables["EMBEDLAB_DATABASE_URL"] = url
    return {
        **os.environ,
        **variables,
        **dict.fromkeys(pinned, threads),
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": os.pathsep.join([str(_ROOT), *_absolute(os.environ.get("PYTHONPATH", ""))]),
    }


def _absolute(python_path: str) -> list[str]:
    """Return the folders of a module path as absolute paths, without empty ones (the current folder)."""
    return [str(Path(folder).absolute()) for folder in python_path.split(os.pathsep) if folder]


def kill(worker: Mapping[str, Any]) -> bool:
    """Kill a worker on this machine with all its children; False if it has ended or the pid was reused."""
    try:
        process = psutil.Process(int(worker["pid"]))
        if abs(process.create_time() - float(worker["started"])) > 1.0:
            return False
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return False
    for member in family:
        with suppress(psutil.Error):
            member.terminate()
    _, alive = psutil.wait_procs(family, timeout=_KILL_PATIENCE_S)
    for member in alive:
        with suppress(psutil.Error):
            member.kill()
    return True
