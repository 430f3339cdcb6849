"""Locks that live and die with a worker process: its slot, and the sign that it is alive.

The operating system frees such a lock the moment a process dies, however it dies. Where a file system knows no locks,
everything still works by the heartbeat lease alone, only slower.
"""

from __future__ import annotations

import errno
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, SoftFileLock, Timeout

#: Who looks whether a worker lives, or a slot is free, holds the lock for an instant; the worker waits that long.
_PATIENCE_S = 2.0
_RETRY_S = 0.05
_NO_LOCKS_HERE = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK}


class LocksUnknownError(Exception):
    """The file system knows no locks that die with their process."""


class Held:
    """A lock that is held, or the stand-in for one where the file system knows none."""

    def __init__(self, lock: FileLock | None) -> None:
        self._lock = lock

    def release(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            self._lock.release()


def _take(path: Path, patience_s: float = 0.0) -> Held | None:
    """Take a lock; None when another has it. Raises `LocksUnknownError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, thread_local=False)
    taken = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lock.acquire(timeout=patience_s, poll_interval=_RETRY_S)
    except Timeout:
        taken = False
    except NotImplementedError as error:
        raise LocksUnknownError from error
    except OSError as error:
        if error.errno in _NO_LOCKS_HERE:
            raise LocksUnknownError from error
        raise
    # filelock falls back to a lock that outlives its process, so that a dead worker would seem alive for ever.
    if isinstance(lock, SoftFileLock):
        if taken:
            lock.release()
        raise LocksUnknownError
    return Held(lock) if taken else None


def _slots(locks: Path, slots: int) -> list[Path]:
    return [locks / f"slot-{number}.lock" for number in range(slots)]


def hold_slot(locks: Path, slots: int) -> Held | None:
    """Take one of the slots for as long as this process lives; None when all are taken."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        for path in _slots(locks, slots):
            try:
                held = _take(path)
            except LocksUnknownError:
                return Held(None)
            if held is not None:
                return held
        if time.monotonic() >= end:
            return None
        time.sleep(_RETRY_S)


def free_slots(locks: Path, slots: int) -> int:
    """Return how many slots no worker holds; all of them where locks are unknown."""
    try:
        return sum(not is_held(path) for path in _slots(locks, slots))
    except LocksUnknownError:
        return slots


def hold_job(job_folder: Path, patience_s: float = _PATIENCE_S) -> Held | None:
    """Take the sign of life of a job; None when a worker has it."""
    try:
        return _take(job_folder / "worker.lock", patience_s)
    except LocksUnknownError:
        return Held(None)


@contextmanager
def without_worker(job_folder: Path, patience_s: float = 0.0) -> Iterator[bool]:
    """Keep workers from a job while its folder is put in order; yields False when one is at it."""
    if not job_folder.exists():
        yield True
        return
    held = hold_job(job_folder, patience_s)
    try:
        yield held is not None
    finally:
        if held is not None:
            held.release()


def worker_lives(job_folder: Path) -> bool | None:
    """Tell whether a worker of this machine holds the job; None where locks are unknown."""
    path = job_folder / "worker.lock"
    try:
        return is_held(path) if path.exists() else False
    except LocksUnknownError:
        return None


def is_held(path: Path) -> bool:
    """Tell whether a process holds a lock. Raises `LocksUnknownError`."""
    held = _take(path)
    if held is None:
        return True
    held.release()
    return False
