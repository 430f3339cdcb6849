"""Durations as text, the same on the pages and on the command line."""

from __future__ import annotations

from typing import Final

#: A range is as good as one value if its ends differ by less than this factor.
_NARROW: Final = 1.25


def duration(seconds: float | None) -> str:
    """Return a duration such as ``8 s``, ``2 min 05 s`` or ``1 h 20 min``; a dash for none."""
    if seconds is None:
        return "\u2013"
    whole = round(seconds)
    if whole < 1:
        return "under 1 s"
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def rough_duration(seconds: float) -> str:
    """Return an estimated duration in one unit: ``8 s``, ``4 min`` or ``1.5 h``."""
    if seconds < 60:
        return duration(min(seconds, 59))
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def duration_range(low_s: float, high_s: float) -> str:
    """Return a range of durations: ``30 to 50 s``, ``50 s to 2 min``, or ``4 min`` where both ends read the same."""
    low, high = rough_duration(low_s), rough_duration(high_s)
    if low == high:
        return low
    value, _, unit = low.rpartition(" ")
    return f"{value} to {high}" if value.isdecimal() and high.endswith(f" {unit}") else f"{low} to {high}"


def time_left(seconds: float, low_s: float | None, high_s: float | None) -> str:
    """Return a remaining time: ``30 to 50 s left`` while it is uncertain, else ``about 40 s left``."""
    if seconds < 1:
        return "nearly done"
    if low_s is None or high_s is None or high_s < _NARROW * low_s:
        return f"about {duration(seconds)} left"
    return f"{duration_range(low_s, high_s)} left"
