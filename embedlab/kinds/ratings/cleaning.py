"""Converting batches of raw rows to numbers, with a code for every key and a reason for every rejected row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from embedlab.core.errors import shorten
from embedlab.kinds.ratings.rating_values import RatingReader, is_missing
from embedlab.kinds.ratings.times import UNITS, TimeReader
from embedlab.kinds.reading_report import Changes
from embedlab.reading.columns import is_number
from embedlab.reading.key_codes import KeyCodes

#: Longer ids are parsing mistakes (a quote that never closes, a whole document).
LONGEST_KEY = 1000
#: Larger counts are damaged values; sums of counts stay finite.
LARGEST_COUNT = 1e12
#: Reason of rows that could not be split into the columns of the file.
UNREAD = "rows with another number of columns"
_MOST_EXAMPLES = 5
_MOST_VALUES = 10_000
_LONGEST_EXAMPLE = 60

_Mask = npt.NDArray[np.bool_]


@dataclass
class RejectedRows:
    """What reading found beside usable rows: rejected rows by reason with examples, and what was converted.

    Parameters
    ----------
    reasons, examples
        Counts of rejected rows, and a few examples of each reason.
    n_repaired
        Characters that were not valid in the encoding.
    n_unclosed
        Lines with a quote that is not closed.
    n_line_breaks
        Ids and ratings with a line break in them, and unread rows with one: a quote may not be closed.
    n_unknown_times, unknown_time
        Times that are not understood, and the first of them.
    n_converted, converted
        Ratings that are not written as plain numbers, and the first of them.
    values
        How often each rating occurs, up to a bound on distinct ones.
    """

    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    n_repaired: int = 0
    n_unclosed: int = 0
    n_line_breaks: int = 0
    n_unknown_times: int = 0
    unknown_time: str = ""
    n_converted: int = 0
    converted: str = ""
    values: Counter[float] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """Number of rejected rows."""
        return self.reasons.total()

    def add(self, reason: str, rows: npt.NDArray[np.intp], first_row: int, columns: list[pa.Array]) -> None:
        """Count the rows of a batch that are rejected for `reason`; `first_row` counts data rows from 1."""
        n_examples = sum(example["reason"] == reason for example in self.examples)
        self.reasons[reason] += len(rows)
        for row in rows[: _MOST_EXAMPLES - n_examples]:
            values = [shorten(_text(column[int(row)].as_py()), _LONGEST_EXAMPLE) for column in columns]
            self.examples.append({"row": first_row + int(row), "values": values, "reason": reason})

    def add_unread(self, n_rows: int, examples: list[str]) -> None:
        """Count rows that could not be split into the columns of the file."""
        if n_rows:
            self.reasons[UNREAD] += n_rows
            self.n_line_breaks += sum("\n" in example or "\ufffd" in example for example in examples)
            for example in examples[:_MOST_EXAMPLES]:
                self.examples.append({"row": None, "values": [shorten(example, _LONGEST_EXAMPLE)], "reason": UNREAD})

    def count_values(self, ratings: npt.NDArray[np.float32]) -> None:
        """Count the values of usable ratings."""
        if len(self.values) <= _MOST_VALUES:
            values, counts = np.unique(ratings, return_counts=True)
            self.values.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))

    def warnings(self) -> list[str]:
        """Return plain sentences about rejected rows, and about what was repaired."""
        warnings = []
        if self.count:
            reasons = ", ".join(f"{reason} ({count:,})" for reason, count in self.reasons.most_common())
            first = self.examples[0]["values"] if self.examples else []
            example = f", such as {' | '.join(first)}" if first else ""
            warnings.append(
                f"{self.count:,} row{' was' if self.count == 1 else 's were'} left out: {reasons}{example}."
            )
        if self.n_repaired:
            warnings.append(f"{self.n_repaired:,} characters were invalid in the encoding and were replaced.")
        if self.n_unclosed:
            n, have = self.n_unclosed, "line has" if self.n_unclosed == 1 else "lines have"
            warnings.append(f"{n:,} {have} a quote that is not closed; it was removed.")
        if self.n_unknown_times:
            warnings.append(f"{self.n_unknown_times:,} dates were not understood, such as {self.unknown_time}.")
        return warnings

    def report_to(self, changes: Changes) -> None:
        """Add everything to the changes of an import."""
        for reason, count in self.reasons.items():
            shown = [example for example in self.examples if example["reason"] == reason]
            texts = [
                f"row {example['row']:,}: {' | '.join(example['values'])}" if example["row"] else example["values"][0]
                for example in shown
            ]
            # The first example stands for all rows without one of their own.
            changes.leave_out(reason, texts[0] if texts else "", count - len(texts[1:]))
            for text in texts[1:]:
                changes.leave_out(reason, text)
        if self.n_converted:
            changes.convert("ratings written as text", self.converted, self.n_converted)
        if self.n_repaired:
            changes.convert("characters that are not valid in the encoding", "\ufffd", self.n_repaired)
        if self.n_unclosed:
            changes.convert("lines with a quote that is not closed", '"', self.n_unclosed)

    def as_json(self) -> dict[str, Any]:
        """Return `count`, `reasons` and `examples` for a preview."""
        return {"count": self.count, "reasons": dict(self.reasons), "examples": self.examples}


@dataclass(frozen=True)
class CleanRows:
    """The usable rows of one batch; times are seconds or any other number that grows, NaN where unknown."""

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    ratings: npt.NDArray[np.float32]
    times: npt.NDArray[np.float64]


@dataclass(frozen=True)
class CellReaders:
    """How the cells of ratings and times are read, and which values mean "not rated".

    `are_counts`: the values are those of implicit feedback, above 0.
    """

    rating: RatingReader
    time: TimeReader
    marks: frozenset[float] = frozenset()
    are_counts: bool = False


def clean_batch(
    columns: list[pa.Array],
    first_row: int,
    users: KeyCodes,
    items: KeyCodes,
    rejected: RejectedRows,
    readers: CellReaders | None = None,
) -> CleanRows:
    """Turn one batch of raw columns (user, item, rating and, where known, time) into numbers.

    Rows with a missing or too long id, without a usable rating, or with a mark for "not rated" are rejected.
    """
    readers = readers or CellReaders(RatingReader({}), TimeReader())
    noun = "count" if readers.are_counts else "rating"
    user_column, item_column = (_as_keys(column) for column in columns[:2])
    texts = _as_keys(columns[2])
    with np.errstate(over="ignore"):  # values beyond float32 become infinite and are rejected
        ratings = _parsed(columns[2], readers.rating, rejected).astype(np.float32)
    usable: _Mask = np.ones(len(ratings), bool)
    is_mark: _Mask = np.isin(ratings, list(readers.marks))
    reasons: list[tuple[str, _Mask]] = [
        ("rows without a user", _is_missing(user_column)),
        ("rows without an item", _is_missing(item_column)),
        (
            f"rows with an id of more than {LONGEST_KEY:,} characters",
            _is_too_long(user_column) | _is_too_long(item_column),
        ),
        (f"rows without a {noun}", _says_missing(texts) & ~np.isfinite(ratings)),
        (f"rows whose {noun} is not a number", ~np.isfinite(ratings)),
        *((f"rows rated {mark:g}, which means “not rated”", is_mark & (ratings == mark)) for mark in readers.marks),
    ]
    if readers.are_counts:
        reasons += [
            ("rows with a negative count, such as returned goods", ratings < 0),
            ("rows with a count of 0", ratings == 0),
            (f"rows with a count above {LARGEST_COUNT:g}", ratings > LARGEST_COUNT),
        ]
    for reason, bad in reasons:
        rows = np.flatnonzero(bad & usable)
        if len(rows):
            rejected.add(reason, rows, first_row, columns[:3])
            usable &= ~bad
    rejected.n_line_breaks += _n_line_breaks(user_column) + _n_line_breaks(item_column) + _n_line_breaks(texts)
    keep = pa.array(usable)
    times = _times(columns[3], readers.time, rejected) if len(columns) > 3 else np.full(len(ratings), np.nan)
    rejected.count_values(ratings[usable])
    return CleanRows(
        users.encode(user_column.filter(keep)), items.encode(item_column.filter(keep)), ratings[usable], times[usable]
    )


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


def _says_missing(texts: pa.Array) -> _Mask:
    """Return which cells are empty or say that there is no rating."""
    missing = [text for text in pc.unique(texts).to_pylist() if text is None or is_missing(text)]
    return _mask(pc.is_in(texts, pa.array(missing, pa.string()))) if missing else np.zeros(len(texts), bool)


def _n_line_breaks(texts: pa.Array) -> int:
    return int(pc.sum(pc.match_substring(texts, "\n")).as_py() or 0)


def _as_numbers(column: pa.Array) -> npt.NDArray[np.float64] | None:
    """Return a column of plain numbers; None if not all cells are."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        numbers: npt.NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return numbers
    try:
        numbers = _as_keys(column).cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return numbers


def _by_text(column: pa.Array, parse: Callable[[str], float]) -> tuple[npt.NDArray[np.float64], list[str], pa.Array]:
    """Return the numbers of a column, its distinct texts, and the index of each cell's text; each is parsed once."""
    encoded = pc.dictionary_encode(_as_keys(column).fill_null(""))
    texts: list[str] = encoded.dictionary.to_pylist()
    values = np.array([parse(text) for text in texts], np.float64)
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    return (values[indices] if len(values) else np.empty(0)), texts, indices


def _parsed(column: pa.Array, reader: RatingReader, rejected: RejectedRows) -> npt.NDArray[np.float64]:
    numbers = _as_numbers(column)
    if numbers is not None:
        return numbers
    values, texts, indices = _by_text(column, reader)
    is_text = np.array([not is_number(text) for text in texts], bool)[indices]
    converted = np.flatnonzero(is_text & np.isfinite(values))
    if len(converted):
        first = int(converted[0])
        rejected.n_converted += len(converted)
        rejected.converted = rejected.converted or f"{shorten(texts[indices[first]], 40)} as {values[first]:g}"
    return values


def _times(column: pa.Array, reader: TimeReader, rejected: RejectedRows) -> npt.NDArray[np.float64]:
    numbers = _as_numbers(column)
    if numbers is not None:
        # All units at once; the same bounds as for single texts.
        return np.select(
            [np.abs(numbers) >= at_least for at_least, _ in UNITS], [numbers / unit for _, unit in UNITS], numbers
        )
    values, texts, indices = _by_text(column, reader)
    unknown = np.flatnonzero(np.isnan(values) & np.array([bool(text) for text in texts], bool)[indices])
    if len(unknown):
        rejected.n_unknown_times += len(unknown)
        rejected.unknown_time = rejected.unknown_time or shorten(texts[indices[int(unknown[0])]], 40)
    return values
