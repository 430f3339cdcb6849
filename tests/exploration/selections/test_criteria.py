"""Text, regular expressions, metadata, groups and neighborhoods."""

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, ParameterError, TooLargeError
from embedlab.exploration.selections.columns import category_counts
from embedlab.exploration.selections.filters import meeting_all, parse_filter
from embedlab.exploration.selections.groups import group_named, in_groups
from embedlab.exploration.selections.neighborhoods import nearest_keys, within_similarity
from embedlab.exploration.selections.texts import LONGEST_PATTERN, containing, matching

MARKUP = "<script>alert(1)</script>"
LONG = "x" * 10_000


@pytest.fixture(scope="module")
def films() -> Embedding:
    metadata = pd.DataFrame(
        {
            "genre": ["Drama", "Comedy|Drama", "Comedy", None, LONG, MARKUP],
            "tags": pd.Series([["sad", "old"], ["funny"], [], None, ["old"], ["a|b"]], dtype=object),
            "year": [1994.0, 1995.0, np.nan, 2001.0, 1994.0, 1990.0],
            "seen": [True, False, True, False, True, False],
            "a>=b": ["x", "y", "x", "x", "x", "x"],
            "count": [60, 50, 40, 30, 20, 10],
        }
    )
    angles = np.radians([0, 10, 20, 90, 180, 270])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32) * 3
    labels = ["Amélie", "Big", "big fish", "Heat (1995)", "L'Année", MARKUP]
    return Embedding(vectors, [f"f{row}" for row in range(6)], labels, metadata)


def rows(mask) -> list[int]:
    return np.flatnonzero(mask).tolist()


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("amelie", None, [0]),
        ("BIG", None, [1, 2]),
        ("f3", None, [3]),
        ("<script", None, [5]),
        ("drama", "genre", [0, 1]),
        ("old", "tags", [0, 4]),
        ("nothing like it", None, []),
        ("199", "year", [0, 1, 4, 5]),
    ],
    ids=["accent", "case", "key", "markup", "column", "list", "none", "number"],
)
def test_text(films, text, column, expected):
    assert rows(containing(films, text, column)) == expected


@pytest.mark.parametrize(
    ("pattern", "column", "expected"),
    [
        ("^big$", None, [1]),
        ("^big", None, [1, 2]),
        (r"\(\d{4}\)$", None, [3]),
        ("^f[0-2]$", None, [0, 1, 2]),
        ("^Comedy$", "genre", [2]),
        ("^x+$", "genre", [4]),
        ("^$", "tags", [2]),
    ],
    ids=["whole", "start", "digits", "keys", "column", "long", "empty-cell"],
)
def test_regular_expressions(films, pattern, column, expected):
    assert rows(matching(films, pattern, column)) == expected


def test_case_can_matter(films):
    assert rows(matching(films, "^Big", match_case=True)) == [1]


@pytest.mark.parametrize(
    "pattern",
    ["(", "*a", "a{1000}{1000}", "(?=x)", r"(a)\1", "[z-a]", "((a{100}){100}){100}"],
    ids=["open", "star", "repeated", "lookahead", "backreference", "range", "huge"],
)
def test_invalid_patterns_are_refused_with_a_reason(films, pattern):
    with pytest.raises(InputError, match="RE2 reports"):
        matching(films, pattern)


def test_catastrophic_patterns_are_only_slow_elsewhere():
    # With backtracking, each of these would take longer than the age of the universe.
    keys = ["a" * 5000 + str(number) for number in range(100)]
    embedding = Embedding(np.ones((100, 2), dtype=np.float32), keys)
    for pattern in ("^(a+)+$", "^(a|aa)+$", "^(.*a){30}b$", "(x+x+)+y"):
        assert not matching(embedding, pattern).any()


@pytest.mark.parametrize("search", [containing, matching], ids=["text", "regex"])
def test_empty_and_long_texts_are_refused(films, search):
    with pytest.raises(InputError, match="Type"):
        search(films, "")
    with pytest.raises(TooLargeError, match="500 characters"):
        search(films, "a" * (LONGEST_PATTERN + 1))
    with pytest.raises(NotFoundError, match="Known columns: genre"):
        search(films, "a", "Genre")


def test_lone_surrogates_do_not_break_the_search():
    embedding = Embedding(np.ones((2, 2), dtype=np.float32), ["a\ud800", "b"])
    assert rows(containing(embedding, "a")) == [0]
    assert rows(matching(embedding, "^.$")) == [1]
    with pytest.raises(InputError, match="Type a regular expression"):
        matching(embedding, "\ud800")


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ("genre=Drama", [0, 1], "genre is Drama"),
        ("genre = Comedy|Drama", [0, 1, 2], "genre is Comedy|Drama or Comedy or Drama"),
        ("genre!=Drama", [2, 3, 4, 5], "genre is not Drama"),
        ("genre=", [3], "genre is missing"),
        ("genre!=", [0, 1, 2, 4, 5], "genre is known"),
        (f"genre={MARKUP}", [5], f"genre is {MARKUP}"),
        ("tags=old", [0, 4], "tags is old"),
        ("year=1994", [0, 4], "year is 1994"),
        ("year=1994..1999", [0, 1, 4], "year is from 1994 to 1999"),
        ("year=..1994", [0, 4, 5], "year is at most 1994"),
        ("year=1995..", [1, 3], "year is at least 1995"),
        ("year>1994", [1, 3], "year is above 1994"),
        ("year<1994", [5], "year is below 1994"),
        ("year>=1994", [0, 1, 3, 4], "year is at least 1994"),
        ("year!=1994", [1, 3, 5], "year is not 1994"),
        ("year=", [2], "year is missing"),
        ("seen=true", [0, 2, 4], "seen is true"),
        ("a>=b=y", [1], "a>=b is y"),
    ],
)
def test_conditions(films, text, expected, words):
    condition = parse_filter(text, films.metadata)
    assert rows(condition.mask(films)) == expected
    assert condition.text == words


def test_several_conditions_all_hold(films):
    conditions = [parse_filter(text, films.metadata) for text in ("year>=1994", "genre=Drama", "seen=false")]
    assert rows(meeting_all(films, conditions)) == [1]
    assert meeting_all(films, []).all()


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("genre", InputError, "needs a column"),
        ("Genre=Drama", NotFoundError, "Known columns: genre"),
        ("year=new", InputError, "not a number"),
        ("year=nan", InputError, "not a number"),
        ("year=1999..1990", InputError, "smaller"),
        ("genre>3", InputError, "no numbers"),
        ("", InputError, "needs a column"),
    ],
)
def test_conditions_that_do_not_fit(films, text, error, message):
    with pytest.raises(error, match=message):
        parse_filter(text, films.metadata).mask(films)


def test_categories_are_counted_by_their_parts(films):
    assert category_counts(films, "genre")[:2] == [("Drama", 2), ("Comedy", 2)]
    many = pd.DataFrame({"c": [f"c{row % 500}" for row in range(1000)]})
    embedding = Embedding(np.ones((1000, 2), dtype=np.float32), list(map(str, range(1000))), metadata=many)
    assert len(category_counts(embedding, "c")) == 500


def test_neighborhoods(films):
    assert rows(nearest_keys(films, "f0", 2)) == [0, 1, 2]
    # cos 10 and cos 20 degrees are 0.985 and 0.940.
    assert rows(within_similarity(films, "f0", 0.95)) == [0, 1]
    assert rows(within_similarity(films, "f0", 0.93)) == [0, 1, 2]
    assert rows(within_similarity(films, "f0", -1)) == list(range(6))
    with pytest.raises(ParameterError):
        within_similarity(films, "f0", 2)


def test_zero_vectors_and_nan_have_no_neighborhood():
    vectors = np.array([[1, 0], [0, 0], [np.nan, 1], [2, 0]], dtype=np.float32)
    embedding = Embedding(vectors, list("abcd"))
    assert rows(within_similarity(embedding, "a", 0.5)) == [0, 3]
    assert rows(within_similarity(embedding, "b", 0.5)) == [1]
    with pytest.raises(InputError):
        within_similarity(embedding, "c", 0.5)


def test_groups_by_name_or_number():
    names = ["king, queen", "Bread"]
    assert group_named(names, "bread") == 1
    assert group_named(names, "1") == 0
    with pytest.raises(NotFoundError, match="1 king, queen; 2 Bread"):
        group_named(names, "3")
    assert rows(in_groups(np.array([0, 1, 255, 1], dtype=np.uint8), [1])) == [1, 3]
