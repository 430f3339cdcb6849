"""How long a job still takes: a range from its progress so far, which narrows and only falls."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Final, NamedTuple

from embedlab.jobs.engine.countdown import Countdown

#: A remaining time from a single interval of progress is right within this factor in 8 of 10 cases.
_FIRST_FACTOR: Final = 2.0
_WIDEST_FACTOR: Final = 4.0
#: Of a normal distribution, 8 of 10 values are within this many standard deviations.
_Z: Final = 1.2816
#: An interval is this share of the work, or longer if it takes less time than this.
_INTERVAL_SHARE: Final = 0.02
_INTERVAL_S: Final = 0.5
#: Less progress than this says nothing.
_LEAST_SHARE: Final = 0.01
_LEAST_S: Final = 0.5


class Remaining(NamedTuple):
    """The remaining time in seconds: the most likely value, and the range of 8 of 10 such jobs."""

    seconds: float
    low_s: float
    high_s: float


class RemainingTime:
    """Estimates the remaining time from the rate so far, and its range from how much the rate varied.

    Progress is cut into intervals of at least `_INTERVAL_SHARE`. With `x_i`, the log of the seconds per share in
    interval `i` relative to the mean rate so far, and `n` intervals, the range is the estimate times and divided by
    ``exp(z * s * sqrt(1 + 1 / n))``, where the spread is shrunk towards that of a first guess by one pseudo-interval::

        s**2 = (s0**2 + sum(x_i**2)) / (n + 1),    z * s0 * sqrt(2) = log(2)

    So one interval at a steady rate gives a factor of 2**sqrt(1/2) = 1.63, and more give less and less.
    """

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None
        self._last = (0.0, 0.0)
        #: Share and seconds of each interval.
        self._intervals: list[tuple[float, float]] = []

    def update(self, share_done: float, now_s: float) -> Remaining | None:
        """Return the remaining time; None while there is too little progress."""
        if self._first is None:
            self._first = self._last = (share_done, now_s)
        moved, spent_s = share_done - self._first[0], now_s - self._first[1]
        last_moved, last_spent_s = share_done - self._last[0], now_s - self._last[1]
        if last_moved >= _INTERVAL_SHARE and last_spent_s >= _INTERVAL_S:
            self._intervals.append((last_moved, last_spent_s))
            self._last = (share_done, now_s)
        if moved <= _LEAST_SHARE or spent_s < _LEAST_S:
            return None
        seconds = spent_s * (1.0 - share_done) / moved
        factor = self._factor(moved / spent_s)
        return Remaining(seconds, seconds / factor, seconds * factor)

    def _factor(self, rate: float) -> float:
        n = len(self._intervals)
        if n == 0:
            return _FIRST_FACTOR
        first_variance = math.log(_FIRST_FACTOR) ** 2 / (2 * _Z**2)
        squares = sum(math.log(spent_s * rate / moved) ** 2 for moved, spent_s in self._intervals)
        spread = math.sqrt((first_variance + squares) / (n + 1))
        return min(_WIDEST_FACTOR, math.exp(_Z * spread * math.sqrt(1 + 1 / n)))


class FallingRange:
    """Smooths ranges of the remaining time for display: neither end increases, unless the work is much slower."""

    def __init__(self) -> None:
        self._ends = (Countdown(), Countdown(), Countdown())

    def update(self, remaining: Remaining | None, plan: Hashable) -> Remaining | None:
        """Return the range to display; see `Countdown.update`."""
        values: tuple[float | None, ...] = (None,) * 3 if remaining is None else remaining
        shown = [end.update(value, plan) for end, value in zip(self._ends, values, strict=True)]
        seconds, low_s, high_s = shown
        if seconds is None or low_s is None or high_s is None:
            return None
        return Remaining(seconds, min(low_s, seconds), max(high_s, seconds))
