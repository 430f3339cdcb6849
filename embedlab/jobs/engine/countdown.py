"""Remaining time that only falls while the plan stays the same."""

from __future__ import annotations

from collections.abc import Hashable

#: An estimate this much above what was shown is no fluctuation: the work is slower than it seemed.
_SLOWER = 1.5
_SLACK_S = 5.0


class Countdown:
    """Turns estimates of the remaining time, which rise and fall, into times to show."""

    def __init__(self) -> None:
        self._plan: Hashable = None
        self._shown_s: float | None = None

    def shown(self, estimate_s: float | None, plan: Hashable) -> float | None:
        """Return the seconds to show: never more than before, unless the plan changed or the work is much slower.

        Parameters
        ----------
        estimate_s
            Seconds left as they seem now; None for not known.
        plan
            What is to be done, such as the stage and the number of epochs.
        """
        if plan != self._plan:
            self._plan, self._shown_s = plan, None
        if estimate_s is None:
            return self._shown_s
        before = self._shown_s
        if before is None or estimate_s < before or estimate_s > _SLOWER * before + _SLACK_S:
            self._shown_s = estimate_s
        return self._shown_s
