"""Ratings that somebody types or a link contains."""

from __future__ import annotations

import pytest

from embedlab.core.errors import InputError, NotFoundError, ParameterError, TooLargeError
from embedlab.exploration.new_things.own_ratings import (
    MOST_RATED,
    OwnRatings,
    from_address,
    parse_ratings,
    to_address,
)
from embedlab.exploration.new_things.recommender import Recommender

SCALE = (1.0, 5.0)


@pytest.fixture(scope="module")
def catalog(split):
    return Recommender.of(split, None, []).catalog


def keyed(own: OwnRatings, catalog) -> dict[str, float]:
    return {catalog.keys[item]: rating for item, rating in zip(own.items, own.ratings, strict=True)}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(["Heat (1995)=5, Ronin (1998)=4"], {"m1": 5.0, "m2": 4.0}, id="titles"),
        pytest.param(["Heat=5,amelie=2.5"], {"m1": 5.0, "m4": 2.5}, id="without-year-case-accent"),
        pytest.param(["m3=1", "m1 = 2"], {"m3": 1.0, "m1": 2.0}, id="keys"),
        pytest.param(["Good, the Bad and the Ugly, The=5, m1=3"], {"m6": 5.0, "m1": 3.0}, id="commas-in-a-title"),
    ],
)
def test_typed_ratings(catalog, texts, expected):
    assert keyed(parse_ratings(texts, catalog, SCALE), catalog) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(["Heat", "Emma (1996)"], {"m1": 1.0, "m3": 1.0}, id="one-each"),
        pytest.param(["m1, m2"], {"m1": 1.0, "m2": 1.0}, id="comma"),
        pytest.param(["Good, the Bad and the Ugly, The (1966)"], {"m6": 1.0}, id="title-with-commas"),
        pytest.param(["m1=1"], {"m1": 1.0}, id="one"),
    ],
)
def test_typed_choices(catalog, texts, expected):
    assert keyed(parse_ratings(texts, catalog, None), catalog) == expected


@pytest.mark.parametrize(
    ("texts", "scale", "error", "words"),
    [
        pytest.param(["Het (1995)=5"], SCALE, NotFoundError, "Heat", id="unknown"),
        pytest.param(["m1=9"], SCALE, ParameterError, "from 1 to 5", id="outside"),
        pytest.param(["m1=5, Heat=4"], SCALE, InputError, "twice", id="twice"),
        pytest.param(["m1"], SCALE, InputError, "no rating", id="no-rating"),
        pytest.param(["m1=5, m2"], SCALE, InputError, "no rating", id="last-without-rating"),
        pytest.param([" "], SCALE, InputError, "No item", id="nothing"),
        pytest.param(["m1=5"], None, ParameterError, "chosen, not rated", id="rated-choice"),
    ],
)
def test_typed_mistakes(catalog, texts, scale, error, words):
    with pytest.raises(error, match=words):
        parse_ratings(texts, catalog, scale)


def test_a_link_says_the_same(catalog):
    own = OwnRatings((0, 3), (4.5, 2.0))
    assert to_address(own, catalog.keys) == [f"4.5:{catalog.keys[0]}", f"2:{catalog.keys[3]}"]
    assert from_address(to_address(own, catalog.keys), catalog, SCALE) == (own, [])


def test_what_a_damaged_link_has_wrong_is_left_out_and_said(catalog):
    texts = ["5:m1", "nan:m2", "5", "x:m2", "1e999:m2", "4:nobody", "6:m2", "3:m1", "-1e5:m3"]
    own, problems = from_address(texts, catalog, SCALE)
    assert keyed(own, catalog) == {"m1": 5.0}
    assert problems == [
        "The link has 4 ratings that cannot be read.",
        "The link has 1 rating of items that this dataset does not have.",
        "The link has 2 ratings outside the scale, 1 to 5.",
        "The link has 1 rating of items that were rated before.",
    ]


def test_the_number_of_ratings_is_bounded(catalog):
    own, problems = from_address(["5:m1"] * (MOST_RATED + 3), catalog, SCALE)
    assert len(own) == 1
    assert "3 ratings beyond the first 50" in problems[-1]
    full = OwnRatings(tuple(range(MOST_RATED)), (1.0,) * MOST_RATED)
    with pytest.raises(TooLargeError):
        full.with_rating(MOST_RATED, 1.0)
    assert full.with_rating(3, 2.0).ratings[3] == 2.0


def test_ratings_are_changed_and_removed():
    own = OwnRatings((4, 7), (1.0, 2.0)).with_rating(4, 5.0)
    assert own == OwnRatings((4, 7), (5.0, 2.0))
    assert own.without(4) == OwnRatings((7,), (2.0,))
