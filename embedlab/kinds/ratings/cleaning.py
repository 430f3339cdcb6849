"""Converting batches of raw rows to numbers, with a code for every key and a reason for every rejected row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from embedlab.core.errors import shorten
from embedlab.reading.key_codes import KeyCodes

#: Longer ids are parsing mistakes (a quote that never closes, a whole document).
LONGEST_KEY = 1000
_MOST_EXAMPLES = 5
_LONGEST_EXAMPLE = 60

_Mask = npt.NDArray[np.bool_]


@dataclass
class RejectedRows:
    """Rows that cannot be used: counts by reason, and a few examples; and the number of repaired characters."""

    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    n_repaired: int = 0

    @property
    def count(self) -> int:
        """Number of rejected rows."""
        return self.reasons.total()

    def add(self, reason: str, rows: npt.NDArray[np.intp], first_row: int, columns: list[pa.Array]) -> None:
        """Count the rows of a batch that are rejected for `reason`; `first_row` counts data rows from 1."""
        self.reasons[reason] += len(rows)
        for row in rows[: _MOST_EXAMPLES - len(self.examples)]:
            values = [shorten(_text(column[int(row)].as_py()), _LONGEST_EXAMPLE) for column in columns]
            self.examples.append({"row": first_row + int(row), "values": values, "reason": reason})

    def add_unread(self, n_rows: int, examples: list[str]) -> None:
        """Count rows that could not be split into the columns of the file."""
        if n_rows:
            reason = "wrong number of columns"
            self.reasons[reason] += n_rows
            for example in examples[: _MOST_EXAMPLES - len(self.examples)]:
                self.examples.append({"row": None, "values": [shorten(example, _LONGEST_EXAMPLE)], "reason": reason})

    def warnings(self) -> list[str]:
        """Return plain sentences about rejected rows and repaired characters."""
        warnings = []
        if self.count:
            reasons = ", ".join(f"{reason} ({count:,})" for reason, count in self.reasons.most_common())
            warnings.append(f"{self.count:,} row{' was' if self.count == 1 else 's were'} left out: {reasons}.")
        if self.n_repaired:
            warnings.append(f"{self.n_repaired:,} characters were invalid in the encoding and were replaced.")
        return warnings

    def as_json(self) -> dict[str, Any]:
        """Return `count`, `reasons` and `examples` for the dataset's details."""
        return {"count": self.count, "reasons": dict(self.reasons), "examples": self.examples}


@dataclass(frozen=True)
class CleanRows:
    """The usable rows of one batch; times are seconds or any other number that grows, NaN where unknown."""

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    ratings: npt.NDArray[np.float32]
    times: npt.NDArray[np.float64]


def clean_batch(
    columns: list[pa.Array], first_row: int, users: KeyCodes, items: KeyCodes, rejected: RejectedRows
) -> CleanRows:
    """Turn one batch of raw columns (user, item, rating and, where known, time) into numbers.

    Rows with a missing or too long id or an unusable rating are rejected and counted.
    """
    user_column, item_column = (_as_keys(column) for column in columns[:2])
    with np.errstate(over="ignore"):  # values beyond float32 become infinite and are rejected
        ratings = _parse_numbers(columns[2], parse_number).astype(np.float32)
    usable: _Mask = np.ones(len(ratings), bool)
    reasons: list[tuple[str, _Mask]] = [
        ("missing user", _is_missing(user_column)),
        ("missing item", _is_missing(item_column)),
        (f"id over {LONGEST_KEY:,} characters", _is_too_long(user_column) | _is_too_long(item_column)),
        ("missing rating", _is_missing(_as_keys(columns[2]))),
        ("rating is not a finite number", ~np.isfinite(ratings)),
    ]
    for reason, bad in reasons:
        rows = np.flatnonzero(bad & usable)
        if len(rows):
            rejected.add(reason, rows, first_row, columns[:3])
            usable &= ~bad
    keep = pa.array(usable)
    times = _parse_numbers(columns[3], parse_time) if len(columns) > 3 else np.full(len(ratings), np.nan)
    return CleanRows(
        users.encode(user_column.filter(keep)), items.encode(item_column.filter(keep)), ratings[usable], times[usable]
    )


def parse_number(text: str) -> float:
    """Return the number in a text, also with a decimal comma; NaN if it is not a number."""
    if "_" in text:  # Python reads 1_000 as a number; in data it is a mistake
        return math.nan
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(text.replace(",", ".")) if text.count(",") == 1 and "." not in text else math.nan
    except ValueError:
        return math.nan


def parse_time(text: str) -> float:
    """Return a number that grows with time: numbers as they are, ISO 8601 as seconds since 1970; else NaN."""
    number = parse_number(text)
    if math.isfinite(number):
        return number
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _as_keys(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        # NaN is a missing value in a column of integers that was stored as floats.
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return pc.utf8_trim_whitespace(column.cast(pa.string()))


def _is_missing(column: pa.Array) -> _Mask:
    return _mask(pc.equal(pc.fill_null(pc.utf8_length(column), 0), 0))


def _is_too_long(column: pa.Array) -> _Mask:
    return _mask(pc.greater(pc.fill_null(pc.utf8_length(column), 0), LONGEST_KEY))


def _mask(flags: pa.Array) -> _Mask:
    array: _Mask = flags.to_numpy(zero_copy_only=False)
    return array


def _parse_numbers(column: pa.Array, parse: Callable[[str], float]) -> npt.NDArray[np.float64]:
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        numbers: npt.NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return numbers
    texts = _as_keys(column)
    try:
        numbers = texts.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        pass  # not all of them are plain numbers
    else:
        return numbers
    # A column of ratings holds few different texts: each is parsed once per batch.
    encoded = pc.dictionary_encode(texts.fill_null(""))
    values = np.array([parse(text) for text in encoded.dictionary.to_pylist()], np.float64)
    return values[encoded.indices.to_numpy(zero_copy_only=False)] if len(values) else np.empty(0)
