"""Ranked recommendations on held-out interactions: all items are ranked for each user, never a sample of candidates.

Sampled candidates change which model is best: Krichene and Rendle, "On Sampled Metrics for Item Recommendation", 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.differences import paired_difference
from embedlab.evaluation.intervals import percentile_interval
from embedlab.evaluation.resampling import resampled_sums
from embedlab.evaluation.scores import refuse_not_finite

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from embedlab.kinds.ratings.interactions import Interactions

#: Scores of all items for some users: rows of the dataset's users `(n,)` to `(n, n_items)`; -inf: not recommended.
ScoreUsers = Callable[[npt.NDArray[np.int32]], npt.NDArray[np.float32]]
Floats = npt.NDArray[np.float64]

#: Lengths of the lists that recall and NDCG are computed for.
RECALL_AT: Final = 20
NDCG_AT: Final = 10
RECALL: Final = f"recall@{RECALL_AT}"
NDCG: Final = f"ndcg@{NDCG_AT}"
#: Length of the lists of the measures of popularity and coverage.
LIST_LENGTH: Final = 10
#: More test users are sampled: the interval is then narrow enough.
MOST_USERS: Final = 20_000
#: Scores in memory at a time (64 MB of float32).
_MOST_SCORES: Final = 1 << 24


@dataclass(frozen=True)
class RankingTest:
    """The users and items of a ranking test.

    Parameters
    ----------
    users
        `(n_users,)` int32 rows of the users with held-out interactions, ascending.
    relevant
        `(n_users, n_items)` sparse: the held-out interactions of each user.
    excluded
        `(n_users, n_items)` sparse: what each user has rated in the known parts; it is not ranked.
    counts
        `(n_items,)` int64: known interactions of each item.
    """

    users: npt.NDArray[np.int32]
    relevant: csr_array
    excluded: csr_array
    counts: npt.NDArray[np.int64]


def ranking_test(
    held_out: Interactions,
    known: Interactions,
    rated: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    shape: tuple[int, int],
    *,
    seed: int = 0,
    most_users: int = MOST_USERS,
) -> RankingTest:
    """Prepare a ranking test.

    Parameters
    ----------
    held_out
        The interactions to find.
    known
        The interactions a model may have learned from.
    rated
        Users and items of all known ratings, positive or not; these pairs are not ranked.
    shape
        Number of users and items in the dataset.
    seed, most_users
        If more users have held-out interactions, this many are drawn at random.
    """
    from scipy.sparse import csr_array

    users = np.unique(held_out.users)
    if len(users) > most_users:
        users = np.sort(np.random.default_rng(seed).choice(users, most_users, replace=False))
    excluded = csr_array((np.ones(len(rated[0]), np.bool_), rated), shape=shape)[users]
    relevant = held_out.matrix(*shape)[users].astype(bool)
    # What a user has rated before is not ranked, so it cannot be found either.
    relevant = csr_array(relevant > relevant.multiply(excluded))
    is_testable = np.diff(relevant.indptr) > 0
    counts = np.bincount(known.items, minlength=shape[1])
    return RankingTest(users[is_testable].astype(np.int32), relevant[is_testable], excluded[is_testable], counts)


@dataclass(frozen=True)
class RankingResult:
    """Measures of the lists of one model.

    Parameters
    ----------
    recall, ndcg
        `(n_users,)` float64: recall of the first `RECALL_AT` items, divided by the smaller of `RECALL_AT` and the
        number of relevant items; NDCG of the first `NDCG_AT` items.
    top
        `(n_users, LIST_LENGTH)` int32: the first items of each list; -1 where a list is shorter.
    """

    recall: Floats
    ndcg: Floats
    top: npt.NDArray[np.int32]


def rank(score: ScoreUsers, test: RankingTest, tick: Callable[[], None] = lambda: None) -> RankingResult:
    """Rank all items for each user of a test.

    Equal scores are ordered by the number of known interactions, most first, then by row.

    Parameters
    ----------
    score
        Of a model.
    tick
        Called after each batch of users; may raise to stop.

    Raises
    ------
    EmbedLabError
        A score is NaN or +inf.
    """
    n_users, n_items = test.relevant.shape
    step = max(1, _MOST_SCORES // max(1, n_items))
    length = min(n_items, max(RECALL_AT, NDCG_AT, LIST_LENGTH))
    discounts = 1 / np.log2(np.arange(2, NDCG_AT + 2))
    # The rows of a dataset are ordered by all ratings, those of the test part among them.
    order = np.argsort(-test.counts, kind="stable")
    recall, ndcg = np.zeros(n_users), np.zeros(n_users)
    top = np.full((n_users, LIST_LENGTH), -1, np.int32)
    for start in range(0, n_users, step):
        part = slice(start, min(start + step, n_users))
        scores = np.array(score(test.users[part]), dtype=np.float32)
        refuse_not_finite(np.where(np.isneginf(scores), np.float32(0), scores))
        excluded = test.excluded[part]
        scores[np.repeat(np.arange(len(scores)), np.diff(excluded.indptr)), excluded.indices] = -np.inf
        first = order[best_items(scores[:, order], length)]
        is_listed = np.take_along_axis(scores, first, axis=1) > -np.inf
        relevant = test.relevant[part].toarray().astype(bool)
        hits = np.take_along_axis(relevant, first, axis=1) & is_listed
        n_relevant = relevant.sum(axis=1)
        recall[part] = hits[:, :RECALL_AT].sum(axis=1) / np.minimum(n_relevant, RECALL_AT)
        gains = hits[:, :NDCG_AT] @ discounts[: min(NDCG_AT, length)]
        ndcg[part] = gains / np.cumsum(discounts)[np.minimum(n_relevant, NDCG_AT) - 1]
        listed = np.where(is_listed, first, -1)[:, :LIST_LENGTH]
        top[part, : listed.shape[1]] = listed
        tick()
    return RankingResult(recall, ndcg, top)


def best_items(scores: npt.NDArray[np.float32], length: int) -> npt.NDArray[np.intp]:
    """Return the columns of the `length` highest scores of each row, highest first; of equal ones the first column."""
    n_items = scores.shape[1]
    if length >= n_items:
        return np.argsort(-scores, axis=1, kind="stable")
    # All items equal to the last one that fits are candidates, so that ties are broken by the column.
    bound = -np.partition(-scores, length - 1, axis=1)[:, length - 1]
    best = np.empty((len(scores), length), np.intp)
    for row, of_user in enumerate(scores):
        candidates = np.flatnonzero(of_user >= bound[row])
        best[row] = candidates[np.argsort(-of_user[candidates], kind="stable")][:length]
    return best


def beyond_accuracy(result: RankingResult, test: RankingTest) -> dict[str, float]:
    """Return what kind of items a model recommends.

    Returns
    -------
    `coverage@10`: share of the items with known interactions that are in any list. `gini@10`: inequality of how often
    these items are listed; 0: all equally often, near 1: always the same few. `popularity@10`: median number of known
    interactions of the listed items. `popularity_rated`: the same median over what the test users have rated.
    """
    known_items = np.flatnonzero(test.counts > 0)
    listed = result.top[result.top >= 0]
    n_listed = np.bincount(listed, minlength=len(test.counts))
    rated = test.excluded.indices
    found = {
        "coverage@10": float(np.count_nonzero(n_listed[known_items]) / max(1, len(known_items))),
        "gini@10": gini(n_listed[known_items]),
    }
    if len(listed):
        found["popularity@10"] = float(np.median(test.counts[listed]))
    if len(rated):
        found["popularity_rated"] = float(np.median(test.counts[rated]))
    return found


def gini(counts: npt.NDArray[np.int64]) -> float:
    """Return the Gini coefficient of counts; 0 if all are 0."""
    total = counts.sum()
    if total == 0:
        return 0.0
    n = len(counts)
    ranks = np.arange(1, n + 1)
    return float(2 * (ranks * np.sort(counts)).sum() / (n * total) - (n + 1) / n)


def score_ranking(
    own: ScoreUsers,
    baselines: Mapping[str, ScoreUsers],
    test: RankingTest,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Score the recommendations of a model beside those of baselines, on the same users.

    Returns
    -------
    ``{"recall@20", "ndcg@10", "coverage@10", "gini@10", "popularity@10", "popularity_rated", "n_ranked_users",
    "n_ranked_items", "intervals", "baselines", "differences"}``, in the format of `embedlab.evaluation.scores`;
    intervals resample users.
    Without testable users ``{"n_ranked_users": 0}``.
    """
    if len(test.users) == 0:
        return {"n_ranked_users": 0}
    results = {"": rank(own, test, tick), **{name: rank(score, test, tick) for name, score in baselines.items()}}
    n_users = len(test.users)
    columns = np.column_stack([each for result in results.values() for each in (result.recall, result.ndcg)])
    sums = resampled_sums(np.column_stack([np.ones(n_users), columns]))
    means = sums[:, 1:] / sums[:, :1]
    names = (RECALL, NDCG)
    sources = [(source, name) for source in results for name in names]
    place = {key: column for column, key in enumerate(sources)}
    value = {key: float(columns[:, column].mean()) for key, column in place.items()}
    intervals = {name: percentile_interval(means[:, place["", name]], n_users) for name in names}
    others = {source: beyond_accuracy(result, test) for source, result in results.items()}
    return {
        **{name: value["", name] for name in names},
        **others[""],
        "n_ranked_users": n_users,
        "n_ranked_items": test.relevant.shape[1],
        "intervals": {name: list(interval) for name, interval in intervals.items() if interval is not None},
        "baselines": {
            source: {**{name: value[source, name] for name in names}, **others[source]} for source in baselines
        },
        "differences": {
            source: {
                name: paired_difference(
                    value["", name] - value[source, name],
                    means[:, place["", name]] - means[:, place[source, name]],
                    n_users,
                )
                for name in names
            }
            for source in baselines
        },
    }
