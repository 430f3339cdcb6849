"""What cells of ratings and times mean."""

from __future__ import annotations

import math

import pytest

from embedlab.core.errors import UnsureError
from embedlab.kinds.ratings.rating_values import RatingReader, marks_of, reader_of
from embedlab.kinds.ratings.times import TimeReader, dates_in

RATINGS = {
    "whole": ("3", 3),
    "decimal": ("3.5", 3.5),
    "comma": ("8,5", 8.5),
    "stars": ("★★★☆☆", 3),
    "half-star": ("★★½", 2.5),
    "emoji": ("⭐️⭐️", 2),
    "no-star": ("☆☆☆☆☆", 0),
    "fraction": ("4/5", 4),
    "fraction-comma": ("4,5 / 5", 4.5),
    "out-of": ("7 out of 10", 7),
    "percent": ("80%", 80),
    "n-stars": ("3 stars", 3),
    "one-star": ("1 star", 1),
    "number-and-star": ("5★", 5),
    "negative": ("-2", -2),
}
NO_RATINGS = {
    "empty": "",
    "word": "good",
    "of-zero": "4/0",
    "underscore": "1_000",
    "date": "2014-01-01",
    "long": "★" * 100,
    "two-slashes": "1/2/3",
    "address": "http://x",
}


@pytest.mark.parametrize("name", RATINGS)
def test_a_cell_is_a_rating(name):
    cell, rating = RATINGS[name]
    assert RatingReader({})(cell) == rating


@pytest.mark.parametrize("name", NO_RATINGS)
def test_a_cell_is_no_rating(name):
    assert math.isnan(RatingReader({})(NO_RATINGS[name]))


def test_fractions_of_several_scales_share_the_largest():
    reader = reader_of(["4/5", "9/10", "1/5"])
    assert [reader(cell) for cell in ("4/5", "9/10", "1/5")] == [8, 9, 2]


def test_text_is_no_column_of_ratings():
    assert reader_of(["one", "two", "three"]) is None
    assert reader_of([]) is None
    assert reader_of(["good", "bad", "purple"]) is None


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ([-1, 1, 2, 3, 4, 5], [-1]),
        ([-1, 0, 1], []),
        ([-1, 1], []),
        ([-10, -0.5, 9.9, 99], [99]),
        ([1, 5, 10, 99], [99]),
        ([10, 50, 80, 99, 100], []),
        ([-99, 1, 2, 3], [-99]),
        ([1, 2, 3, 4, 5], []),
        ([0, 1, 2, 3, 4, 5], []),
        ([0, 1], []),
    ],
    ids=["minus-1", "triple", "pair", "jester", "99", "percent", "minus-99", "plain", "from-0", "binary"],
)
def test_marks_outside_the_scale(values, marks):
    assert marks_of(dict.fromkeys(values, 10))[0] == marks


def test_zero_is_a_mark_where_it_is_far_more_frequent_than_its_neighbor():
    scale = {float(value): 10 for value in range(1, 6)}
    assert marks_of({0.0: 300, **scale})[0] == [0]
    assert marks_of({0.0: 12, **scale})[0] == []
    with pytest.raises(UnsureError, match="0 may be"):
        marks_of({0.0: 22, **scale})
    assert marks_of({0.0: 12, **scale}, zero_is_empty=True)[0] == [0]


#: 2014-01-04
DAY = 1_388_793_600.0
TIMES = {
    "seconds": ("964982703", 964982703),
    "milliseconds": ("964982703000", 964982703),
    "iso": ("2014-01-04", DAY),
    "us": ("1/4/2014", DAY),
    "us-short": ("1/4/14", DAY),
    "year-first": ("2014/1/4", DAY),
    "month-name": ("Jan 4, 2014", DAY),
    "day-month-name": ("4 January 2014", DAY),
    "ordinal": ("January 4th, 2014", DAY),
    "amazon": ("01 4, 2014", DAY),
    "asctime": ("Sat Jan 04 00:00:00 +0000 2014", DAY),
    "clock": ("1/4/2014 1:30 PM", DAY + 13.5 * 3600),
    "midnight": ("1/4/2014 12:00 AM", DAY),
    "zone": ("2014-01-04T02:00:00+02:00", DAY),
    "polish": ("4 stycznia 2014", DAY),
    "before-1970": ("12/31/1969", -86_400),
}
NO_TIMES = {
    "empty": "",
    "word": "yesterday",
    "month-13": "13/13/2014",
    "february-30": "2/30/2014",
    "fraction": "4/5",
    "no-month": "Foo 4, 2014",
    "year-99999": "99999/1/1",
    "infinite": "9" * 400,
}


@pytest.mark.parametrize("name", TIMES)
def test_a_text_is_a_time(name):
    text, seconds = TIMES[name]
    assert TimeReader("month-first")(text) == seconds


@pytest.mark.parametrize("name", NO_TIMES)
def test_a_text_is_no_time(name):
    assert math.isnan(TimeReader()(NO_TIMES[name]))


def test_the_order_of_day_and_month_is_found_where_the_dates_show_it():
    assert dates_in(["1/2/2014", "1/13/2014"]).order == "month-first"
    assert dates_in(["1/2/2014", "13/1/2014"]).order == "day-first"
    assert dates_in(["1/2/2014", "3/4/2014"]).order is None
    assert TimeReader("day-first")("4.1.2014") == DAY
