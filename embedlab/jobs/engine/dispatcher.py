"""The server thread that dispatches the queue, whether or not a page is open."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from embedlab.jobs.jobs import Jobs

_INTERVAL_S = 0.5
#: After an error, the next try waits longer, so that an unreachable workspace does not fill the log.
_PAUSE_AFTER_ERROR_S = 5.0
_HOUSEKEEPING_EVERY_S = 600.0
_STOP_TIMEOUT_S = 5.0
#: Time (monotonic) of the last round of a dispatcher of this process, by workspace folder.
_last_rounds: dict[Path, float] = {}
logger = logging.getLogger(__name__)


class Dispatcher:
    """Calls `Jobs.dispatch` twice a second, and `Jobs.keep_house` every ten minutes. Workers outlive it.

    Parameters
    ----------
    open_jobs
        Returns the jobs; called in every round, because a workspace that cannot be opened now may open later.
    """

    def __init__(self, open_jobs: Callable[[], Jobs]) -> None:
        self._open_jobs = open_jobs
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._keep_house_at = time.monotonic()
        self._last_error = ""

    @property
    def is_running(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start; the first round runs at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; running workers continue."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_STOP_TIMEOUT_S)

    def _run(self) -> None:
        home: Path | None = None
        pause_s = 0.0
        while not self._over.wait(pause_s):
            try:
                jobs = self._open_jobs()
                home = jobs.workspace.settings.home
                jobs.dispatch()
                if time.monotonic() >= self._keep_house_at:
                    # Set first, so that failing housekeeping is not tried twice a second.
                    self._keep_house_at = time.monotonic() + _HOUSEKEEPING_EVERY_S
                    jobs.keep_house()
            except Exception as error:
                # Any error is better than a server whose queue has stopped.
                self._log_once(error)
                pause_s = _PAUSE_AFTER_ERROR_S
            else:
                self._last_error = ""
                _last_rounds[home] = time.monotonic()
                pause_s = _INTERVAL_S
        if home is not None:
            _last_rounds.pop(home, None)

    def _log_once(self, error: Exception) -> None:
        """Log an error once, not in every round in which it recurs."""
        description = f"{type(error).__name__}: {error}"
        if description != self._last_error:
            logger.error("the queue could not be dispatched; trying again", exc_info=error)
        self._last_error = description


def last_round_age_s(home: Path) -> float | None:
    """Return the seconds since a dispatcher of this process dispatched a workspace's queue; None without one."""
    at = _last_rounds.get(home)
    return None if at is None else time.monotonic() - at
