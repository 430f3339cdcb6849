"""Locks that live and die with a worker process: its slot, and the sign that it is alive.

The operating system frees such a lock the moment a process dies, however it dies. Where a file system knows no locks,
everything still works by the heartbeat lease alone, only slower.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

_PATIENCE_S = 2.0


def _lock(path: Path) -> FileLock:
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, thread_local=False)


def hold_slot(locks: Path, slots: int) -> FileLock | None:
    """Take one of the slots for as long as this process lives; None when all are taken."""
    for number in range(slots):
        lock = _lock(locks / f"slot-{number}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        except NotImplementedError:
            return lock
        return lock
    return None


def hold_job(job_folder: Path) -> FileLock | None:
    """Take the sign of life of a job; None when another worker has it."""
    lock = _lock(job_folder / "worker.lock")
    with suppress(NotImplementedError):
        try:
            # A page that looks whether the worker lives holds the lock for an instant.
            lock.acquire(timeout=_PATIENCE_S)
        except Timeout:
            return None
    return lock


def worker_lives(job_folder: Path) -> bool | None:
    """Tell whether a worker of this machine holds the job; None where locks are unknown."""
    path = job_folder / "worker.lock"
    try:
        return _is_held(path) if path.exists() else False
    except NotImplementedError:
        return None


def _is_held(path: Path) -> bool:
    lock = _lock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False
