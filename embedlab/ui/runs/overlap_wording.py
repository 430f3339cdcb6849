"""Wording of intervals of overlaps, which are often narrower than one percent."""

from __future__ import annotations

from embedlab.evaluation.intervals import Interval


def interval_text(interval: Interval | None) -> str:
    """Return the interval in parentheses with a leading space; empty without one.

    Examples
    --------
    >>> interval_text((0.278, 0.2841))
    ' (95 % interval 27.8 % to 28.4 %)'
    """
    if interval is None:
        return ""
    low, high = interval
    return f" (95 % interval {100 * low:.1f} % to {100 * high:.1f} %)"
