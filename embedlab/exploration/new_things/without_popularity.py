"""A ranking without popularity: what a user would be recommended if obscure items had the same chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import ParameterError


def checked_weight(weight: float) -> float:
    """Return a popularity weight, or raise `ParameterError` if it is not between 0 and 1."""
    if not (np.isfinite(weight) and 0 <= weight <= 1):
        raise ParameterError(
            "The popularity weight must be between 0 and 1.",
            received=weight,
            remedy="0 keeps the order of the model; 1 removes popularity.",
        )
    return float(weight)


def without_popularity(
    scores: npt.NDArray[np.floating], counts: npt.NDArray[np.floating], weight: float
) -> npt.NDArray[np.float64]:
    """Return scores from which the popularity of the items is subtracted: ``z(score) - weight * z(log count)``.

    Parameters
    ----------
    scores
        `(n_items,)`; -inf for items that cannot be recommended.
    counts
        `(n_items,)` number of ratings of each item.
    weight
        0 (the order of the scores) to 1 (an item is as high as its score is above what its popularity would suggest).

    Returns
    -------
    `(n_items,)` float64; -inf for items that cannot be recommended. In standard deviations: ``z(score)`` is the normal
    score of the rank among all items that can be recommended (0 in the middle, about 2.3 for the best 1 %), so that it
    does not depend on the units of a model; ``z(log count)`` is ``log(1 + count)`` with mean 0 and standard deviation 1
    over the same items. Equal scores have the mean of their ranks.

    Raises
    ------
    ParameterError
        The weight is out of bounds.

    Notes
    -----
    Normal scores of ranks: van der Waerden, "Order tests for the two-sample problem and their power", 1952.
    """
    checked_weight(weight)
    is_candidate = np.isfinite(scores)
    adjusted = np.full(len(scores), -np.inf)
    adjusted[is_candidate] = _normal_scores(scores[is_candidate]) - weight * _standardized(
        np.log1p(np.asarray(counts[is_candidate], dtype=np.float64))
    )
    return adjusted


def _normal_scores(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    from scipy.special import ndtri

    n = len(values)
    if not n:
        return np.zeros(0)
    order = np.argsort(values, kind="stable")
    in_order = values[order]
    starts = np.flatnonzero(np.concatenate([[True], in_order[1:] != in_order[:-1]]))
    sizes = np.diff(np.concatenate([starts, [n]]))
    # The middle of each group of equal values, from 0 to 1.
    normal = np.empty(n)
    normal[order] = np.repeat(ndtri((starts + sizes / 2) / n), sizes)
    return normal


def _standardized(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    spread = values.std() if len(values) else 0.0
    standard: npt.NDArray[np.float64] = (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))
    return standard
