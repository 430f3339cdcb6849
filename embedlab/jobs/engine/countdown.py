"""Remaining time that does not increase while the plan stays the same."""

from __future__ import annotations

from collections.abc import Hashable

#: An estimate above the displayed time by this factor is not a fluctuation: the work is slower than expected.
_SLOWER = 1.5
_SLACK_S = 5.0


class Countdown:
    """Smooths fluctuating estimates of the remaining time for display."""

    def __init__(self) -> None:
        self._plan: Hashable = None
        self._displayed_s: float | None = None

    def update(self, estimate_s: float | None, plan: Hashable) -> float | None:
        """Return the seconds to display; they increase only if the plan changed or the work is much slower.

        Parameters
        ----------
        estimate_s
            Current estimate of the remaining seconds; None if unknown.
        plan
            Identity of the work, such as the stage and the number of epochs.
        """
        if plan != self._plan:
            self._plan, self._displayed_s = plan, None
        if estimate_s is None:
            return self._displayed_s
        previous = self._displayed_s
        if previous is None or estimate_s < previous or estimate_s > _SLOWER * previous + _SLACK_S:
            self._displayed_s = estimate_s
        return self._displayed_s
