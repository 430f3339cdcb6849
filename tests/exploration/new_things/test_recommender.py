"""Recommendations with known answers, whatever abilities a run has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from embedlab.core.errors import InputError, NotFoundError, ParameterError
from embedlab.exploration.new_things.item_filter import ItemFilter
from embedlab.exploration.new_things.own_ratings import OwnRatings
from embedlab.exploration.new_things.reasons import explain_own, explain_user
from embedlab.exploration.new_things.recommender import Recommender, Wish, split_without_test
from embedlab.exploration.new_things.similar_items import similar_by_choice
from embedlab.kinds.ratings import RatingsDataset
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from embedlab.models.contract.abilities import ExplainsScores, FoldsIn, Ranks, Rates
from embedlab.models.contract.state import State
from embedlab.models.popularity.ranker import PopularityRanker
from tests.ridge_recommender import Ridge, item_weights_ranker


@dataclass(frozen=True)
class Fixed(Rates):
    """Predicts the same for all users."""

    ratings: tuple[float, ...]
    known: tuple[bool, ...] = ()

    def predict(self, users, items):
        return np.array(self.ratings, np.float32)[items]

    def knows_items(self, items):
        return np.array(self.known)[items] if self.known else items >= 0

    @classmethod
    def from_state(cls, state: State):
        raise NotImplementedError


def rows(dataset: RatingsDataset, *keys: str) -> list[int]:
    return [dataset.item_keys.index(key) for key in keys]


def fixed(split: RatingsSplit, **ratings: float) -> Recommender:
    return Recommender.of(split, None, [Fixed(tuple(ratings.get(key, 1.0) for key in split.dataset.item_keys))])


@pytest.fixture(scope="module")
def weights(split: RatingsSplit) -> Any:
    """Weights 10 i + j from item i to item j, for all items but the last, and the positive ratings of training."""
    n, n_items = 5, len(split.dataset.items)
    weight = (10 * np.arange(1, n + 1)[:, None] + np.arange(1, n + 1)[None, :]).astype(np.float32)
    np.fill_diagonal(weight, 0)
    known = split.known
    positive = (known.ratings >= 4) & (known.items < n)
    pairs = (np.ones(int(positive.sum()), np.float32), (known.users[positive], known.items[positive]))
    histories = csr_array(pairs, shape=(len(split.dataset.users), n))
    return item_weights_ranker(np.arange(n, dtype=np.int32), weight, histories, n_items)


@pytest.fixture(scope="module")
def ranked(split: RatingsSplit, weights: Any) -> Recommender:
    return Recommender.of(split, None, [weights])


@pytest.fixture(scope="module")
def ridge(split: RatingsSplit) -> Recommender:
    random = np.random.default_rng(3)
    dataset = split.dataset
    ability = Ridge(
        random.normal(size=(len(dataset.users), 2)).astype(np.float32),
        random.normal(size=(len(dataset.items), 2)).astype(np.float32),
        random.normal(0, 0.1, len(dataset.items)).astype(np.float32),
    )
    return Recommender.of(split, None, [ability])


# A user of the dataset


def test_the_best_unrated_items_come_first_and_the_test_part_is_left_out(split):
    found = fixed(split, m3=5, m4=3, m6=4).recommend("u0")
    assert [(each.key, each.label, each.score) for each in found] == [
        ("m6", "Good, the Bad and the Ugly, The (1966)", 4.0)
    ]


def test_test_items_are_included_on_request_with_their_rating(split):
    found = fixed(split, m3=5, m6=4).recommend("u0", Wish(with_test_items=True))
    assert [(each.key, each.held_out) for each in found] == [("m3", 1.0), ("m6", None)]


def test_of_equal_scores_the_more_rated_comes_first_then_the_first_row(split):
    found = fixed(split).recommend("u4")
    assert [each.n_ratings for each in found] == [4, 3, 2, 1]
    two = fixed(split).recommend("u4", Wish(topn=2))
    assert [each.key for each in two] == ["m2", "m3"]


def test_unknown_items_and_predictions_that_are_not_finite_are_left_out(split):
    keys = split.dataset.item_keys
    known = tuple(key != "m2" for key in keys)
    values = {"m3": float("nan"), "m4": float("inf"), "m5": 2.0}
    ability = Fixed(tuple(values.get(key, 1.0) for key in keys), known)
    assert [each.key for each in Recommender.of(split, None, [ability]).recommend("u4")] == ["m5"]


def test_a_run_that_ranks_is_ranked_by_its_scores(ranked, split):
    # u4 chose m1 only: the weights from it.
    found = ranked.recommend("u4")
    m1 = rows(split.dataset, "m1")[0]
    assert m1 == 0
    assert [round(each.score) for each in found] == [15, 14, 13, 12]
    assert not ranked.rates_users


def test_an_unknown_user_gets_spellings(split):
    with pytest.raises(NotFoundError, match="Closest spellings: u0"):
        fixed(split).recommend("U0")


@pytest.mark.parametrize("topn", [0, 1001])
def test_topn_is_bounded(split, topn):
    with pytest.raises(ParameterError):
        fixed(split).recommend("u0", Wish(topn=topn))


def test_a_run_that_neither_ranks_nor_rates_is_refused(split):
    with pytest.raises(InputError, match="does not recommend"):
        Recommender.of(split, None, []).recommend("u0")


def test_a_user_who_is_held_out_as_a_whole_is_folded_in(split, weights):
    dataset = split.dataset
    u4 = dataset.user_keys.index("u4")
    mine = dataset.ratings.users == u4
    given = dataset.ratings.take(np.flatnonzero(mine & (dataset.ratings.items == 0)))
    held = RatingsSplit(
        dataset,
        dataset.ratings.take(np.flatnonzero(~mine)),
        Ratings.empty(),
        dataset.ratings.take(np.flatnonzero(mine & (dataset.ratings.items != 0))),
        Ratings.empty(),
        given,
    )
    unseen = item_weights_ranker(weights.items, weights.weights, weights.histories[:u4], weights.n_items)
    recommender = Recommender.of(held, None, [unseen])
    assert recommender.is_folded(u4)
    assert [round(each.score) for each in recommender.recommend("u4")] == [15, 14, 13, 12]


# Filters and popularity


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        pytest.param(ItemFilter(genres=("drama",)), {"m3", "m4"}, id="genre"),
        pytest.param(ItemFilter(genres=("Comedy", "Western")), {"m4", "m6"}, id="one-of-two-genres"),
        pytest.param(ItemFilter(first_year=1996, last_year=1998), {"m2", "m3"}, id="years"),
        pytest.param(ItemFilter(last_year=1970), {"m6"}, id="until"),
        pytest.param(ItemFilter(min_count=3), {"m1", "m2", "m3"}, id="count"),
        pytest.param(ItemFilter(text=" amelie"), {"m4"}, id="text-without-accent"),
        pytest.param(ItemFilter(text="(199", genres=("Action",)), {"m1", "m2"}, id="text-is-no-pattern"),
        pytest.param(ItemFilter(text="  "), {"m1", "m2", "m3", "m4", "m5", "m6"}, id="blank"),
    ],
)
def test_filters(split, chosen, expected):
    columns = fixed(split).columns
    assert {
        key for key, passes in zip(split.dataset.item_keys, columns.matches(chosen), strict=True) if passes
    } == expected


def test_filters_that_cannot_be_used_say_so(split):
    columns = fixed(split).columns
    with pytest.raises(NotFoundError, match="Closest spellings: Western"):
        columns.matches(ItemFilter(genres=("Westrn",)))
    with pytest.raises(InputError, match="first year is after the last"):
        columns.matches(ItemFilter(first_year=2000, last_year=1990))
    with pytest.raises(ParameterError):
        columns.matches(ItemFilter(min_count=-1))


def test_a_filtered_list_is_the_filtered_whole_list(ranked):
    chosen = ItemFilter(genres=("Drama",))
    whole = [each for each in ranked.recommend("u4") if each.key in {"m3", "m4"}]
    assert ranked.recommend("u4", Wish(items=chosen)) == whole


def test_popularity_changes_the_order_but_not_the_scores(split):
    # m2 is rated four times and m5 once: with popularity taken out, the small difference in score is outweighed.
    recommender = fixed(split, m2=4.0, m3=3.0, m4=2.0, m5=3.9)
    assert [each.key for each in recommender.recommend("u4", Wish(2))] == ["m2", "m5"]
    found = recommender.recommend("u4", Wish(2, popularity_weight=1.0))
    assert [(each.key, round(each.score, 2)) for each in found] == [("m5", 3.9), ("m2", 4.0)]
    assert found[0].adjusted > found[1].adjusted


# Somebody new


def test_an_interactions_model_reads_positive_ratings_only(ranked, split):
    m1, m2, m3 = rows(split.dataset, "m1", "m2", "m3")
    own = OwnRatings((m1, m2), (5.0, 3.5))
    read = ranked.model_input(*own.arrays)
    assert read.items.tolist() == [m1]
    assert read.values.tolist() == [1.0]
    assert read.is_used.tolist() == [True, False]
    # The rated item that does not count is left out all the same.
    assert m2 not in [each.row for each in ranked.recommend_for(own)]
    assert ranked.recommend_for(own)[-1].row == m3


def test_a_rating_model_reads_all_ratings_and_gives_a_vector(ridge, split):
    m1, m3 = rows(split.dataset, "m1", "m3")
    folded = ridge.fold_in(OwnRatings((m1, m3), (5.0, 1.0)))
    ability = ridge.ability(Ridge)
    q = ability.items[[m1, m3]].astype(float)
    expected = np.linalg.solve(q.T @ q + 0.5 * np.eye(2), q.T @ (np.array([5.0, 1.0]) - 3 - ability.biases[[m1, m3]]))
    np.testing.assert_allclose(folded.vector, expected, rtol=1e-5)
    assert ridge.folds_in_ratings
    assert ridge.rates_users


def test_without_fold_in_there_is_a_plain_error(split):
    with pytest.raises(InputError, match="cannot place new users"):
        fixed(split).recommend_for(OwnRatings((0,), (5.0,)))


# Reasons


@pytest.mark.parametrize("name", ["ranked", "ridge"])
def test_reasons_of_somebody_new_add_up_to_the_score(name, request, split):
    recommender = request.getfixturevalue(name)
    own = OwnRatings(tuple(rows(split.dataset, "m1", "m3", "m4")), (5.0, 4.0, 4.5))
    for each in recommender.recommend_for(own):
        explanation = explain_own(recommender, own, each, most=1)
        assert len(explanation.contributions) <= 1
        assert np.clip(explanation.total, *((1, 5) if name == "ridge" else (-99, 99))) == pytest.approx(
            each.score, abs=1e-4
        )
        every = explain_own(recommender, own, each)
        assert every.n_others == 0
        assert every.base + sum(part.amount for part in every.contributions) == pytest.approx(explanation.total)


def test_reasons_of_a_user_are_the_weights_of_the_items_of_the_training(ranked, split):
    (found,) = (each for each in ranked.recommend("u0", Wish(with_test_items=True)) if each.key == "m3")
    explanation = explain_user(ranked, "u0", found)
    # u0 gave m1 5 and m2 4; the rating of m3 itself is in the test part.
    assert [(part.key, part.rating, part.amount) for part in explanation.contributions] == [
        ("m2", 4.0, 23.0),
        ("m1", 5.0, 13.0),
    ]
    assert explanation.total == found.score == 36.0
    assert explanation.is_score


def test_a_sum_that_is_not_the_score_is_noticed(ridge):
    # The trained vectors of this model are random: the fold-in is another one.
    found = ridge.recommend("u4")[0]
    assert not explain_user(ridge, "u4", found).is_score


def test_without_reasons_there_is_a_plain_error(split):
    recommender = fixed(split)
    with pytest.raises(InputError, match="cannot explain"):
        explain_user(recommender, "u4", recommender.recommend("u4")[0])


# Similar items without vectors


def test_similar_items_are_the_weights_of_an_item(ranked, split):
    (m2,) = rows(split.dataset, "m2")
    found = similar_by_choice(ranked, m2, topn=2)
    assert [(each.key, each.score) for each in found] == [(split.dataset.item_keys[4], 25.0), ("m4", 24.0)]


def test_a_model_without_taste_knows_no_similar_items(split):
    recommender = Recommender.of(split, None, [PopularityRanker(np.arange(1, 7, dtype=np.float32))])
    with pytest.raises(InputError, match="same to everyone"):
        similar_by_choice(recommender, 0)
    with pytest.raises(InputError, match="neither item vectors nor weights"):
        similar_by_choice(fixed(split), 0)


def test_an_item_without_weights_is_unknown(ranked):
    with pytest.raises(InputError, match="no ratings of this item"):
        similar_by_choice(ranked, 5)


# All users, and pairs


@pytest.mark.parametrize(
    "wish",
    [Wish(2), Wish(3, popularity_weight=0.5), Wish(9, ItemFilter(genres=("Drama",)))],
    ids=["two", "popularity", "filter"],
)
def test_all_users_get_what_each_gets_alone(ranked, split, wish, monkeypatch):
    # Batches of two users.
    monkeypatch.setattr("embedlab.exploration.new_things.recommender._SCORES_PER_BATCH", 12)
    batches = list(ranked.recommend_all(wish))
    assert len(batches) == 3
    together = [
        (split.dataset.user_keys[user], int(rank), int(item), float(score))
        for batch in batches
        for user, rank, item, score in zip(*batch, strict=True)
    ]
    alone = [
        (user, rank, each.row, each.score)
        for user in split.dataset.user_keys
        for rank, each in enumerate(ranked.recommend(user, wish), start=1)
    ]
    assert together == alone


def test_pairs_of_a_run_that_ranks_are_its_scores(ranked, monkeypatch):
    monkeypatch.setattr("embedlab.exploration.new_things.recommender._SCORES_PER_BATCH", 12)
    users, items = np.array([4, 0, 3, 4, -1, 2], np.int32), np.array([1, 2, 0, 5, 1, -1], np.int32)
    found = ranked.predict(users, items)
    expected = [
        ranked.scores(np.array([user], np.int32))[0][item] for user, item in zip(users[:3], items[:3], strict=True)
    ]
    np.testing.assert_array_equal(found[:3], expected)
    # The last item has no weights; unknown users and items have no score.
    assert np.isnan(found[3:]).all()


def test_a_run_without_a_split_learns_from_everything(rated):
    recommender = Recommender.of(split_without_test(rated), None, [PopularityRanker(np.ones(6, np.float32))])
    assert recommender.history(0).is_learned.all()
    assert all(recommender.ability(each) is not None for each in (Ranks, FoldsIn, ExplainsScores))
