"""Recognizing what a column holds, from all of its cells, with the reasons as sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import shorten
from embedlab.kinds.columns.dates import date_format
from embedlab.kinds.columns.missing import is_missing
from embedlab.kinds.columns.numbers import has_signs, matches, parse_numbers, plain_numbers, uses_decimal_comma
from embedlab.reading.column_names import words_of_name

VariableType = Literal["category", "number", "text", "date", "id"]
VARIABLE_TYPES: Final[tuple[VariableType, ...]] = get_args(VariableType)

_SHARE_OF_NUMBERS: Final = 0.95
#: Numbers mixed with more other values than this share are said to be mixed.
_SHARE_MIXED: Final = 0.05
_SHARE_DISTINCT: Final = 0.95
_SHARE_DISTINCT_TEXT: Final = 0.5
#: Fewer rows do not show whether a column that never repeats holds ids.
_FEWEST_FOR_IDS: Final = 10
_WORDS_OF_TEXT: Final = 4
_WORDS_OF_LONG_TEXT: Final = 8
_FEWEST_TEXTS: Final = 20
#: With more values than this, most of them are too rare to learn from, and a one-hot row is too long.
MANY_VALUES: Final = 1000
_CODE_NAMES: Final = frozenset(
    {"zip", "zipcode", "zipcodes", "postcode", "postal", "postalcode", "plz", "fips", "naics", "sic", "icd", "code"}
)
_ID_NAMES: Final = frozenset(["id", "ids", "uid", "uuid", "guid", "key", "index", "idx"])
_LONGEST_EXAMPLE: Final = 40
#: Types that take any cell.
_MAY_BE_MIXED: Final = frozenset({"category", "text"})


@dataclass(frozen=True)
class ColumnReport:
    """What a column holds.

    Parameters
    ----------
    type
        How a model reads it.
    is_used
        Whether a model should get it: not if all values are equal, and no ids.
    reasons
        Plain sentences: why it is this type, and what is unusual.
    n_rows, n_missing, n_values
        Number of cells, of missing ones, and of distinct other ones.
    date_format
        Of a date: its format, as `parse_dates` needs it.
    decimal_comma
        Of a number: whether `1.234,50` is 1234.5.
    """

    type: VariableType
    is_used: bool
    reasons: list[str] = field(default_factory=list)
    n_rows: int = 0
    n_missing: int = 0
    n_values: int = 0
    date_format: str | None = None
    decimal_comma: bool = False


@dataclass(frozen=True)
class _Distinct:
    """The distinct values of a column that are not missing, with their counts, most frequent first.

    `is_plain` says which values are plain numbers.
    """

    name: str
    cells: pd.Series[str]
    counts: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.float64]
    decimal_comma: bool
    is_plain: npt.NDArray[np.bool_]

    @property
    def n_filled(self) -> int:
        return int(self.counts.sum())

    def share(self, chosen: npt.NDArray[np.bool_]) -> float:
        return float(self.counts[chosen].sum() / max(1, self.n_filled))

    @property
    def share_distinct(self) -> float:
        return len(self.cells) / max(1, self.n_filled)


def recognize_column(cells: pd.Series[str], name: str = "", chosen: VariableType | None = None) -> ColumnReport:
    """Return what a column of text cells holds.

    Parameters
    ----------
    cells
        All cells, or a sample of them.
    name
        Of the column: `zipcode` is a code although its values are whole numbers.
    chosen
        The type that the user chose; the reasons then say what is unusual about it.
    """
    missing = is_missing(cells).to_numpy(bool)
    filled = cells[~missing].str.strip()
    counted = filled.value_counts(sort=True)
    values = pd.Series(counted.index.astype(str))
    numbers, is_plain = plain_numbers(values)
    decimal_comma = False
    if not is_plain.all():
        # Python's patterns know all digits and spaces of Unicode.
        values = values.astype(object)
        decimal_comma = uses_decimal_comma(values)
        numbers = parse_numbers(values, decimal_comma=decimal_comma)
    distinct = _Distinct(name, values, np.asarray(counted.to_numpy(), np.int64), numbers, decimal_comma, is_plain)
    kind, is_used, reasons = _recognized(distinct)
    if chosen is not None and chosen != kind:
        is_used = len(values) > 1 and chosen != "id"
        reasons = [f"Chosen by you; its content suggests {kind}: {reasons[0]}"]
        kind = chosen
    written = date_format(values, distinct.counts, is_plain) if kind == "date" else None
    n_missing = int(missing.sum())
    return ColumnReport(
        kind,
        is_used,
        [*reasons, *_unusual(distinct, kind), *_missing_reasons(n_missing, len(cells), cells[missing])],
        len(cells),
        n_missing,
        len(values),
        written,
        decimal_comma and kind == "number",
    )


def _recognized(distinct: _Distinct) -> tuple[VariableType, bool, list[str]]:
    """Return the type, whether a model should get the column, and why."""
    values = distinct.cells
    if values.empty:
        return "category", False, ["It has no values."]
    if len(values) == 1:
        only = shorten(values.iloc[0], _LONGEST_EXAMPLE)
        return "category", False, [f"It has one value, “{only}”, so nothing can be learned from it."]
    written = date_format(values, distinct.counts, distinct.is_plain)
    are_numbers = distinct.share(np.isfinite(distinct.numbers)) >= _SHARE_OF_NUMBERS
    if written is not None:
        return "date", True, [f"Dates, such as {values.iloc[0]}; a model gets year, month and weekday."]
    return _number_like(distinct) if are_numbers else _text_like(distinct)


def _number_like(distinct: _Distinct) -> tuple[VariableType, bool, list[str]]:
    values, n = distinct.cells, len(distinct.cells)
    words = set(words_of_name(distinct.name))
    leading_zeros = matches(values, r"0\d+", distinct.is_plain)
    are_codes = leading_zeros.any() or bool(words & _CODE_NAMES)
    are_codes = are_codes and distinct.share(matches(values, r"\d+", distinct.is_plain)) >= _SHARE_OF_NUMBERS
    if leading_zeros.any() and are_codes:
        example = values[leading_zeros].iloc[0]
        return "category", True, [f"Codes with leading zeros, such as {example}: the digits are a name, not a number."]
    if words & _CODE_NAMES and are_codes:
        if distinct.share_distinct < _SHARE_DISTINCT:
            return "category", True, [f"Its name says that it holds codes, such as {values.iloc[0]}."]
        return "id", False, ["Codes, as many different ones as rows."]
    is_whole = bool(np.all(np.mod(distinct.numbers[np.isfinite(distinct.numbers)], 1) == 0))
    if is_whole and words & _ID_NAMES:
        if distinct.share_distinct >= _SHARE_DISTINCT_TEXT:
            return "id", False, [f"An id by its name, with {n:,} values in {distinct.n_filled:,} rows."]
        return "category", True, [f"Ids by its name, which repeat: {n:,} values in {distinct.n_filled:,} rows."]
    lowest = float(np.nanmin(distinct.numbers))
    is_range = lowest in {0.0, 1.0} and float(np.nanmax(distinct.numbers)) - lowest == n - 1
    if is_whole and is_range and n == distinct.n_filled >= _FEWEST_FOR_IDS:
        return "id", False, ["Whole numbers in sequence, one for each row: numbers of the rows."]
    if is_whole and n <= _FEWEST_TEXTS:
        return "number", True, [f"Whole numbers, {n} different ones; choose category if they are names."]
    return "number", True, ["Whole numbers." if is_whole else "Numbers."]


def _text_like(distinct: _Distinct) -> tuple[VariableType, bool, list[str]]:
    values, n = distinct.cells, len(distinct.cells)
    n_words = values.str.count(r"\s+").to_numpy(np.float64) + 1
    mean_words = float(np.average(n_words, weights=distinct.counts))
    if (mean_words >= _WORDS_OF_TEXT and distinct.share_distinct > _SHARE_DISTINCT_TEXT) or (
        mean_words >= _WORDS_OF_LONG_TEXT and n > _FEWEST_TEXTS
    ):
        return "text", True, [f"Texts of {mean_words:.0f} words on average."]
    if distinct.n_filled >= _FEWEST_FOR_IDS and distinct.share_distinct >= _SHARE_DISTINCT:
        many = "As many values as rows" if n == distinct.n_filled else "Almost as many values as rows"
        return "id", False, [f"{many}: an id, or text too short to learn from."]
    return "category", True, [f"{n:,} different values, such as “{shorten(values.iloc[0], _LONGEST_EXAMPLE)}”."]


def _unusual(distinct: _Distinct, kind: VariableType) -> list[str]:
    """Return what is unusual about a column that is read as a type."""
    reasons: list[str] = []
    is_number = np.isfinite(distinct.numbers)
    n_numbers = int(distinct.counts[is_number].sum())
    n_others = distinct.n_filled - n_numbers
    if kind == "number" and n_others:
        example = shorten(distinct.cells[~is_number].iloc[0], _LONGEST_EXAMPLE)
        reasons.append(f"{n_others:,} cells are no numbers, such as “{example}”; they count as missing.")
    if kind == "number" and n_numbers and has_signs(distinct.cells[is_number & ~distinct.is_plain]):
        reasons.append("Signs of currency, percent signs and separators of thousands are removed.")
    if kind == "number" and distinct.decimal_comma:
        reasons.append("The comma is the decimal sign.")
    if kind in _MAY_BE_MIXED and _SHARE_MIXED < n_numbers / max(1, distinct.n_filled) < _SHARE_OF_NUMBERS:
        reasons.append(f"Mixed: {n_numbers:,} cells are numbers, {n_others:,} are not.")
    if kind == "category" and len(distinct.cells) > MANY_VALUES:
        n_once = int((distinct.counts == 1).sum())
        reasons.append(f"Very many values: {len(distinct.cells):,}, of which {n_once:,} occur once.")
    return reasons


def _missing_reasons(n_missing: int, n_rows: int, missing: pd.Series[str]) -> list[str]:
    if not n_missing or n_missing == n_rows:
        return []
    marks = [mark for mark in missing.fillna("").str.strip().unique() if mark]
    such = f", written as {', '.join(f'“{mark}”' for mark in marks[:3])}" if marks else ""
    return [f"{n_missing:,} of {n_rows:,} cells are missing{such}."]
