"""Numbers for models and baselines: standardized with the training rows, missing ones marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from embedlab.kinds.table.target import skewness

Numbers = npt.NDArray[np.float64]
#: Numbers that are not negative with a larger skewness are replaced by log(1 + number).
_LONG_TAIL: Final = 1.0
#: Numbers far outside the training rows would overflow a network.
_FURTHEST: Final = 50.0


@dataclass(frozen=True)
class Standardizer:
    """Scales numbers to mean 0 and standard deviation 1 in training; a missing one is the mean.

    Parameters
    ----------
    mean, spread
        Of the training rows, after the logarithm.
    is_log
        Whether it is log(1 + number): of numbers with a long right tail.
    has_indicator
        Whether a second column says that the number is missing: if it is in some training rows.
    example
        The median of the training rows.
    """

    mean: float = 0.0
    spread: float = 1.0
    is_log: bool = False
    has_indicator: bool = False
    example: float = 0.0

    @classmethod
    def fit(cls, values: Numbers, *, may_be_log: bool = True) -> Self:
        """Learn from the `(n,)` float64 numbers of the training rows, NaN where missing."""
        known = values[np.isfinite(values)]
        if not len(known):
            return cls()
        is_log = may_be_log and bool(known.min() >= 0) and skewness(known) > _LONG_TAIL
        scaled = np.log1p(known) if is_log else known
        spread = float(scaled.std()) or 1.0
        return cls(float(scaled.mean()), spread, is_log, bool(len(known) < len(values)), float(np.median(known)))

    @property
    def width(self) -> int:
        """Number of columns."""
        return 1 + self.has_indicator

    def columns(self, values: Numbers) -> npt.NDArray[np.float32]:
        """Return the `(n, width)` float32 columns of numbers, NaN where missing."""
        known = np.isfinite(values)
        numbers = np.where(known, values, 0.0)
        if self.is_log:
            numbers = np.log1p(np.maximum(numbers, 0.0))
        standard = np.clip(np.where(known, (numbers - self.mean) / self.spread, 0.0), -_FURTHEST, _FURTHEST)
        return np.column_stack([standard, ~known] if self.has_indicator else [standard]).astype(np.float32)
