"""Which ratings count as positive, and the weights of choices."""

from __future__ import annotations

import math

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings.interactions import (
    Interactions,
    count_scaling_of,
    default_positive_from,
    interactions_split,
    scaled_counts,
    to_interactions,
)
from embedlab.kinds.ratings.parts import ratings_split
from embedlab.kinds.ratings.splits import Ratings
from tests.kinds.ratings.planted_interactions import dataset_of, random_rows

PARTS = ("train", "validation", "test", "validation_history", "test_history")


@pytest.mark.parametrize(
    ("scale", "lowest"),
    [
        pytest.param((1.0, 5.0), 4.0, id="five stars"),
        pytest.param((0.5, 5.0), 4.0, id="half stars"),
        pytest.param((0.0, 5.0), 4.0, id="from zero"),
        pytest.param((1.0, 10.0), 6.4, id="ten points"),
        pytest.param((0.0, 100.0), 60.0, id="percent"),
        pytest.param((-10.0, 10.0), 2.0, id="around zero"),
        pytest.param((1.0, 1000.0), 600.4, id="thousand"),
        pytest.param((2.0, 5.0), 3.8, id="stars without the lowest"),
        pytest.param((0.0, 1.0), 0.6, id="zero to one"),
    ],
)
def test_the_top_two_fifths_of_a_scale_count_as_positive(scale: tuple[float, float], lowest: float) -> None:
    assert default_positive_from(scale) == pytest.approx(lowest)


def test_a_rating_equal_to_the_lowest_positive_one_counts() -> None:
    ratings = Ratings(np.arange(4, dtype=np.int32), np.zeros(4, np.int32), np.array([0.5, 0.6, 0.7, 1.0], np.float32))
    found = to_interactions(ratings, default_positive_from((0.0, 1.0)), "binary")
    assert found.users.tolist() == [1, 2, 3]
    assert found.weights.tolist() == [1, 1, 1]


def test_counts_become_weights() -> None:
    values = np.array([1, 3, 99], np.float32)
    assert scaled_counts(values, "binary").tolist() == [1, 1, 1]
    assert scaled_counts(values, "linear").tolist() == [1, 3, 99]
    expected = [1, 1 + math.log(2), 1 + math.log(50)]
    assert scaled_counts(values, "log") == pytest.approx(expected)
    # However short an item was used, it was chosen.
    assert (scaled_counts(np.array([1e-6], np.float32), "log") > 0).all()


@pytest.mark.parametrize(
    ("stored", "scaling"),
    [
        pytest.param("linear", "linear", id="linear"),
        pytest.param(None, "log", id="absent"),
        pytest.param(["log"], "log", id="damaged"),
        pytest.param("square", "log", id="unknown"),
    ],
)
def test_a_stored_scaling_is_read(stored: object, scaling: str) -> None:
    assert count_scaling_of(stored) == scaling


def test_implicit_feedback_has_its_scaling_and_no_lowest_rating() -> None:
    rows = [(0, 0, 1), (0, 1, 3), (1, 0, 0), (1, 1, -2), (2, 0, 7), (2, 1, 1)]
    dataset = dataset_of(rows, feedback="implicit", options={"count_scaling": "linear"})
    split = interactions_split(ratings_split(dataset, Protocol("random", 0, 0.1, 0.1)), positive_from=5)
    assert split.positive_from is None
    weights = {}
    for name in PARTS:
        part = getattr(split, name)
        pairs = zip(part.users.tolist(), part.items.tolist(), strict=True)
        weights.update(zip(pairs, part.weights.tolist(), strict=True))
    # A count of 0 or below is no choice.
    assert weights == {(0, 0): 1, (0, 1): 3, (2, 0): 7, (2, 1): 1}


@pytest.mark.parametrize("name", ["random", "unseen-users"])
def test_the_positive_ratings_of_each_part_are_its_interactions(name: str) -> None:
    split = ratings_split(dataset_of(random_rows()), Protocol(name, 2, 0.2, 0.2))
    found = interactions_split(split)
    assert found.positive_from == 4
    for part in PARTS:
        rated, chosen = getattr(split, part), getattr(found, part)
        expected = [(u, i) for u, i, r in zip(rated.users, rated.items, rated.ratings, strict=True) if r >= 4]
        assert list(zip(chosen.users, chosen.items, strict=True)) == expected
    assert len(interactions_split(split, 5).train) < len(found.train)
    assert found.holds_out_users is (name == "unseen-users")


def test_users_are_held_out_even_if_nothing_that_is_given_counts_as_positive() -> None:
    rows = [(user, item, 5 if user < 16 else 1) for user in range(20) for item in range(4)]
    split = ratings_split(dataset_of(rows), Protocol("unseen-users", 0, 0.1, 0.1))
    split.validation_history.ratings[:] = 1
    split.test_history.ratings[:] = 1
    found = interactions_split(split)
    assert len(found.validation_history) + len(found.test_history) == 0
    assert found.holds_out_users


def test_without_test_a_model_sees_nothing_of_the_test_part() -> None:
    split = interactions_split(ratings_split(dataset_of(random_rows()), Protocol("unseen-users", 0, 0.2, 0.2)))
    seen = split.without_test()
    assert len(seen.test) + len(seen.test_history) + len(seen.rated.test) + len(seen.rated.test_history) == 0
    assert not set(seen.known.users.tolist()) & set(split.test.users.tolist())


def test_ratings_that_are_all_too_low_are_refused() -> None:
    split = ratings_split(dataset_of(random_rows()), Protocol())
    with pytest.raises(InputError, match="counts as positive") as refused:
        interactions_split(split, 5.5)
    assert "positive from 5.5" in str(refused.value.received)


def test_the_matrix_has_a_row_for_each_user() -> None:
    chosen = Interactions(np.array([2, 0, 2], np.int32), np.array([1, 0, 0], np.int32), np.array([2, 1, 3], np.float32))
    assert chosen.matrix(3, 2).toarray().tolist() == [[1, 0], [0, 0], [3, 2]]
    joined = Interactions.joined(chosen, Interactions.empty())
    assert (len(joined), joined.users.dtype, joined.weights.dtype) == (3, np.int32, np.float32)
