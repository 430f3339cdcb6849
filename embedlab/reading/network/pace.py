"""The speed of a download: reported, bounded in size, and stopped when it is too slow."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from embedlab.core.errors import TooLargeError, TooSlowError
from embedlab.core.progress import ReportProgress

#: A download that is slower on average over the window is stopped. With the size bound this also bounds the time.
MIN_BYTES_PER_S = 10_000.0
WINDOW_S = 60.0
#: The rest of the progress is for the work after the download.
_SHARE_OF_DOWNLOAD = 0.9


class Pace:
    """Counts the bytes of a download.

    Parameters
    ----------
    max_bytes
        Bound on the bytes after unpacking.
    report
        Called with the progress; may raise to cancel.
    remedy
        What to do about a download that is too slow.
    clock
        A monotonic clock, in seconds.
    """

    def __init__(
        self, max_bytes: int, report: ReportProgress, remedy: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.n_bytes = 0
        self._total = 0
        self._max_bytes = max_bytes
        self._report = report
        self._remedy = remedy
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque([(clock(), 0)])

    def expect(self, total: int) -> None:
        """Set the size that the server announces; raises `TooLargeError` when that is too large."""
        self._total = total
        self._refuse_more_than(self._max_bytes, total)

    def add(self, n_bytes: int) -> None:
        """Count bytes that arrived; raises `TooLargeError` when there are too many."""
        self._refuse_more_than(self._max_bytes, self.n_bytes + n_bytes)
        self.n_bytes += n_bytes

    def check(self) -> None:
        """Report, and raise `TooSlowError` when too little arrived within the window. Call it about twice a second."""
        self._report(_SHARE_OF_DOWNLOAD * min(1.0, self.n_bytes / (self._total or self._max_bytes)), "downloading")
        now = self._clock()
        self._seen.append((now, self.n_bytes))
        while len(self._seen) > 1 and self._seen[1][0] <= now - WINDOW_S:
            self._seen.popleft()
        since, n_before = self._seen[0]
        if now - since < WINDOW_S:
            return
        rate = (self.n_bytes - n_before) / (now - since)
        if rate < MIN_BYTES_PER_S:
            raise TooSlowError(
                "The download is too slow and was stopped.",
                received=f"{rate / 1e3:.1f} kB/s over the last {now - since:.0f} s",
                remedy=self._remedy,
            )

    def _refuse_more_than(self, max_bytes: int, n_bytes: int) -> None:
        if n_bytes > max_bytes:
            raise TooLargeError(
                "The download is larger than allowed.",
                received=f"{n_bytes / 1e6:,.0f} MB",
                remedy=f"At most {max_bytes / 1e6:,.0f} MB are fetched.",
            )
