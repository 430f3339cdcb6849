"""A worker's heart: renews the lease, hears a cancellation, and ends the process when it does not stop by itself."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from embedlab.jobs.queue import HEARTBEAT_S, LEASE_S, Queue

_LISTEN_S = 0.3
_GRACE_S = 1.0
#: Exit code of a worker that ended itself.
ENDED_ITSELF = 75
logger = logging.getLogger(__name__)


class Heartbeat:
    """Renews a job's lease in a thread of its own.

    Parameters
    ----------
    queue, job_id, token
        The lease.
    stop
        Set when the work should stop.
    abandon
        Called before the process ends itself because the work did not hear `stop` in time.
    """

    def __init__(
        self, queue: Queue, job_id: str, token: str, stop: threading.Event, abandon: Callable[[], None]
    ) -> None:
        self._queue = queue
        self._job_id = job_id
        self._token = token
        self._stop = stop
        self._abandon = abandon
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join(timeout=2 * HEARTBEAT_S)

    def _beat(self) -> None:
        asked_at: float | None = None
        reached_at = time.monotonic()
        while not self._over.wait(_LISTEN_S):
            try:
                held, cancel_requested = self._queue.renew(self._job_id, self._token)
            except SQLAlchemyError:
                # The database may be away for a moment; the lease forgives that.
                logger.warning("the catalogue cannot be reached", exc_info=True)
                if time.monotonic() - reached_at > 10 * LEASE_S:
                    os._exit(ENDED_ITSELF)
                continue
            reached_at = time.monotonic()
            if not held and not self._over.is_set():
                logger.error("the lease was lost; ending")
                os._exit(ENDED_ITSELF)
            if cancel_requested and asked_at is None:
                asked_at = time.monotonic()
                self._stop.set()
            if asked_at is not None and time.monotonic() - asked_at > _GRACE_S:
                self._abandon()
                os._exit(ENDED_ITSELF)
