"""Which rows can be used, and what the numbers in them are."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from embedlab.kinds.ratings.cleaning import KeyCodes, RejectedRows, clean_batch
from embedlab.kinds.ratings.rating_values import plain_number
from embedlab.kinds.ratings.times import TimeReader


def clean(users, items, ratings, times=None, left_out=None):
    codes = KeyCodes(), KeyCodes()
    columns = [pa.array(column) for column in (users, items, ratings) + ((times,) if times else ())]
    left_out = left_out if left_out is not None else RejectedRows()
    return clean_batch(columns, 1, *codes, left_out), codes, left_out


def test_keys_are_texts_coded_in_the_order_of_first_appearance():
    rows, (users, items), left_out = clean(["b", " a ", "b"], [10, 7, 7], ["4", "3.5", "1"])
    assert (users.keys, items.keys) == (["b", "a"], ["10", "7"])
    assert (rows.users.tolist(), rows.items.tolist()) == ([0, 1, 0], [0, 1, 1])
    assert (rows.ratings.dtype, rows.ratings.tolist()) == (np.float32, [4, 3.5, 1])
    assert left_out.count == 0
    assert np.isnan(rows.times).all()


def test_unusable_rows_are_counted_and_shown():
    users = ["u", None, "u", "u", "u", "u", "x" * 10_000, "u"]
    items = ["a", "b", "", "d", "e", "f", "g", "<script>"]
    ratings = ["5", "5", "5", "nan", "inf", "lots", "5", "4"]
    rows, (user_codes, item_codes), left_out = clean(users, items, ratings)
    assert left_out.reasons == {
        "rows without a user": 1,
        "rows without an item": 1,
        "rows whose rating is not a number": 2,
        "rows without a rating": 1,
        "rows with an id of more than 1,000 characters": 1,
    }
    assert (rows.ratings.tolist(), item_codes.keys, user_codes.keys) == ([5, 4], ["a", "<script>"], ["u"])
    assert len(left_out.examples) == 6
    assert left_out.examples[0] == {"row": 2, "values": ["", "b", "5"], "reason": "rows without a user"}
    assert max(len(value) for example in left_out.examples for value in example["values"]) <= 60


def test_examples_never_exceed_five_over_many_batches():
    left_out = RejectedRows()
    for _ in range(3):
        clean(["u"] * 4, ["i"] * 4, ["bad"] * 4, left_out=left_out)
    assert (left_out.count, len(left_out.examples)) == (12, 5)


def test_numeric_columns_with_missing_values():
    rows, (users, _), left_out = clean([1.0, math.nan, 3.0], [1, 2, None], [4.5, 1.0, math.inf])
    assert (users.keys, rows.ratings.tolist(), left_out.count) == (["1"], [4.5], 2)


def test_a_rating_too_large_for_float32_is_not_finite():
    assert clean(["u"], ["i"], ["1e300"])[2].count == 1


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3.0), ("3.5", 3.5), ("3,5", 3.5), ("-1e2", -100.0), (" 2 ", 2.0), pytest.param("٣", 3.0, id="arabic-digit")],
)
def test_texts_that_are_numbers(text, number):
    assert plain_number(text) == number


@pytest.mark.parametrize("text", ["", "x", "1_000", "1,2,3", "1,000.5", "NaN", "=1+1"])
def test_texts_that_are_none(text):
    assert math.isnan(plain_number(text))


def test_times_are_numbers_or_dates():
    assert TimeReader()("964982703") == 964982703
    assert TimeReader()("1970-01-02") == 86_400
    assert TimeReader()("1970-01-01T01:00:00+01:00") == 0
    assert math.isnan(TimeReader()("yesterday"))
