"""Duplicates: repeated ratings of an item by the same user."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.dataset import Feedback

Duplicates = Literal["last", "mean", "sum", "refuse"]


def default_duplicates(feedback: Feedback) -> Duplicates:
    """Return the rule if none is chosen: a later rating replaces the earlier one, events are counted together."""
    return "sum" if feedback == "implicit" else "last"


def repeated_pairs(pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the sorted pairs (user and item as one number) that occur more than once."""
    ordered = np.sort(pairs)
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def is_among(pairs: npt.NDArray[np.int64], ordered: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return for each pair whether it is among the sorted pairs `ordered`."""
    if len(ordered) == 0:
        return np.zeros(len(pairs), bool)
    places = np.minimum(np.searchsorted(ordered, pairs), len(ordered) - 1)
    found: npt.NDArray[np.bool_] = ordered[places] == pairs
    return found


def last_rows(
    rows: npt.NDArray[np.intp], pairs: npt.NDArray[np.int64], times: npt.NDArray[np.float64]
) -> npt.NDArray[np.intp]:
    """Return the latest row of each pair: by time, and the later one in the file if times are equal.

    A row without a time counts as older than all rows with one.
    """
    known = np.where(np.isnan(times), -np.inf, times)
    order = np.lexsort((rows, known, pairs))
    is_last = np.append(pairs[order][1:] != pairs[order][:-1], True)
    last: npt.NDArray[np.intp] = rows[order[is_last]]
    return last


def mean_rows(
    rows: npt.NDArray[np.intp], pairs: npt.NDArray[np.int64], ratings: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return the first row of each pair, and the mean of its ratings."""
    _, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
    sums = np.bincount(inverse, weights=ratings)
    return rows[first], (sums / np.bincount(inverse)).astype(np.float32)


def sum_rows(
    rows: npt.NDArray[np.intp],
    pairs: npt.NDArray[np.int64],
    counts: npt.NDArray[np.float32],
    times: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return the latest row of each pair as `last_rows`, and the sum of its counts, both in the order of the rows."""
    last = last_rows(rows, pairs, times)
    _, inverse = np.unique(pairs, return_inverse=True)
    # Both are in the order of the pairs.
    sums = np.bincount(inverse, weights=counts).astype(np.float32)
    order = np.argsort(last)
    return last[order], sums[order]
