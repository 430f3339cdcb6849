"""Finding separator, quoting and header of a delimited table from its first lines."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from embedlab.reading.column_names import holds_by_name
from embedlab.reading.columns import is_number
from embedlab.reading.delimited import split_rows
from embedlab.reading.table_columns import check_column_count, column_names, header_of, renamed_columns
from embedlab.reading.tables.line_quotes import without_unclosed

#: Tried in this order: those that are rare in prose first, and `::` before anything shorter.
DELIMITERS: Final = ("::", "\t", ";", ",", "|")
_SHARE_ALIKE: Final = 0.9
_LONGEST_NAME: Final = 100
_NAME = re.compile(r"\w[\w .:/()#%-]*")
#: Excel writes and reads a first line that names the separator.
_EXCEL_SEPARATOR = re.compile(r"\ufeff?\"?sep=(.)\"?", re.IGNORECASE)
#: Titles, notes and comments before the header are at most this many lines.
_MOST_LINES_BEFORE: Final = 20
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_COMMENTS: Final = ("#", "%", "//")
_FEWEST_ROWS_OF_NUMBERS: Final = 3
_FEWEST_FIELDS_BELOW_TITLE: Final = 3
_LONGEST_ONLY_NAME: Final = 40
_MOST_WORDS_OF_NAME: Final = 4
#: Repeated cells that are no names.
_MISSING: Final = frozenset({"na", "n/a", "#n/a", "null", "none", "?", "-", "--", "missing"})
#: Fewer numbers in a row that counts may be values.
_FEWEST_NUMBERED: Final = 8
_LONGEST_NUMBER: Final = 4
#: Fewer rows do not show that repeated values in the first row do not occur again.
_FEWEST_BELOW_REPEATED: Final = 2


@dataclass(frozen=True)
class Separation:
    """How lines divide into columns.

    `rows` are those below the header that have the usual number of fields; `renamed` is a sentence about columns whose
    names are not those of the header, since they are empty or repeated there.
    """

    delimiter: str
    quoting: bool
    has_header: bool
    names: list[str]
    rows: list[list[str]]
    header_reason: str
    quoting_reason: str
    skip_lines: int = 0
    one_line: bool = False
    renamed: str = ""


@dataclass(frozen=True)
class _Rows:
    """Rows of equal length, how many lines come before them, and the shorter row of names where there is one."""

    rows: list[list[str]]
    skip_lines: int = 0
    short_header: list[str] | None = None


def separate(lines: list[str], *, is_whole: bool) -> Separation | None:
    """Return how the lines divide into columns, or None if they do not.

    `is_whole`: the lines are the whole file, so that no record is cut off at their end.
    """
    n_before = next((place for place, line in enumerate(lines) if line.strip()), 0)
    stated = _EXCEL_SEPARATOR.fullmatch(lines[n_before].strip("\ufeff"))
    if stated is not None:
        below = lines[n_before + 1 :]
        found = _divided(below, (stated[1],), is_whole=is_whole) if any(line.strip() for line in below) else None
        return None if found is None else replace(found, skip_lines=found.skip_lines + n_before + 1)
    n_comments = _comments(lines)
    found = _divided(lines[n_comments:], DELIMITERS, is_whole=is_whole) or _columns_of_numbers(lines[n_comments:])
    if found is None or not n_comments:
        return found
    return replace(found, skip_lines=found.skip_lines + n_comments)


def separate_rows(rows: list[list[str]]) -> Separation | None:
    """Return header and rows of a sheet whose rows are equally long; titles above the header are skipped.

    None if the sheet has less than one row with as many filled cells as most of its rows have.
    """
    widths = [sum(bool(value.strip()) for value in row) for row in rows]
    usual = Counter(width for width in widths if width).most_common(1)
    if not usual:
        return None
    enough = min(usual[0][0], max(1, len(rows[0]) - 1))
    n_before = next(
        (
            place
            for place, width in enumerate(widths[: _MOST_LINES_BEFORE + 1])
            if width >= enough or width > len(rows[0]) / 2
        ),
        0,
    )
    if n_before > 0 and _names_one_column(rows[n_before - 1], rows[n_before:]):
        n_before -= 1
    below = [row for row, width in zip(rows[n_before:], widths[n_before:], strict=True) if width]
    return _separation(_Rows(below, n_before), ",", quoting=False)


def _divided(lines: list[str], delimiters: Sequence[str], *, is_whole: bool) -> Separation | None:
    start = [line for line in lines if line.strip()][: _MOST_LINES_BEFORE + 1]
    for delimiter in delimiters:
        if not any(delimiter in line for line in start) or (delimiter == ";" and _end_entities(start)):
            continue
        for quoting, strict in _quoting_order(lines, delimiter):
            found = _rows(lines, delimiter, quoting=quoting, strict=strict, is_whole=is_whole)
            if found is not None:
                return _separation(found, delimiter, quoting=quoting)
            if strict and (found := _with_unclosed_quotes(lines, delimiter)) is not None:
                return replace(_separation(found, delimiter, quoting=True), one_line=True)
    return None


def names_only(lines: Sequence[str]) -> list[str]:
    """Return the names of columns if a file is one line that names them, without any row; else an empty list.

    Examples
    --------
    >>> names_only(["movieId,title,genres", ""]), names_only(["Hello, world"]), names_only(["a,1"])
    (['movieId', 'title', 'genres'], [], [])
    """
    filled = [line.strip("\ufeff") for line in lines if line.strip()]
    if len(filled) != 1:
        return []
    for delimiter in DELIMITERS:
        cells = next(split_rows(iter(filled), delimiter, quoting=True), [])
        if are_names(cells):
            return column_names(cells)
    return []


def are_names(cells: Sequence[str]) -> bool:
    """Return whether the cells of a row without any row below are names of columns."""
    return len(cells) > 1 and all(map(_may_be_name, cells))


def _may_be_name(cell: str) -> bool:
    """Return whether a cell is a short name; part of a sentence begins with a space."""
    is_short = len(cell) <= _LONGEST_ONLY_NAME and len(cell.split()) <= _MOST_WORDS_OF_NAME
    return is_short and not is_number(cell) and _NAME.fullmatch(cell) is not None


def _end_entities(lines: list[str]) -> bool:
    """Return whether semicolons end entities of HTML, such as `&amp;`, and most lines have no others."""
    bare = [_ENTITY.sub("", line) for line in lines]
    return bare != lines and 2 * sum(";" in line for line in bare) < len(lines)


def _with_unclosed_quotes(lines: list[str], delimiter: str) -> _Rows | None:
    """Return the rows if each is a line, few lines have a quote that is not closed, and others quote a separator."""
    n_unclosed = sum(line.count('"') % 2 for line in lines)
    quoted = re.compile(rf'"[^"]*{re.escape(delimiter)}[^"]*"')
    n_quoted = sum(line.count('"') % 2 == 0 and quoted.search(line) is not None for line in lines)
    # Without other quotes, a single one at the beginning of a field is a slip, too.
    opened = [line for line in lines if line.count('"') == 1 and (line.startswith('"') or f'{delimiter}"' in line)]
    is_slip = delimiter in {",", ";"} and len(opened) == n_unclosed <= max(1, 0.01 * len(lines)) and len(lines) > 20
    if not 0 < n_unclosed <= max(1, 0.05 * len(lines)) or not (n_quoted or is_slip):
        return None
    found = _rows(list(map(without_unclosed, lines)), delimiter, quoting=True, strict=False, is_whole=True)
    return None if found is None or any("\n" in value for row in found.rows for value in row) else found


def _columns_of_numbers(lines: list[str]) -> Separation | None:
    """Return rows of three or four numbers that are separated by single spaces, the first two of them whole."""
    full = [line.strip() for line in lines if line.strip()]
    rows = [line.split(" ") for line in full]
    if not rows or len(rows[0]) not in {3, 4} or len(rows) < _FEWEST_ROWS_OF_NUMBERS:
        return None
    if any(len(row) != len(rows[0]) or not all(map(is_number, row)) for row in rows):
        return None
    if not all(row[0].isdecimal() and row[1].isdecimal() for row in rows):
        return None
    return _separation(_Rows(rows), " ", quoting=False)


def _comments(lines: list[str]) -> int:
    """Return how many lines at the start are comments or blank; none if lines below look the same."""
    n = 0
    while n < min(_MOST_LINES_BEFORE, len(lines)) and (not lines[n].strip() or lines[n].startswith(_COMMENTS)):
        n += 1
    below = [line for line in lines[n:] if line.strip()]
    commented = sum(line.startswith(_COMMENTS) for line in below)
    return n if below and commented < 0.02 * len(below) else 0


def _separation(found: _Rows, delimiter: str, *, quoting: bool) -> Separation:
    rows, header = found.rows, list[str]()
    check_column_count(len(rows[0]))
    if found.short_header is not None:
        has_header, header_reason = True, "The first row names the columns; it is one field shorter than the others."
        header = header_of(found.short_header, rows)
        rows = [found.short_header, *rows]
    else:
        has_header, header_reason = has_names(rows)
        header = rows[0] if has_header else []
    names = column_names(header) if has_header else [str(index) for index in range(len(rows[0]))]
    if found.skip_lines:
        n = found.skip_lines
        header_reason = (
            f"{n} line{'' if n == 1 else 's'} before the table {'is' if n == 1 else 'are'} skipped. {header_reason}"
        )
    quoting_reason = "Fields may be enclosed in double quotes." if quoting else "Double quotes are part of the text."
    return Separation(
        delimiter,
        quoting,
        has_header,
        names,
        rows[has_header:],
        header_reason,
        quoting_reason,
        found.skip_lines,
        renamed=renamed_columns(header, names) if has_header else "",
    )


def _quoting_order(lines: list[str], delimiter: str) -> tuple[tuple[bool, bool], ...]:
    """Return the ways to try, as (quoting, strict)."""
    if any(line.startswith('"') or f'{delimiter}"' in line for line in lines):
        return ((True, True), (False, False), (True, False))
    # No field begins with a quote here; later in the file, quotes are likely only around fields that need them.
    return ((True, False),) if delimiter in {",", ";"} and not any('"' in line for line in lines) else ((False, False),)


def _rows(lines: list[str], delimiter: str, *, quoting: bool, strict: bool, is_whole: bool) -> _Rows | None:
    """Return the rows with the usual number of fields if nearly all have it, at least two; else None."""
    rows: list[list[str]] = []
    ends: list[int] = []
    try:
        numbered = _Numbered(lines)
        for row in split_rows(numbered, delimiter, quoting=quoting, strict=strict):
            if row:
                rows.append(row)
                ends.append(numbered.n_lines)
    except csv.Error as error:
        # The last record may be cut off by the end of the head, in the middle of a quoted field.
        if is_whole or "unexpected end" not in str(error):
            return None
    if not rows:
        return None
    n_fields, n_alike = Counter(map(len, rows)).most_common(1)[0]
    n_before = _n_before(rows, n_fields)
    if n_fields < 2 or n_before is None or n_alike < _SHARE_ALIKE * (len(rows) - n_before):
        return None
    alike = [row for row in rows[n_before:] if len(row) == n_fields]
    if (quoting and _swallows_rows(rows, delimiter, n_fields)) or (not quoting and _is_quoted(alike)):
        return None
    if _is_prose(alike, delimiter):
        return None
    before = rows[:n_before]
    first = n_before - (1 if before and _is_short_header(before[-1], alike) else 0)
    # The lines up to the one on which the first row begins.
    skip = ends[first] - 1 - sum(value.count("\n") for value in rows[first])
    return _Rows(alike, skip, before[-1] if first < n_before else None)


class _Numbered:
    """Lines with their line breaks, which counts how many were read."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = iter(lines)
        self.n_lines = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.n_lines += 1
        return f"{line}\n"


def _n_before(rows: list[list[str]], n_fields: int) -> int | None:
    """Return how many rows come before the first of the usual length; None if these are no titles and no header."""
    filled = [sum(bool(value.strip()) for value in row) for row in rows]
    usual = Counter(filled).most_common(1)[0][0]
    # A spreadsheet fills the row of a title with separators.
    whole = (
        place
        for place, row in enumerate(rows)
        if len(row) == n_fields and (filled[place] > 1 or usual < _FEWEST_FIELDS_BELOW_TITLE)
    )
    n = next(whole, 0)
    if n > 0 and _names_one_column(rows[n - 1], rows[n:]):
        n -= 1
    if n == 0 or (n == 1 and len(rows[0]) == n_fields - 1 and len(rows) > 2):
        return n
    # Titles and notes: fewer filled fields than the table has, and more rows below than above.
    is_short = all(sum(bool(value.strip()) for value in row) < n_fields for row in rows[:n])
    return n if is_short and n <= _MOST_LINES_BEFORE and len(rows) - n > max(2, n) else None


def _names_one_column(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether a row with a single filled cell is a header: not the first cell, where a title is, over numbers.

    Where the row below has names, this one is a title.
    """
    filled = [place for place, cell in enumerate(row) if cell.strip()]
    if len(filled) != 1 or filled[0] == 0 or not below or len(row) != len(below[0]) or is_number(row[filled[0]]):
        return False
    cells = [each[filled[0]] for each in below if len(each) == len(row) and each[filled[0]].strip()]
    return len(cells) > 1 and sum(map(is_number, cells)) > _SHARE_ALIKE * len(cells)


def _is_short_header(row: list[str], rows: list[list[str]]) -> bool:
    return len(row) == len(rows[0]) - 1 and not any(map(is_number, row)) and all(value.strip() for value in row)


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


def has_names(rows: Sequence[Sequence[str]]) -> tuple[bool, str]:
    """Return whether the first of equally long rows names the columns, and why."""
    first, rest = rows[0], rows[1:]
    filled = [value.strip() for value in first if value.strip()]
    if reason := _names_by_number(first, rest):
        return True, reason
    if not filled or any(is_number(value) or len(value) > _LONGEST_NAME for value in filled):
        return False, "The first row is data: it holds numbers or long values."
    # Names may be repeated by mistake, but then they are no values: those occur below.
    if _repeats_values(first, rest):
        return False, "The first row is data: it holds repeated values."
    if any(holds_by_name(value) for value in filled):
        return True, "The first row names the columns."
    return _differs_from_values(first, rest, filled)


def _differs_from_values(
    first: Sequence[str], rest: Sequence[Sequence[str]], filled: Sequence[str]
) -> tuple[bool, str]:
    """Return whether a first row without telling names cannot be one of the rows below, and why."""
    widest = max((sum(map(_width, column)) / len(column) for column in zip(*rest, strict=True)), default=0)
    for index, name in enumerate(first):
        column = [row[index] for row in rest if row[index]]
        if not name.strip():
            continue
        if column and sum(map(is_number, column)) > 0.9 * len(column):
            return True, "The first row names the columns: the values below are numbers."
        if name and name in column:
            return False, "The first row is data: its values occur again below."
    if len(rest) > 1 and widest > 20 and all(_NAME.fullmatch(name) and _width(name) < 20 for name in filled):
        return True, "The first row names the columns: its values are short and do not occur again."
    if len(rest) >= _FEWEST_BELOW_REPEATED and all(map(_repeat, zip(*rest, strict=True))):
        return True, "The first row names the columns: the values below repeat, and its own do not occur again."
    return False, "The first row looks like the others, so the columns have no names."


def _repeat(column: Sequence[str]) -> bool:
    """Return whether most values of a column occur several times."""
    return 2 * len(set(column)) <= len(column)


def _repeats_values(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Return whether a first row repeats values rather than names: marks of missing ones, or any that occur below."""
    filled = Counter(cell.strip() for cell in first if cell.strip())
    repeated = {value for value, n in filled.items() if n > 1}
    if not repeated:
        return False
    are_few = len(rest) < _FEWEST_BELOW_REPEATED
    return are_few or _occur_below(first, rest) or any(value.lower() in _MISSING for value in repeated)


def _occur_below(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Return whether a cell of the first row occurs again in its column."""
    return any(cell.strip() and any(row[place] == cell for row in rest) for place, cell in enumerate(first))


def _names_by_number(first: Sequence[str], rest: Sequence[Sequence[str]]) -> str:
    """Return why a first row with numbers names the columns; empty if it does not."""
    if _are_column_numbers(first, rest):
        return "The first row numbers the columns."
    if _names_items(first, rest):
        return "The first row names the columns: below its numbers are others that repeat."
    return ""


def _are_column_numbers(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Return whether a first row counts the columns from 0 or 1, as pandas writes it, perhaps with names among them."""
    cells = [cell.strip() for cell in first if cell.strip()]
    numbers = [int(cell) for cell in cells if cell.isascii() and cell.isdecimal() and len(cell) <= _LONGEST_NUMBER]
    words = [cell for cell in cells if not is_number(cell)]
    if len(numbers) < _FEWEST_NUMBERED or len(numbers) + len(words) < len(cells) or numbers[0] > 1 or len(rest) < 2:
        return False
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return False
    # Rows that count, too, would be data.
    return all(list(row) != list(first) for row in rest) and not _counts_up(rest[0])


def _counts_up(row: Sequence[str]) -> bool:
    numbers = [int(cell) for cell in row if cell.strip().isascii() and cell.strip().isdecimal()]
    return len(numbers) >= _FEWEST_NUMBERED and all(after == before + 1 for before, after in pairwise(numbers))


def _names_items(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Return whether a first row of numbers names the items of a wide table, as `user,1,2,3` and `,101,102` do."""
    numbers = [value.strip() for value in first[1:]]
    if len(rest) < 2 or len(numbers) < 3 or is_number(first[0]) or not all(number.isdecimal() for number in numbers):
        return False
    if first[0].strip() and not holds_by_name(first[0]):
        return False
    below = {value.strip() for row in rest for value in row[1:]}
    return len(set(numbers)) == len(numbers) and len(below) < max(40, 0.5 * len(rest) * len(numbers))


def _width(text: str) -> int:
    """Return the length of a text, in which Chinese, Japanese and Korean characters count twice."""
    return len(text) + sum(unicodedata.east_asian_width(letter) in {"W", "F"} for letter in text)
