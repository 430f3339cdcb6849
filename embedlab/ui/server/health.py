"""The answer to a monitor: whether the server can do its work, and if not, why."""

from __future__ import annotations

import logging
import sys
from typing import Any

import psutil

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.jobs.engine.health import Health, health
from embedlab.ui.shell import resources

#: Less free disk space than this stops trainings and imports before long.
MIN_FREE_BYTES = 500_000_000
#: The dispatcher moves the queue twice a second, and after an error every few seconds.
MAX_ROUND_AGE_S = 30.0
#: A worker renews its lease every second, and is taken for dead after a minute at most.
MAX_HEARTBEAT_AGE_S = 120.0
#: Beyond this share of the open files that the system allows, the next connections fail.
MAX_SHARE_OF_HANDLES = 0.95
_log = logging.getLogger("embedlab.ui")


def answer() -> dict[str, Any]:
    """Return `ok`, the `reasons` against it as plain sentences, and the figures they come from; never raises."""
    try:
        found = health(resources.workspace())
    except EmbedLabError as error:
        return {"ok": False, "reasons": [f"The workspace cannot be opened: {one_line(error.what, 200)}"]}
    except Exception:
        _log.exception("health")
        return {"ok": False, "reasons": ["The health check failed; see the server's log."]}
    open_files, limit = _handles()
    reasons = [*_reasons(found), *_reasons_of_handles(open_files, limit)]
    figures = {
        "database_writable": found.database_writable,
        "free_disk_bytes": found.free_bytes,
        "dispatcher_age_s": found.dispatcher_round_age_s,
        "oldest_heartbeat_age_s": max(found.heartbeat_ages_s.values(), default=None),
        "running_jobs": len(found.heartbeat_ages_s),
        "open_files": open_files,
        "open_files_limit": limit,
    }
    return {"ok": not reasons, "reasons": reasons, **figures}


def _reasons(found: Health) -> list[str]:
    """Return what is wrong with the workspace and its background work."""
    reasons = []
    if not found.database_writable:
        reasons.append("The database cannot be written.")
    if found.free_bytes is None:
        reasons.append("The free disk space of the workspace folder cannot be read.")
    elif found.free_bytes < MIN_FREE_BYTES:
        reasons.append(
            f"The disk is almost full: {found.free_bytes / 1e6:,.0f} MB are free, and at least "
            f"{MIN_FREE_BYTES / 1e6:,.0f} MB are needed."
        )
    if found.dispatcher_round_age_s is None:
        reasons.append("The dispatcher has not moved the queue yet.")
    elif found.dispatcher_round_age_s > MAX_ROUND_AGE_S:
        reasons.append(f"The dispatcher last moved the queue {found.dispatcher_round_age_s:.0f} s ago.")
    for job_id, age_s in sorted(found.heartbeat_ages_s.items()):
        if age_s > MAX_HEARTBEAT_AGE_S:
            reasons.append(f"The worker of job {job_id} last reported {age_s:.0f} s ago.")
    return reasons


def _reasons_of_handles(open_files: int | None, limit: int | None) -> list[str]:
    if open_files is not None and limit is not None and open_files > MAX_SHARE_OF_HANDLES * limit:
        return [f"Almost all file handles are in use: {open_files:,} of {limit:,}."]
    return []


def _handles() -> tuple[int | None, int | None]:
    """Return how many files this process has open, and how many it may; None where that is unknown or unlimited."""
    if sys.platform == "win32":
        return None, None
    import resource

    try:
        n_open: int | None = psutil.Process().num_fds()
    except (psutil.Error, OSError):
        n_open = None
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return n_open, None if limit == resource.RLIM_INFINITY else limit
