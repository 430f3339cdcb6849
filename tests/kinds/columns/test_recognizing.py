"""What a column holds, on columns whose right answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.kinds.columns.dates import date_parts, parse_dates
from embedlab.kinds.columns.numbers import parse_numbers, plain_numbers
from embedlab.kinds.columns.recognizing import recognize_column

N = 40


def column(*cells: object) -> pd.Series[str]:
    """Return the cells, repeated to `N` rows."""
    return pd.Series([str(cells[row % len(cells)]) for row in range(N)], dtype=object)


def distinct(pattern: str, n: int = N) -> pd.Series[str]:
    return pd.Series([pattern.format(row) for row in range(n)], dtype=object)


@pytest.mark.parametrize(
    ("cells", "name", "expected", "is_used", "reason"),
    [
        pytest.param(column("red", "green"), "color", "category", True, "2 different values", id="category"),
        pytest.param(column("02134", "02135", "10001"), "place", "category", True, "leading zeros", id="leading-zeros"),
        pytest.param(column(98001, 98002), "zipcode", "category", True, "holds codes", id="zip-by-name"),
        pytest.param(column("yes"), "flag", "category", False, "one value, “yes”", id="one-value"),
        pytest.param(column(""), "empty", "category", False, "no values", id="empty"),
        pytest.param(distinct("a{}"), "host", "id", False, "As many values as rows", id="as-many-as-rows"),
        pytest.param(distinct("{}"), "row", "id", False, "in sequence", id="row-numbers"),
        pytest.param(distinct("1{}"), "user_id", "id", False, "An id by its name", id="id-by-name"),
        pytest.param(column(7, 8), "user_id", "category", True, "which repeat", id="repeated-id"),
        pytest.param(column(1.5, 2, 3.25), "size", "number", True, "Numbers", id="number"),
        pytest.param(distinct("{}.5"), "size", "number", True, "Numbers", id="distinct-decimals"),
        pytest.param(column("$1,200.50", "$80"), "price", "number", True, "Signs of currency", id="currency"),
        pytest.param(column("1.200,5", "80,25"), "price", "number", True, "decimal sign", id="decimal-comma"),
        pytest.param(column(1, 2, "NA", ""), "rooms", "number", True, "20 of 40 cells are missing", id="missing"),
        pytest.param(column(*range(30), "many"), "rooms", "number", True, "1 cells are no numbers", id="few-others"),
        pytest.param(column(1, 2, "many", "few"), "rooms", "category", True, "Mixed: 20 cells", id="mixed"),
        pytest.param(column("2014-10-13", "2015-01-02"), "sold", "date", True, "year, month and weekday", id="date"),
        pytest.param(column("20141013T000000", "20150102T000000"), "sold", "date", True, "Dates", id="kc-house-date"),
        pytest.param(column("13/10/2014", "02/01/2015"), "sold", "date", True, "Dates", id="day-first"),
        pytest.param(distinct("a light room in house {}"), "about", "text", True, "Texts of 6 words", id="text"),
    ],
)  # fmt: skip
def test_types(cells: pd.Series[str], name: str, expected: str, is_used: bool, reason: str) -> None:
    report = recognize_column(cells, name)
    assert (report.type, report.is_used) == (expected, is_used)
    assert reason in " ".join(report.reasons)


def test_very_many_categories_are_said() -> None:
    cells = pd.Series([f"shop {number % 100_000}" for number in range(200_000)], dtype=object)
    report = recognize_column(cells, "shop")
    assert (report.type, report.n_values) == ("category", 100_000)
    assert "Very many values: 100,000, of which 0 occur once." in report.reasons


def test_a_chosen_type_is_kept_and_the_content_is_said() -> None:
    report = recognize_column(column(98001, 98002), "area", "category")
    assert (report.type, report.is_used) == ("category", True)
    assert report.reasons[0].startswith("Chosen by you; its content suggests number")


@pytest.mark.parametrize(
    ("text", "decimal_comma", "number"),
    [
        pytest.param("1200", False, 1200.0, id="plain"),
        pytest.param("-1,200.5", False, -1200.5, id="thousands"),
        pytest.param("€ 1.200,50", True, 1200.5, id="decimal-comma"),
        pytest.param("85 %", False, 85.0, id="percent"),
        pytest.param("1e-3", False, 0.001, id="exponent"),
        pytest.param("1e999", False, np.nan, id="infinite"),
        pytest.param("-2e100", False, np.nan, id="square-would-overflow"),
        pytest.param("1e100", False, 1e100, id="largest"),
        pytest.param("inf", False, np.nan, id="word-inf"),
        pytest.param("12 rooms", False, np.nan, id="words"),
        pytest.param("12_000", False, np.nan, id="underscore"),
    ],
)
def test_numbers(text: str, decimal_comma: bool, number: float) -> None:
    np.testing.assert_equal(parse_numbers(pd.Series([text]), decimal_comma=decimal_comma), [number])


def test_parts_of_dates() -> None:
    parts = date_parts(parse_dates(pd.Series(["2014-10-13", "", "2024-02-30"]), "%Y-%m-%d"))
    np.testing.assert_equal(parts.years, [2014.0, np.nan, np.nan])
    assert parts.months.tolist() == [9, -1, -1]
    assert parts.weekdays.tolist() == [0, -1, -1]


def test_plain_numbers_are_parsed_at_once_and_others_as_people_write_them() -> None:
    cells = {
        "1": 1, "-2.5": -2.5, " 7 ": 7, "1e5": 1e5, "2E-3": 2e-3, "00501": 501,
        "12345678901234567890": 12345678901234567890, "+1": 1, "1.": 1, ".5": 0.5, "$1,200.50": 1200.5, "85 %": 85,
        "1e400": np.nan, "0x10": np.nan, "inf": np.nan, "nan": np.nan, "1_000": np.nan, "1,5": np.nan, "": np.nan,
        "word": np.nan,
    }  # fmt: skip
    written = pd.Series([*cells, None], dtype="str")
    np.testing.assert_equal(parse_numbers(written), [*cells.values(), np.nan])
    _, is_plain = plain_numbers(written)
    assert is_plain.tolist() == [True] * 6 + [False] * (len(written) - 6)


@pytest.mark.parametrize(
    ("cells", "expected", "reason"),
    [
        pytest.param(distinct("{0}.25"), "number", "Numbers.", id="plain"),
        pytest.param(distinct("2014{0:02d}01").iloc[13:], "number", "Whole numbers.", id="no-months"),
        pytest.param(column(20140101, 20150203, 19991231), "date", "Dates, such as", id="digits-of-dates"),
        pytest.param(pd.concat([distinct("{0}.25", 39), column("$7")[:1]]), "number", "currency", id="one-with-a-sign"),
        pytest.param(pd.concat([distinct("{0}.25", 39), column("many")[:1]]), "number", "“many”", id="one-other"),
        pytest.param(pd.concat([distinct("0{0:03d}", 39), column("unknown")[:1]]), "category", "zeros", id="codes"),
        pytest.param(column("1.234,50", "2", "3,5"), "number", "decimal sign", id="decimal-comma"),
    ],
)
def test_mostly_plain_numbers_have_the_same_types_and_reasons_however_they_are_stored(cells, expected, reason) -> None:
    reports = [recognize_column(cells.astype(dtype), "size") for dtype in (object, "str")]
    assert reports[0] == reports[1]
    assert reports[0].type == expected
    assert reason in " ".join(reports[0].reasons)
