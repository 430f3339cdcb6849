"""Each protocol puts every rating in one part, and the right ones in the test part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings.parts import ratings_split
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit
from tests.kinds.ratings.planted_interactions import dataset_of, random_rows

LEAVE_LAST = Protocol("leave-last", 0, 0.0, 0.0)
PROTOCOLS = [
    pytest.param(Protocol("random", 3, 0.1, 0.2), id="random"),
    pytest.param(LEAVE_LAST, id="leave-last"),
    pytest.param(Protocol("time-cut", 0, 0.1, 0.2), id="time-cut"),
    pytest.param(Protocol("unseen-users", 3, 0.1, 0.2), id="unseen-users"),
]
PARTS = ("train", "validation", "test", "validation_history", "test_history")


def triples(part: Ratings) -> list[tuple[int, int, float]]:
    return list(zip(part.users.tolist(), part.items.tolist(), part.ratings.tolist(), strict=True))


def timed(seed: int = 0) -> Any:
    rows = random_rows(seed=seed)
    return dataset_of(rows, times=np.random.default_rng(seed).integers(0, 200, len(rows)))


def at(split: RatingsSplit, part: str, user: int) -> list[int]:
    rated = getattr(split, part)
    return rated.items[rated.users == user].tolist()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_lost_and_nothing_is_in_two_parts(protocol: Protocol) -> None:
    dataset = timed()
    split = ratings_split(dataset, protocol)
    everything = [each for name in PARTS for each in triples(getattr(split, name))]
    assert sorted(everything) == sorted(triples(dataset.ratings))
    again = ratings_split(dataset, protocol)
    assert all(triples(getattr(split, name)) == triples(getattr(again, name)) for name in PARTS)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_times_stay_with_their_ratings(protocol: Protocol) -> None:
    dataset = timed()
    time_of = dict(zip(triples(dataset.ratings), dataset.ratings.times.tolist(), strict=True))
    split = ratings_split(dataset, protocol)
    for name in PARTS:
        part = getattr(split, name)
        assert part.times is None or part.times.tolist() == [time_of[each] for each in triples(part)]


def test_the_last_rating_of_a_user_is_for_test_and_the_one_before_for_validation() -> None:
    rows = [(0, 0, 5), (0, 1, 4), (1, 0, 3), (0, 2, 3), (0, 3, 2), (1, 1, 1), (2, 0, 5), (2, 1, 5), (2, 2, 5)]
    split = ratings_split(dataset_of(rows, times=[4, 9, 1, 2, 7, 5, 3, 3, 3]), LEAVE_LAST)
    assert (at(split, "test", 0), at(split, "validation", 0)) == ([1], [3])
    assert sorted(at(split, "train", 0)) == [0, 2]
    # Two ratings are too few to hold one out.
    assert sorted(at(split, "train", 1)) == [0, 1]
    # Equal times: the order of the file.
    assert (at(split, "test", 2), at(split, "validation", 2), at(split, "train", 2)) == ([2], [1], [0])


def test_without_times_the_last_rating_is_the_last_in_the_file() -> None:
    rows = [(0, 3, 5), (1, 0, 1), (0, 1, 4), (0, 2, 3), (1, 2, 1), (1, 1, 1)]
    split = ratings_split(dataset_of(rows), LEAVE_LAST)
    assert [at(split, part, 0) for part in ("train", "validation", "test")] == [[3], [1], [2]]
    assert [at(split, part, 1) for part in ("train", "validation", "test")] == [[0], [2], [1]]


def test_a_rating_without_a_time_does_not_change_the_order_of_the_others() -> None:
    rows = [(0, 0, 5), (0, 1, 4), (0, 2, 3), (0, 3, 2)]
    split = ratings_split(dataset_of(rows, times=[9, 4, np.nan, 7]), LEAVE_LAST)
    assert [at(split, part, 0) for part in ("test", "validation")] == [[0], [3]]
    assert sorted(at(split, "train", 0)) == [1, 2]


def test_the_newest_ratings_of_all_users_are_for_test() -> None:
    rows = [(n % 7, n % 5, 3) for n in range(35)]
    times = np.random.default_rng(0).permutation(35)
    split = ratings_split(dataset_of(rows, times=times), Protocol("time-cut", 0, 0.2, 0.2))
    assert [len(part) for part in (split.train, split.validation, split.test)] == [21, 7, 7]
    times_of = [np.array(part.times) for part in (split.train, split.validation, split.test)]
    assert times_of[0].max() < times_of[1].min()
    assert times_of[1].max() < times_of[2].min()


def test_equal_times_stay_together_and_the_shares_come_as_near_as_they_can() -> None:
    times = np.repeat([1, 2, 3, 4], [50, 20, 5, 25])
    rows = [(n, n % 3, 3) for n in range(100)]
    split = ratings_split(dataset_of(rows, times=times), Protocol("time-cut", 0, 0.1, 0.2))
    assert [len(part) for part in (split.train, split.validation, split.test)] == [70, 5, 25]


def test_ratings_without_a_time_are_never_in_the_future() -> None:
    times = np.arange(20.0)
    times[[0, 19]] = np.nan
    split = ratings_split(dataset_of([(n, n % 2, 3) for n in range(20)], times=times), Protocol("time-cut"))
    assert {0, 19} <= set(split.train.users.tolist())


@pytest.mark.parametrize(
    ("times", "message"),
    [
        pytest.param(None, "have no times", id="no times"),
        pytest.param([np.nan] * 6 + [1.0, 2.0, 3.0, 4.0], "have no times", id="mostly unknown"),
        pytest.param([5.0] * 10, "too few different times", id="one time"),
        pytest.param([5.0] * 5 + [6.0] * 5, "too few different times", id="two times"),
    ],
)
def test_a_time_cut_without_times_is_refused(times: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ratings_split(dataset_of([(n, n % 2, 3) for n in range(10)], times=times), Protocol("time-cut"))


def test_no_held_out_user_is_in_the_training_part() -> None:
    dataset = dataset_of(random_rows(60, 30, 0.5))
    split = ratings_split(dataset, Protocol("unseen-users", 1, 0.1, 0.2, history_share=0.6))
    users = {name: set(getattr(split, name).users.tolist()) for name in PARTS}
    assert users["test"] == users["test_history"]
    assert users["validation"] == users["validation_history"]
    assert (len(users["test"]), len(users["validation"])) == (12, 6)
    assert not users["train"] & (users["test"] | users["validation"])
    assert not users["test"] & users["validation"]
    assert len(users["train"]) == 42
    for user in users["test"]:
        n_given, n_held_out = len(at(split, "test_history", user)), len(at(split, "test", user))
        assert n_given == np.clip(round(0.6 * (n_given + n_held_out)), 1, n_given + n_held_out - 1)
    # What a model may train on in the end has the validation users, but not the test users.
    assert set(split.known.users.tolist()) == users["train"] | users["validation"]
    assert not set(split.without_test().known.users.tolist()) & users["test"]


def test_a_user_with_one_rating_is_never_held_out() -> None:
    rows = [(user, user % 4, 3) for user in range(20)] + [(user, 4 + user % 3, 4) for user in range(5)]
    split = ratings_split(dataset_of(rows), Protocol("unseen-users", 0, 0.2, 0.4))
    held_out = {*split.test.users.tolist(), *split.validation.users.tolist()}
    assert held_out
    assert held_out <= set(range(5))


@pytest.mark.parametrize("protocol", [p for p in PROTOCOLS if p.id in ("leave-last", "unseen-users")])
def test_one_rating_for_each_user_leaves_nothing_to_test_on(protocol: Protocol) -> None:
    with pytest.raises(InputError, match="leaves no ratings for the test part"):
        ratings_split(dataset_of([(user, user % 3, 3) for user in range(30)]), protocol)


@pytest.mark.parametrize("protocol", [p for p in PROTOCOLS if p.id in ("random", "unseen-users")])
def test_another_seed_gives_another_test_part(protocol: Protocol) -> None:
    dataset = dataset_of(random_rows())
    other = Protocol(protocol.name, protocol.seed + 1, protocol.validation_share, protocol.test_share)
    assert triples(ratings_split(dataset, protocol).test) != triples(ratings_split(dataset, other).test)
