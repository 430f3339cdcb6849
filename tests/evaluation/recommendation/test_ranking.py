"""Ranking measures with answers computed by hand, in closed form, or by another implementation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from embedlab.core.errors import EmbedLabError
from embedlab.evaluation.recommendation.ranking import (
    RankingTest,
    best_items,
    beyond_accuracy,
    gini,
    rank,
    ranking_test,
    score_ranking,
)
from embedlab.kinds.ratings.interactions import Interactions


def interactions(pairs: Any) -> Interactions:
    users, items = (np.array(column, np.int32) for column in (zip(*pairs, strict=True) if pairs else ((), ())))
    return Interactions(users, items, np.ones(len(users), np.float32))


def setting(held_out: Any, known: Any, shape: tuple[int, int], rated: Any = None, **options: Any) -> RankingTest:
    excluded = interactions(known if rated is None else rated)
    pair = (excluded.users, excluded.items)
    return ranking_test(interactions(held_out), interactions(known), pair, shape, **options)


def scores_of(table: Any) -> Callable[[npt.NDArray[np.int32]], npt.NDArray[np.float32]]:
    return lambda users: np.asarray(table, np.float32)[users]


def discount(place: int) -> float:
    return 1 / math.log2(place + 1)


def test_recall_divides_by_twenty_or_by_the_number_of_relevant_items() -> None:
    n_items = 60
    # The items are ranked by their row: 0 is the best.
    ranked = np.tile(-np.arange(n_items, dtype=np.float32), (2, 1))
    many = [(0, item) for item in (*range(15), *range(25, 40))]
    test = setting([*many, (1, 3), (1, 19), (1, 20)], [], (2, n_items))
    result = rank(scores_of(ranked), test)
    # 15 of the first 20 are relevant of 30; 2 of 3 are found.
    assert result.recall == pytest.approx([15 / 20, 2 / 3])
    assert result.top[0].tolist() == list(range(10))


def test_ndcg_by_hand() -> None:
    ranked = np.tile(-np.arange(40, dtype=np.float32), (3, 1))
    test = setting([(0, 0), (0, 4), (0, 30), (1, 0), (2, 10), (2, 11)], [], (3, 40))
    ideal = discount(1) + discount(2) + discount(3)
    expected = [(discount(1) + discount(5)) / ideal, 1.0, 0.0]
    assert rank(scores_of(ranked), test).ndcg == pytest.approx(expected)


def test_ndcg_with_more_than_ten_relevant_items_is_at_best_one() -> None:
    test = setting([(0, item) for item in range(25)], [], (1, 30))
    assert rank(scores_of([-np.arange(30)]), test).ndcg == pytest.approx([1.0])
    assert rank(scores_of([-np.arange(30)]), test).recall == pytest.approx([1.0])


def test_what_a_user_has_rated_is_not_ranked_whether_positive_or_not() -> None:
    # Item 0 was chosen before and item 1 rated low: 2 is the first of the list.
    test = setting([(0, 2), (0, 1)], [(0, 0)], (1, 5), rated=[(0, 0), (0, 1)])
    result = rank(scores_of([[9, 8, 7, 1, 0]]), test)
    assert result.top[0].tolist() == [2, 3, 4, *[-1] * 7]
    # Item 1 cannot be found, so it is not among the relevant ones either.
    assert (result.recall[0], result.ndcg[0]) == (1.0, 1.0)


def test_equal_scores_are_ordered_by_known_interactions_and_then_by_row() -> None:
    known = [(1, 3), (2, 3), (1, 1)]
    test = setting([(0, 3)], known, (3, 5))
    assert rank(scores_of(np.zeros((3, 5))), test).top[0, :5].tolist() == [3, 1, 0, 2, 4]


def test_items_that_cannot_be_recommended_are_never_listed() -> None:
    test = setting([(0, 0), (0, 1)], [], (1, 4))
    result = rank(scores_of([[-np.inf, 5, -np.inf, 1]]), test)
    assert result.top[0].tolist() == [1, 3, *[-1] * 8]
    assert result.recall[0] == 0.5
    nothing = rank(scores_of([[-np.inf] * 4]), test)
    assert (nothing.recall[0], nothing.ndcg[0], set(nothing.top[0])) == (0, 0, {-1})


@pytest.mark.parametrize("value", [pytest.param(np.nan, id="nan"), pytest.param(np.inf, id="inf")])
def test_scores_that_are_not_numbers_are_refused(value: float) -> None:
    with pytest.raises(EmbedLabError, match="not finite"):
        rank(scores_of([[0, value, 1]]), setting([(0, 0)], [], (1, 3)))


def test_the_scores_of_the_model_are_not_changed() -> None:
    table = np.arange(5, dtype=np.float32)[np.newaxis]
    rank(lambda users: table, setting([(0, 0)], [(0, 4)], (1, 5)))
    assert table[0].tolist() == [0, 1, 2, 3, 4]


def test_users_without_anything_to_find_are_left_out() -> None:
    test = setting([(0, 1), (2, 1)], [(0, 1)], (3, 3))
    assert test.users.tolist() == [2]
    nothing = setting([(0, 1)], [(0, 1)], (3, 3))
    assert score_ranking(scores_of(np.zeros((3, 3))), {}, nothing) == {"n_ranked_users": 0}
    assert score_ranking(scores_of(np.zeros((3, 3))), {}, setting([], [], (3, 3))) == {"n_ranked_users": 0}


def test_too_many_users_are_sampled_by_the_seed() -> None:
    held_out = [(user, 0) for user in range(50)]
    first, again, other = (setting(held_out, [], (50, 2), seed=seed, most_users=10) for seed in (0, 0, 1))
    assert len(first.users) == 10
    assert (np.diff(first.users) > 0).all()
    assert first.users.tolist() == again.users.tolist() != other.users.tolist()


@pytest.mark.parametrize("length", [1, 3, 7, 12])
def test_the_best_items_are_those_of_a_stable_sort(length: int) -> None:
    scores = np.random.default_rng(0).integers(0, 4, (30, 12)).astype(np.float32)
    scores[5] = -np.inf
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :length]
    assert best_items(scores, length).tolist() == expected.tolist()


def slow_measures(
    scores: Any, held_out: set[tuple[int, int]], rated: set[tuple[int, int]], counts: Any
) -> tuple[list[float], list[float], list[list[int]]]:
    """Rank in plain Python, one user and one item at a time."""
    recalls, ndcgs, tops = [], [], []
    for user in range(len(scores)):
        relevant = {item for other, item in held_out if other == user} - {i for other, i in rated if other == user}
        if not relevant:
            continue
        possible = [item for item in range(len(scores[0])) if (user, item) not in rated and scores[user][item] > -1e30]
        listed = sorted(possible, key=lambda item: (-scores[user][item], -counts[item], item))
        recalls.append(len(relevant & set(listed[:20])) / min(20, len(relevant)))
        gain = sum(1 / math.log2(place + 2) for place, item in enumerate(listed[:10]) if item in relevant)
        ndcgs.append(gain / sum(1 / math.log2(place + 2) for place in range(min(10, len(relevant)))))
        tops.append(listed[:10])
    return recalls, ndcgs, tops


@pytest.mark.parametrize("n_items", [pytest.param(7, id="short catalog"), pytest.param(90, id="long catalog")])
def test_the_measures_equal_those_of_plain_python(n_items: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Three users at a time: batches must not differ from one another.
    monkeypatch.setattr("embedlab.evaluation.recommendation.ranking._MOST_SCORES", 3 * n_items)
    random = np.random.default_rng(3)
    n_users = 40
    drawn = random.random((n_users, n_items))
    held_out = {(int(u), int(i)) for u, i in np.argwhere(drawn < 0.3)}
    known = {(int(u), int(i)) for u, i in np.argwhere((drawn > 0.3) & (drawn < 0.4))}
    rated = known | {(int(u), int(i)) for u, i in np.argwhere((drawn > 0.25) & (drawn < 0.45))}
    # Few different values, so that there are many ties.
    scores = random.integers(0, 6, (n_users, n_items)).astype(np.float32)
    scores[random.random(scores.shape) < 0.1] = -np.inf
    counts = np.bincount([item for _, item in known], minlength=n_items)
    recalls, ndcgs, tops = slow_measures(scores.tolist(), held_out, rated, counts.tolist())
    result = rank(scores_of(scores), setting(sorted(held_out), sorted(known), scores.shape, rated=sorted(rated)))
    assert result.recall == pytest.approx(recalls)
    assert result.ndcg == pytest.approx(ndcgs)
    assert [[item for item in top if item >= 0] for top in result.top.tolist()] == tops


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param([5, 5, 5, 5], 0.0, id="equal"),
        pytest.param([0, 0, 0, 9], 3 / 4, id="always the same"),
        pytest.param([0, 0, 0, 0], 0.0, id="nothing"),
        pytest.param([7], 0.0, id="one item"),
        pytest.param([1, 3], 1 / 4, id="a quarter"),
        pytest.param(list(range(1, 101)), 99 / 300, id="arithmetic"),
    ],
)
def test_gini_in_closed_form(counts: list[int], expected: float) -> None:
    assert gini(np.array(counts)) == pytest.approx(expected)
    assert gini(np.array(counts[::-1])) == pytest.approx(expected)


def test_what_a_model_recommends_in_closed_form() -> None:
    # Twelve items of known popularity 12 to 1, and one without; two users have rated 12 (popularity 1) and 0.
    known = [(user, item) for item in range(12) for user in range(2, 14 - item)]
    test = setting([(0, 5), (1, 5)], known, (15, 13), rated=[(0, 11), (1, 0)])
    assert test.counts.tolist() == [*range(12, 0, -1), 0]
    # Both get the same list: nine known items, and the one nobody knows.
    table = np.zeros((15, 13), np.float32)
    table[:, [1, 2, 3, 4, 5, 6, 7, 8, 9, 12]] = 1
    found = beyond_accuracy(rank(scores_of(table), test), test)
    assert found["coverage@10"] == pytest.approx(9 / 12)
    assert found["gini@10"] == pytest.approx(1 - 9 / 12)
    assert found["popularity@10"] == np.median([*range(11, 2, -1), 0] * 2)
    assert found["popularity_rated"] == np.median([1, 12])


def test_scores_differences_and_intervals_are_of_the_same_users() -> None:
    random = np.random.default_rng(1)
    shape = (200, 50)
    held_out = np.argwhere(random.random(shape) < 0.1)
    test = setting([tuple(pair) for pair in held_out.tolist()], [], shape)
    own = random.random(shape).astype(np.float32)
    own[tuple(held_out.T)] += 0.3
    scores = score_ranking(scores_of(own), {"same": scores_of(own), "chance": scores_of(random.random(shape))}, test)
    result = rank(scores_of(own), test)
    assert scores["ndcg@10"] == pytest.approx(result.ndcg.mean())
    assert scores["recall@20"] == pytest.approx(result.recall.mean())
    low, high = scores["intervals"]["ndcg@10"]
    standard_error = result.ndcg.std() / math.sqrt(len(test.users))
    assert low < scores["ndcg@10"] < high
    assert high - low == pytest.approx(2 * 1.96 * standard_error, rel=0.1)
    # A model equals itself in every resample: unpaired resamples would give this difference a width.
    assert scores["differences"]["same"]["ndcg@10"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    better = scores["differences"]["chance"]["ndcg@10"]
    assert better["value"] == pytest.approx(scores["ndcg@10"] - scores["baselines"]["chance"]["ndcg@10"])
    assert 0 < better["low"] < better["value"] < better["high"]
    assert scores["n_ranked_users"] == len(test.users)
    assert {"coverage@10", "gini@10", "popularity@10"} <= scores["baselines"]["chance"].keys()
