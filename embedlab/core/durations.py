"""Durations as text, the same on the pages and on the command line."""

from __future__ import annotations


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
