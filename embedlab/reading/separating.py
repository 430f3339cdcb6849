"""Finding separator, quoting and header of a delimited table from its first lines."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Final

from embedlab.reading.column_names import holds_by_name
from embedlab.reading.columns import is_number
from embedlab.reading.delimited import split_rows
from embedlab.reading.table_columns import check_column_count, column_names

#: Tried in this order: those that are rare in prose first, and `::` before anything shorter.
DELIMITERS: Final = ("::", "\t", ";", ",", "|")
_SHARE_ALIKE: Final = 0.9
_LONGEST_NAME: Final = 100
_NAME = re.compile(r"\w[\w .:/()#%-]*")


@dataclass(frozen=True)
class Separation:
    """How lines divide into columns: `rows` are those below the header that have the usual number of fields."""

    delimiter: str
    quoting: bool
    has_header: bool
    names: list[str]
    rows: list[list[str]]
    header_reason: str
    quoting_reason: str


def separate(lines: list[str], *, is_whole: bool) -> Separation | None:
    """Return how the lines divide into columns, or None if they do not.

    `is_whole`: the lines are the whole file, so that no record is cut off at their end.
    """
    full = [line for line in lines if line.strip()]
    for delimiter in DELIMITERS:
        if delimiter not in full[0]:
            continue
        for quoting, strict in _quoting_order(full, delimiter):
            rows = _rows(full, delimiter, quoting=quoting, strict=strict, is_whole=is_whole)
            if rows is not None:
                return _separation(rows, delimiter, quoting=quoting)
    return None


def _separation(rows: list[list[str]], delimiter: str, *, quoting: bool) -> Separation:
    check_column_count(len(rows[0]))
    has_header, header_reason = _has_header(rows)
    names = column_names(rows[0]) if has_header else [str(index) for index in range(len(rows[0]))]
    quoting_reason = "Fields may be enclosed in double quotes." if quoting else "Double quotes are part of the text."
    return Separation(delimiter, quoting, has_header, names, rows[has_header:], header_reason, quoting_reason)


def _quoting_order(lines: list[str], delimiter: str) -> tuple[tuple[bool, bool], ...]:
    """Return the ways to try, as (quoting, strict)."""
    if any(line.startswith('"') or f'{delimiter}"' in line for line in lines):
        return ((True, True), (False, False), (True, False))
    # No field begins with a quote here; later in the file, quotes are likely only around fields that need them.
    return ((True, False),) if delimiter in {",", ";"} and not any('"' in line for line in lines) else ((False, False),)


def _rows(lines: list[str], delimiter: str, *, quoting: bool, strict: bool, is_whole: bool) -> list[list[str]] | None:
    """Return the rows with the usual number of fields if nearly all have it, at least two; else None."""
    rows: list[list[str]] = []
    try:
        reader = split_rows((f"{line}\n" for line in lines), delimiter, quoting=quoting, strict=strict)
        rows.extend(row for row in reader if row)
    except csv.Error as error:
        # The last record may be cut off by the end of the head, in the middle of a quoted field.
        if is_whole or "unexpected end" not in str(error):
            return None
    if not rows:
        return None
    n_fields, n_alike = Counter(map(len, rows)).most_common(1)[0]
    if n_fields < 2 or n_alike < _SHARE_ALIKE * len(rows) or len(rows[0]) != n_fields:
        return None
    alike = [row for row in rows if len(row) == n_fields]
    if (quoting and _swallows_rows(rows, delimiter, n_fields)) or (not quoting and _is_quoted(alike)):
        return None
    return None if _is_prose(alike, delimiter) else alike


def _swallows_rows(rows: list[list[str]], delimiter: str, n_fields: int) -> bool:
    """Return whether multi-line fields consist of lines that look like rows: then quotes do not enclose fields."""
    usual, _ = Counter(_shape(row[0]) for row in rows).most_common(1)[0]
    inner = [line for row in rows for value in row if "\n" in value for line in value.split("\n")[1:] if line]
    n_like_rows = sum(
        line.count(delimiter) == n_fields - 1 and _shape(line.split(delimiter, 1)[0]) == usual for line in inner
    )
    return n_like_rows > len(inner) / 2


def _shape(value: str) -> str:
    if is_number(value):
        return "number"
    return "words" if " " in value.strip() else "word"


def _is_quoted(rows: list[list[str]]) -> bool:
    values = [value for row in rows[:200] for value in row if value]
    return sum(len(value) > 1 and value[0] == value[-1] == '"' for value in values) > len(values) / 2


def _is_prose(rows: list[list[str]], delimiter: str) -> bool:
    """Return whether the fields are parts of sentences, where a space follows the comma."""
    if delimiter in {"\t", "::"}:
        return False
    if len(rows) == 1:
        n_after_space = sum(value.startswith(" ") and not is_number(value) for value in rows[0])
        return not any(map(is_number, rows[0])) or n_after_space > 0.2 * len(rows[0])
    later = [value for row in rows for value in row[1:] if value]
    words = [value for value in later if not is_number(value)]
    n_after_space = sum(value.startswith(" ") for value in words)
    return len(words) > len(later) / 2 and n_after_space > 0.5 * len(words)


def _has_header(rows: list[list[str]]) -> tuple[bool, str]:
    first, rest = rows[0], rows[1:]
    # A spreadsheet writes empty cells behind the last column.
    named = [value for value in first if value.strip()]
    if any(is_number(value) or len(value) > _LONGEST_NAME for value in first) or len(set(named)) < len(named):
        return False, "The first row is data: it holds numbers, repeated or long values."
    if any(holds_by_name(value) for value in first):
        return True, "The first row names the columns."
    for index, name in enumerate(first):
        column = [row[index] for row in rest if row[index]]
        if column and sum(map(is_number, column)) > 0.9 * len(column):
            return True, "The first row names the columns: the values below are numbers."
        if name and name in column:
            return False, "The first row is data: its values occur again below."
    widest = max((sum(map(_width, column)) / len(column) for column in zip(*rest, strict=True)), default=0)
    if len(rest) > 1 and widest > 20 and named and all(_NAME.fullmatch(name) and _width(name) < 20 for name in named):
        return True, "The first row names the columns: its values are short and do not occur again."
    return False, "The first row looks like the others, so the columns have no names."


def _width(text: str) -> int:
    """Return the length of a text, in which Chinese, Japanese and Korean characters count twice."""
    return len(text) + sum(unicodedata.east_asian_width(letter) in {"W", "F"} for letter in text)
