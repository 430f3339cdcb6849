"""The thread of a server that keeps the queue moving, whether or not anybody looks at a page."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from embedlab.jobs.jobs import Jobs

_INTERVAL_S = 0.5
#: After an error the next try waits longer, so that a workspace that is away fills no log.
_PAUSE_AFTER_ERROR_S = 5.0
_HOUSEKEEPING_EVERY_S = 600.0
_LEAVING_PATIENCE_S = 5.0
#: By workspace folder the moment (monotonic) of the last round of a dispatcher of this process.
_last_rounds: dict[Path, float] = {}
logger = logging.getLogger(__name__)


class Dispatcher:
    """Calls `Jobs.dispatch` twice a second, and keeps house now and then. Workers outlive it.

    Parameters
    ----------
    open_jobs
        Returns the jobs to look after; asked in every round, for a workspace that cannot be opened now may be later.
    """

    def __init__(self, open_jobs: Callable[[], Jobs]) -> None:
        self._open_jobs = open_jobs
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._keep_house_at = time.monotonic()
        self._told = ""

    @property
    def is_running(self) -> bool:
        """Whether the thread is at work."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin; the first round comes at once."""
        self._thread.start()

    def stop(self) -> None:
        """End; running workers go on."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_LEAVING_PATIENCE_S)

    def _run(self) -> None:
        home: Path | None = None
        pause_s = 0.0
        while not self._over.wait(pause_s):
            try:
                jobs = self._open_jobs()
                home = jobs.workspace.settings.home
                jobs.dispatch()
                if time.monotonic() >= self._keep_house_at:
                    # Set first: a sweep that fails is not tried twice a second.
                    self._keep_house_at = time.monotonic() + _HOUSEKEEPING_EVERY_S
                    jobs.keep_house()
            except Exception as error:
                # Whatever it was, a server whose queue stands still is worse.
                self._tell(error)
                pause_s = _PAUSE_AFTER_ERROR_S
            else:
                self._told = ""
                _last_rounds[home] = time.monotonic()
                pause_s = _INTERVAL_S
        if home is not None:
            _last_rounds.pop(home, None)

    def _tell(self, error: Exception) -> None:
        """Log an error once, not in every round in which it comes back."""
        described = f"{type(error).__name__}: {error}"
        if described != self._told:
            logger.error("the queue could not be looked after; trying again", exc_info=error)
        self._told = described


def last_round_age_s(home: Path) -> float | None:
    """Return the seconds since a dispatcher of this process moved the queue of a workspace; None without one."""
    at = _last_rounds.get(home)
    return None if at is None else time.monotonic() - at
