"""Locks with the lifetime of a worker process: its slot, and the sign that it is alive.

The operating system releases such a lock as soon as the process dies. On file systems without locks, everything still
works through the heartbeat lease, only slower.
"""

from __future__ import annotations

import errno
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, SoftFileLock, Timeout

#: Checking whether a worker lives, or a slot is free, takes the lock briefly; the worker waits at most this long.
_PATIENCE_S = 2.0
_RETRY_S = 0.05
_NO_LOCKS_HERE = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK}


class LocksUnknownError(Exception):
    """The file system does not support locks that are released with their process."""


class HeldLock:
    """An acquired lock, or a placeholder on file systems without locks."""

    def __init__(self, lock: FileLock | None) -> None:
        self._lock = lock

    def release(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            self._lock.release()


def _acquire(path: Path, patience_s: float = 0.0) -> HeldLock | None:
    """Acquire a lock; None if another process has it. Raises `LocksUnknownError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, thread_local=False)
    is_acquired = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lock.acquire(timeout=patience_s, poll_interval=_RETRY_S)
    except Timeout:
        is_acquired = False
    except NotImplementedError as error:
        raise LocksUnknownError from error
    except OSError as error:
        if error.errno in _NO_LOCKS_HERE:
            raise LocksUnknownError from error
        raise
    # filelock may fall back to a lock that outlives its process, so that a dead worker would seem alive forever.
    if isinstance(lock, SoftFileLock):
        if is_acquired:
            lock.release()
        raise LocksUnknownError
    return HeldLock(lock) if is_acquired else None


def _slots(locks: Path, slots: int) -> list[Path]:
    return [locks / f"slot-{number}.lock" for number in range(slots)]


def hold_slot(locks: Path, slots: int) -> HeldLock | None:
    """Acquire one of the slots for the lifetime of this process; None if all are in use."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        for path in _slots(locks, slots):
            try:
                lock = _acquire(path)
            except LocksUnknownError:
                return HeldLock(None)
            if lock is not None:
                return lock
        if time.monotonic() >= end:
            return None
        time.sleep(_RETRY_S)


def free_slots(locks: Path, slots: int) -> int:
    """Return the number of free slots; all of them if locks are not supported."""
    try:
        return sum(not is_held(path) for path in _slots(locks, slots))
    except LocksUnknownError:
        return slots


def hold_job(job_folder: Path, patience_s: float = _PATIENCE_S) -> HeldLock | None:
    """Acquire the worker lock of a job; None if a worker has it."""
    try:
        return _acquire(job_folder / "worker.lock", patience_s)
    except LocksUnknownError:
        return HeldLock(None)


@contextmanager
def without_worker(job_folder: Path, patience_s: float = 0.0) -> Iterator[bool]:
    """Keep workers away from a job while its folder is cleaned up; yields False if a worker is running."""
    if not job_folder.exists():
        yield True
        return
    lock = hold_job(job_folder, patience_s)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.release()


def worker_lives(job_folder: Path) -> bool | None:
    """Return whether a worker on this machine holds the job; None if locks are not supported."""
    path = job_folder / "worker.lock"
    try:
        return is_held(path) if path.exists() else False
    except LocksUnknownError:
        return None


def is_held(path: Path) -> bool:
    """Return whether a process holds a lock. Raises `LocksUnknownError`."""
    lock = _acquire(path)
    if lock is None:
        return True
    lock.release()
    return False
