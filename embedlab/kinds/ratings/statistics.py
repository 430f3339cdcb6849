"""Statistics of ratings: histogram, long tail, and a picture of sparsity."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_MOST_BARS = 50
_BINS = 20
_MOST_POINTS = 500
PICTURE_SHAPE = (60, 100)


def histogram(ratings: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Count the ratings: by value if there are few distinct ones, else in 20 bins (`values`: their centers).

    Returns
    -------
    `values`, `counts` (lists of the same length) and `exact` (whether a value is a rating itself).
    """
    # In chunks, so that a memory-mapped array of 10^7 ratings is never sorted as a whole.
    distinct: dict[float, int] = {}
    for start in range(0, len(ratings), 2**20):
        values, counts = np.unique(ratings[start : start + 2**20], return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            distinct[value] = distinct.get(value, 0) + count
        if len(distinct) > _MOST_BARS:
            break
    else:
        ordered = sorted(distinct.items())
        return {"values": [value for value, _ in ordered], "counts": [count for _, count in ordered], "exact": True}
    counts, edges = np.histogram(ratings, bins=_BINS)
    # Sums of two edges may be beyond float32.
    edges = edges.astype(np.float64)
    return {"values": ((edges[:-1] + edges[1:]) / 2).tolist(), "counts": counts.tolist(), "exact": False}


def count_histogram(counts: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Count the counts of implicit feedback: by value if there are few distinct ones, else in 20 bins of equal ratio.

    Returns
    -------
    As `histogram`; `values` are the geometric centers of bins.
    """
    found = histogram(counts)
    if found["exact"]:
        return found
    low, high = float(counts.min()), float(counts.max())
    edges = np.geomspace(low, high, _BINS + 1)
    edges[0], edges[-1] = low, high
    numbers, _ = np.histogram(counts, bins=edges)
    return {"values": np.sqrt(edges[:-1] * edges[1:]).tolist(), "counts": numbers.tolist(), "exact": False}


def long_tail(counts: npt.NDArray[np.int64]) -> dict[str, list[int]]:
    """Sample the counts, sorted from most to least, to at most 500 points.

    Half the points are spread evenly over the ranks and half over their logarithms, so the curve is good on both axes.

    Returns
    -------
    `ranks` (counting from 1) and `counts`.
    """
    ordered = np.sort(counts)[::-1]
    n = len(ordered)
    ranks = np.arange(1, n + 1)
    if n > _MOST_POINTS:
        spread = np.concatenate([np.linspace(1, n, _MOST_POINTS // 2), np.geomspace(1, n, _MOST_POINTS // 2)])
        ranks = np.unique(np.round(spread).astype(int))
    return {"ranks": ranks.tolist(), "counts": ordered[ranks - 1].tolist()}


def sparsity_picture(
    users: npt.NDArray[np.int32], items: npt.NDArray[np.int32], n_users: int, n_items: int, seed: int = 0
) -> dict[str, Any]:
    """Show which of 60 random users rated which of 100 random items.

    Returns
    -------
    `rows`: a string of `0` and `1` for each user; `users`, `items`: the sampled rows of the dataset's users and items.
    """
    random = np.random.default_rng(seed)
    shown_users = np.sort(random.choice(n_users, min(PICTURE_SHAPE[0], n_users), replace=False))
    shown_items = np.sort(random.choice(n_items, min(PICTURE_SHAPE[1], n_items), replace=False))
    row_of_user, column_of_item = np.full(n_users, -1), np.full(n_items, -1)
    row_of_user[shown_users] = np.arange(len(shown_users))
    column_of_item[shown_items] = np.arange(len(shown_items))
    picture = np.zeros((len(shown_users), len(shown_items)), np.uint8)
    for start in range(0, len(users), 2**20):
        rows, columns = row_of_user[users[start : start + 2**20]], column_of_item[items[start : start + 2**20]]
        inside = (rows >= 0) & (columns >= 0)
        picture[rows[inside], columns[inside]] = 1
    return {
        "rows": ["".join(map(str, row)) for row in picture.tolist()],
        "users": shown_users.tolist(),
        "items": shown_items.tolist(),
    }
