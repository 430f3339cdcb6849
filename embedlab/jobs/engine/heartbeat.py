"""A worker's heartbeat: renews the lease, detects a cancellation, and ends the process if it does not stop.

It also ends the process if the work has made no progress for so long that it must hang, which frees the slot.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from embedlab.jobs.engine.queue import HEARTBEAT_S, LEASE_S, Queue

_LISTEN_S = 0.3
_GRACE_S = 1.0
#: A longer gap between two beats means that the machine was asleep, not that the work hangs.
LONGEST_GAP_S = 5.0
#: Exit code of a worker that ended itself.
ENDED_ITSELF = 75
logger = logging.getLogger(__name__)


class Heartbeat:
    """Renews a job's lease in a separate thread.

    Parameters
    ----------
    queue, job_id, token
        The lease.
    stop
        Set when the work should stop.
    abandon
        Called before the process ends itself because the work did not react to `stop` in time, or (with True) because
        it hangs. Returns whether this ended the job; otherwise the job has just ended by itself.
    n_signs
        Returns the number of signs of life so far; see `Silence`.
    stalled_after_s
        Seconds without a sign of life after which the work is considered hanging; 0 for never.
    """

    def __init__(
        self,
        queue: Queue,
        job_id: str,
        token: str,
        stop: threading.Event,
        abandon: Callable[[bool], bool],
        *,
        n_signs: Callable[[], int] = lambda: 0,
        stalled_after_s: float = 0.0,
    ) -> None:
        self._queue = queue
        self._job_id = job_id
        self._token = token
        self._stop = stop
        self._abandon = abandon
        self._n_signs = n_signs
        self._silence = Silence(stalled_after_s)
        self._over = threading.Event()
        self._cancelled_at: float | None = None
        self._renewed_at = time.monotonic()
        self._reached_at = time.monotonic()
        self._is_logged = False
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.cease()
        self._thread.join(timeout=2 * HEARTBEAT_S)

    def cease(self) -> None:
        """Stop beating; call it before ending the job, because an ended job looks like a lost lease."""
        self._over.set()

    def _beat(self) -> None:
        while not self._over.wait(_LISTEN_S):
            if self._silence.lasts(self._n_signs()):
                self._end(stalled=True)
            try:
                held, cancel_requested = self._listen()
            except SQLAlchemyError:
                # The database may be briefly unreachable; the lease tolerates that.
                logger.warning("the catalog cannot be reached", exc_info=True)
                if time.monotonic() - self._reached_at > 10 * LEASE_S:
                    os._exit(ENDED_ITSELF)
                continue
            self._reached_at = time.monotonic()
            if not self._over.is_set():
                self._obey(held, cancel_requested)

    def _listen(self) -> tuple[bool, bool]:
        """Return `(lease is still held, cancellation is requested)`; renews the lease when due."""
        if time.monotonic() - self._renewed_at >= HEARTBEAT_S:
            try:
                answer = self._queue.renew(self._job_id, self._token)
            except SQLAlchemyError:
                # On a full disk nobody can write, so nobody can take the job: reading is enough.
                answer = self._queue.look(self._job_id, self._token)
                if not self._is_logged:
                    logger.warning("the lease cannot be renewed", exc_info=True)
                self._is_logged = True
            else:
                self._is_logged = False
            self._renewed_at = time.monotonic()
            return answer
        return self._queue.look(self._job_id, self._token)

    def _obey(self, held: bool, cancel_requested: bool) -> None:
        if not held:
            logger.error("the lease was lost; ending")
            os._exit(ENDED_ITSELF)
        if cancel_requested and self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self._stop.set()
        if self._cancelled_at is not None and time.monotonic() - self._cancelled_at > _GRACE_S:
            self._end(stalled=False)

    def _end(self, *, stalled: bool) -> None:
        try:
            if not self._abandon(stalled):
                return
        except SQLAlchemyError:
            # Whoever detects the dead process ends the job.
            logger.warning("the catalog cannot be written", exc_info=True)
        os._exit(ENDED_ITSELF)


class Silence:
    """Measures how long the work has shown no sign of life while the machine was awake.

    Parameters
    ----------
    limit_s
        Seconds after which it is too long; 0 for never.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._sign: object = None
        self._silent_s = 0.0
        self._checked_at = time.monotonic()

    def lasts(self, sign: object) -> bool:
        """Check the current sign; return whether it has not changed for too long."""
        now = time.monotonic()
        if sign == self._sign:
            self._silent_s += min(now - self._checked_at, LONGEST_GAP_S)
        else:
            self._silent_s = 0.0
        self._sign, self._checked_at = sign, now
        return 0 < self._limit_s <= self._silent_s
