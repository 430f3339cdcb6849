"""The thread of a server that keeps the queue moving."""

from __future__ import annotations

import logging
import threading

from embedlab.jobs.jobs import Jobs

_INTERVAL_S = 0.5
_SWEEP_EVERY = 1200
logger = logging.getLogger(__name__)


class Dispatcher:
    """Calls `Jobs.dispatch` twice a second, and sweeps the workspace now and then. Workers outlive it."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; running workers go on."""
        self._over.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        rounds = 0
        while not self._over.wait(_INTERVAL_S):
            try:
                self._jobs.dispatch()
                if rounds % _SWEEP_EVERY == 0:
                    self._jobs.workspace.sweep()
            except Exception:
                # Whatever it was, a server whose queue stands still is worse.
                logger.exception("the queue could not be looked after; trying again")
            rounds += 1
