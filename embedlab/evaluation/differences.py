"""Paired differences between a run and its baselines on the same test cases, and the conclusions they support."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.intervals import Interval, Numbers, percentile_interval, share_difference_interval
from embedlab.evaluation.score import Score, baseline_title
from embedlab.evaluation.scores import read_baselines, read_scores

Outcome = Literal["better", "worse", "indistinguishable", "both_best", "unknown"]
#: Sums of floats in another order differ by this much.
_ROUNDING = 1e-12
#: Differences that are larger, such as those of errors in dollars, have no decimals.
_WHOLE_FROM = 1000.0


def paired_difference(value: float, resamples: Numbers, n_units: int) -> dict[str, float | None]:
    """Return a difference of two scores with its 95 % interval, as JSON values.

    Parameters
    ----------
    value
        Own score minus the baseline's.
    resamples
        `(n_resamples,)` the same difference in resamples of the same cases.
    n_units
        Number of users or documents that are resampled.

    Returns
    -------
    ``{"value", "low", "high"}``; the bounds are None if there are too few units.
    """
    exact = np.where(np.abs(resamples) < _ROUNDING, 0.0, resamples)
    low, high = percentile_interval(exact, n_units, may_be_a_point=True) or (None, None)
    return {"value": value if abs(value) >= _ROUNDING else 0.0, "low": low, "high": high}


def share_difference(own: npt.NDArray[np.bool_], baseline: npt.NDArray[np.bool_]) -> dict[str, float | None]:
    """Return the difference of two accuracies on the same cases, as `paired_difference`."""
    low, high = share_difference_interval(own, baseline) or (None, None)
    return {"value": float(own.mean() - baseline.mean()), "low": low, "high": high}


@dataclass(frozen=True)
class Difference:
    """Difference between the scores of a run and of a baseline.

    Parameters
    ----------
    own, baseline
        The two scores, both with a value.
    interval
        The 95 % interval of own minus baseline; None if it is not known.
    """

    own: Score
    baseline: Score
    interval: Interval | None

    @property
    def value(self) -> float:
        """Own minus baseline."""
        assert self.own.value is not None  # noqa: S101
        assert self.baseline.value is not None  # noqa: S101
        return self.own.value - self.baseline.value

    @property
    def outcome(self) -> Outcome:
        """The conclusion that the interval supports; a tie at the best possible value is not a failure."""
        if self.own.value == self.baseline.value == self.own.kind.best:
            return "both_best"
        if self.interval is None or self.own.better is None:
            return "unknown"
        low, high = self.interval
        if low <= 0 <= high:
            return "indistinguishable"
        if (low > 0) != (self.own.better == "higher"):
            return "worse"
        return "unknown" if self._is_beaten_by_guesses else "better"

    @property
    def _is_beaten_by_guesses(self) -> bool:
        # Always predicting one label has the lowest macro F1 of all guesses: the other classes have 0.
        return (self.own.name, self.baseline.source) == ("test_f1", "majority")

    def claim(self) -> str:
        """Return the conclusion in words, with numbers only where they are needed."""
        title, baseline = self.own.title, f"the baseline \u201c{baseline_title(self.baseline.source)}\u201d"
        outcome = self.outcome
        if outcome == "both_best":
            return f"{title}: the run and {baseline} both reach the best possible value."
        if outcome == "unknown":
            reason = self.own.note if self.own.interval is None else "No interval of the difference was stored."
            if self.interval is not None:
                reason = "Random guesses also beat this baseline, so this shows nothing."
            return f"{title} minus {baseline}: {signed(self.value)}. {reason}"
        if outcome == "indistinguishable":
            where = " on this test part" if self.own.part == "test" else ""
            return f"{title}: not distinguishable from {baseline}{where}."
        direction = "higher" if self.value > 0 else "lower"
        return f"{title}: {direction if outcome == 'better' else f'worse ({direction})'} than {baseline}."

    def sentence(self) -> str:
        """Return the conclusion with the numbers that support it."""
        if self.interval is None or self.outcome in ("both_best", "unknown"):
            return self.claim()
        return f"{self.claim()[:-1]} (difference {signed(self.value)}, {self.interval_text()})."

    def interval_text(self) -> str:
        """Return the interval as text; empty if there is none."""
        if self.interval is None:
            return ""
        return f"95 % interval {signed(self.interval[0])} to {signed(self.interval[1])}"


def signed(value: float) -> str:
    """Return a difference with its sign and four decimals; one of thousands has none, and 0 has no sign.

    Examples
    --------
    >>> signed(-0.01234), signed(0.00001), signed(12345.678)
    ('-0.0123', '0.0000', '+12,346')
    """
    if abs(value) >= _WHOLE_FROM:
        return f"{value:+,.0f}"
    text = f"{value:+.4f}"
    return text[1:] if float(text) == 0 else text


def share_text(interval: Interval) -> str:
    """Return the interval of a share as text, in percent."""
    return f"{interval[0]:.0%} to {interval[1]:.0%}"


def read_differences(scores: Mapping[str, Any], protocol: str | None = None) -> dict[str, dict[str, Difference]]:
    """Return the differences of a run by baseline and score; runs of earlier versions have no intervals."""
    own = read_scores(scores, protocol)
    documents = scores.get("documents")
    stored = [scores.get("differences"), documents.get("differences") if isinstance(documents, Mapping) else None]
    found: dict[str, dict[str, Difference]] = {}
    for baseline, of_baseline in read_baselines(scores, protocol).items():
        for name, score in of_baseline.items():
            if name in own and own[name].value is not None:
                interval = next(filter(None, (_interval_of(each, baseline, name) for each in stored)), None)
                found.setdefault(baseline, {})[name] = Difference(own[name], score, interval)
    return found


def _interval_of(differences: Any, baseline: str, name: str) -> Interval | None:
    try:
        stored = differences[baseline][name]
        low, high = float(stored["low"]), float(stored["high"])
    except (KeyError, TypeError, ValueError):
        return None
    return (low, high) if np.isfinite([low, high]).all() else None
