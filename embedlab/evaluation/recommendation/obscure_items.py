"""Obscure recommendations: how L2 regularization decides whether items with few ratings are recommended.

Rare items have little data. A constant penalty then outweighs it and their vectors stay near 0; a penalty that grows
with the number of ratings does not, and without any a few high ratings make an item a recommendation for many users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.recommendation.ranking import LIST_LENGTH, ScoreUsers, best_items

#: An item with at most this many ratings is obscure.
MOST_RATINGS: Final = 3
#: Users whose recommendations are looked at.
MOST_USERS: Final = 1_000
_MOST_SCORES: Final = 1 << 24
_MOST_BINS: Final = 14

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RecommendedItems:
    """What a model recommends.

    Parameters
    ----------
    share_obscure
        Share of the recommended items with at most `MOST_RATINGS` ratings.
    median_ratings
        Median number of ratings of the recommended items.
    n_users
        Number of users whose first `LIST_LENGTH` recommendations were looked at.
    """

    share_obscure: float
    median_ratings: float
    n_users: int


def recommended_items(
    score: ScoreUsers,
    users: npt.NDArray[np.int32],
    items: npt.NDArray[np.int32],
    counts: npt.NDArray[Any],
    *,
    seed: int = 0,
) -> RecommendedItems | None:
    """Return what a model recommends to users who have not rated it; None if it recommends nothing.

    Parameters
    ----------
    score
        Of the model.
    users, items
        `(n_ratings,)` rows of all ratings; what a user has rated is not recommended.
    counts
        `(n_items,)` number of ratings of each item.
    seed
        Draws `MOST_USERS` users, if there are more.
    """
    from scipy.sparse import csr_array

    sampled = np.unique(users)
    if len(sampled) > MOST_USERS:
        sampled = np.sort(np.random.default_rng(seed).choice(sampled, MOST_USERS, replace=False))
    n_items = len(counts)
    shape = (int(users.max()) + 1 if len(users) else 0, n_items)
    rated = csr_array((np.ones(len(users), np.bool_), (users, items)), shape=shape)[sampled]
    step = max(1, _MOST_SCORES // max(1, n_items))
    listed: list[npt.NDArray[np.intp]] = []
    for start in range(0, len(sampled), step):
        part = slice(start, start + step)
        scores = np.array(score(sampled[part].astype(np.int32)), dtype=np.float32)
        known = rated[part]
        scores[np.repeat(np.arange(len(scores)), np.diff(known.indptr)), known.indices] = -np.inf
        scores[~np.isfinite(scores)] = -np.inf
        first = best_items(scores, min(LIST_LENGTH, n_items))
        listed.append(first[np.take_along_axis(scores, first, axis=1) > -np.inf])
    recommended = counts[np.concatenate(listed)] if listed else np.zeros(0)
    if not len(recommended):
        return None
    return RecommendedItems(float(np.mean(recommended <= MOST_RATINGS)), float(np.median(recommended)), len(sampled))


@dataclass(frozen=True)
class NormsByCount:
    """Median norms of item vectors by the number of ratings.

    Parameters
    ----------
    counts
        `(n_bins,)` float64 geometric mean of the counts in each bin, ascending.
    norms
        `(n_bins,)` float64 median Euclidean norm.
    """

    counts: Floats
    norms: Floats


def norms_by_count(vectors: npt.NDArray[np.float32], counts: npt.NDArray[Any]) -> NormsByCount:
    """Return the median norm of item vectors in logarithmic bins of the number of ratings; items without are left out.

    Parameters
    ----------
    vectors
        `(n, vector_size)` float32.
    counts
        `(n,)` number of ratings of each item.
    """
    is_rated = np.asarray(counts) > 0
    norms = np.linalg.norm(np.asarray(vectors, np.float64)[is_rated], axis=1)
    rated = np.asarray(counts, np.float64)[is_rated]
    if not len(rated):
        return NormsByCount(np.zeros(0), np.zeros(0))
    edges = np.unique(np.geomspace(1, rated.max() + 1, _MOST_BINS).round())
    place = np.searchsorted(edges, rated, side="right")
    bins = np.unique(place)
    return NormsByCount(
        np.array([np.exp(np.log(rated[place == each]).mean()) for each in bins]),
        np.array([np.median(norms[place == each]) for each in bins]),
    )


def nearest_rows(vectors: npt.NDArray[np.float32], row: int, topn: int) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the rows with the highest cosine similarity to a row, and the similarities; zero vectors have none."""
    norms = np.linalg.norm(vectors, axis=1)
    products = vectors @ vectors[row]
    lengths = norms * norms[row]
    cosines = np.divide(products, lengths, out=np.full(len(vectors), -np.inf), where=lengths > 0).astype(np.float64)
    cosines[row] = -np.inf
    order = np.argsort(-cosines, kind="stable")[:topn]
    order = order[np.isfinite(cosines[order])]
    return order, cosines[order]
