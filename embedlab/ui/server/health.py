"""The health check: whether the server works, and if not, why."""

from __future__ import annotations

import logging
import sys
from typing import Any

import psutil

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.jobs.engine.health import Health, health
from embedlab.ui.shell import resources

#: With less free disk space than this, training and imports soon fail.
MIN_FREE_BYTES = 500_000_000
#: The dispatcher processes the queue twice a second, and every few seconds after an error.
MAX_ROUND_AGE_S = 30.0
#: A worker renews its lease every second, and is considered dead after at most a minute.
MAX_HEARTBEAT_AGE_S = 120.0
#: Above this share of the limit on open files, new connections soon fail.
MAX_SHARE_OF_HANDLES = 0.95
_log = logging.getLogger("embedlab.ui")


def check() -> dict[str, Any]:
    """Return `ok`, `reasons` if it is False, and the underlying figures; never raises."""
    try:
        status = health(resources.workspace())
    except EmbedLabError as error:
        return {"ok": False, "reasons": [f"The workspace cannot be opened: {one_line(error.what, 200)}"]}
    except Exception:
        _log.exception("health")
        return {"ok": False, "reasons": ["The health check failed; see the server's log."]}
    open_files, limit = _handles()
    reasons = [*_reasons(status), *_reasons_of_handles(open_files, limit)]
    figures = {
        "database_writable": status.database_writable,
        "free_disk_bytes": status.free_bytes,
        "dispatcher_age_s": status.dispatcher_round_age_s,
        "oldest_heartbeat_age_s": max(status.heartbeat_ages_s.values(), default=None),
        "running_jobs": len(status.heartbeat_ages_s),
        "open_files": open_files,
        "open_files_limit": limit,
    }
    return {"ok": not reasons, "reasons": reasons, **figures}


def _reasons(status: Health) -> list[str]:
    """Return what is wrong with the workspace and its background jobs."""
    reasons = []
    if not status.database_writable:
        reasons.append("The database is not writable.")
    if status.free_bytes is None:
        reasons.append("The free disk space of the workspace folder cannot be read.")
    elif status.free_bytes < MIN_FREE_BYTES:
        reasons.append(
            f"The disk is almost full: {status.free_bytes / 1e6:,.0f} MB are free, and at least "
            f"{MIN_FREE_BYTES / 1e6:,.0f} MB are needed."
        )
    if status.dispatcher_round_age_s is None:
        reasons.append("The dispatcher has not processed the queue yet.")
    elif status.dispatcher_round_age_s > MAX_ROUND_AGE_S:
        reasons.append(f"The dispatcher last processed the queue {status.dispatcher_round_age_s:.0f} s ago.")
    for job_id, age_s in sorted(status.heartbeat_ages_s.items()):
        if age_s > MAX_HEARTBEAT_AGE_S:
            reasons.append(f"The worker of job {job_id} last reported {age_s:.0f} s ago.")
    return reasons


def _reasons_of_handles(open_files: int | None, limit: int | None) -> list[str]:
    if open_files is not None and limit is not None and open_files > MAX_SHARE_OF_HANDLES * limit:
        return [f"Almost all file handles are in use: {open_files:,} of {limit:,}."]
    return []


def _handles() -> tuple[int | None, int | None]:
    """Return the number of open files and its limit; None if unknown or unlimited."""
    if sys.platform == "win32":
        return None, None
    import resource

    try:
        n_open: int | None = psutil.Process().num_fds()
    except (psutil.Error, OSError):
        n_open = None
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return n_open, None if limit == resource.RLIM_INFINITY else limit
