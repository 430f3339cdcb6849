"""How sure a score is: the interval that resampling the same test gives."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
#: Takes samples `(n_resamples, n)` of each array and returns `(n_resamples,)`; the samples lie along the last axis.
Statistic = Callable[..., Any]

CONFIDENCE = 0.95
N_RESAMPLES = 1000
#: Below this the resamples are too alike for their spread to say anything.
FEWEST_FOR_INTERVAL = 5
#: Numbers of all resamples held at a time (32 MB of float64).
_BLOCK = 1 << 22


def bootstrap_interval(
    statistic: Statistic, data: Sequence[npt.ArrayLike], seed: int = 0
) -> tuple[float, float] | None:
    """Return the 95 % percentile interval of a statistic under resampling with replacement.

    Parameters
    ----------
    statistic
        Vectorised: ``statistic(*samples, axis=-1)``.
    data
        Arrays `(n,)` of one length, resampled together.
    seed
        The same seed gives the same interval.

    Returns
    -------
    `(low, high)`, or None with fewer than `FEWEST_FOR_INTERVAL` elements or where the statistic is not defined.

    Notes
    -----
    Efron, B. (1979). Bootstrap methods: another look at the jackknife. Computed by ``scipy.stats.bootstrap``.
    """
    from scipy.stats import bootstrap

    arrays = [np.asarray(each, dtype=np.float64) for each in data]
    n = len(arrays[0])
    if n < FEWEST_FOR_INTERVAL:
        return None
    with warnings.catch_warnings():
        # A resample in which all is equal has no correlation; the statistic says what it counts as.
        warnings.simplefilter("ignore")
        found = bootstrap(
            arrays,
            statistic,
            n_resamples=N_RESAMPLES,
            batch=max(1, _BLOCK // n),
            vectorized=True,
            paired=True,
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(seed),
        ).confidence_interval
    low, high = float(found.low), float(found.high)
    return (low, high) if np.isfinite([low, high]).all() else None


def spearman(first: Numbers, second: Numbers, axis: int = -1) -> Any:
    """Return Spearman's rank correlation along an axis; 0 where all values of one side are equal."""
    from scipy.stats import rankdata

    ranks = [rankdata(each, axis=axis) for each in np.broadcast_arrays(first, second)]
    a, b = (each - each.mean(axis=axis, keepdims=True) for each in ranks)
    length = np.sqrt((a * a).sum(axis=axis) * (b * b).sum(axis=axis))
    return np.divide((a * b).sum(axis=axis), length, out=np.zeros_like(length), where=length > 0)


def share_interval(n_right: Sequence[int], n_asked: Sequence[int], seed: int = 0) -> tuple[float, float] | None:
    """Return the 95 % interval of a share of right answers, when questions come in groups that stand or fall together.

    Parameters
    ----------
    n_right, n_asked
        How many of the questions of each group were answered rightly, and how many there are; whole groups are drawn.

    Returns
    -------
    `(low, high)`. Where all answers are wrong, or all right, every resample is the same; then it is the exact binomial
    interval (Clopper and Pearson, 1934) for as many answers as there are groups.
    """
    right, asked = np.asarray(n_right, dtype=np.float64), np.asarray(n_asked, dtype=np.float64)
    if len(right) == 0:
        return None
    if right.sum() in (0, asked.sum()):
        from scipy.stats import binomtest

        n_groups = len(right)
        found = binomtest(n_groups if right.sum() else 0, n_groups).proportion_ci(CONFIDENCE)
        return float(found.low), float(found.high)
    return bootstrap_interval(
        lambda right, asked, axis=-1: right.sum(axis=axis) / asked.sum(axis=axis), (right, asked), seed
    )
