"""How lines of text hold vectors: separator, header, column of the keys, number of dimensions."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from embedlab.kinds.vectors.column_roles import Roles, roles_of
from embedlab.kinds.vectors.formats import LARGEST_VECTOR_SIZE
from embedlab.reading.columns import is_number

#: Lines looked at.
SAMPLE_LINES: Final = 200
#: Rows of another length are left to the reader; the file is still one of vectors.
SHARE_ALIKE: Final = 0.7
_LOWEST_SHARE: Final = 0.5
_SEPARATORS: Final = ("\t", ";", ",", "|", None)
_HEADER = re.compile(r"\s*(\d{1,12})[ \t]+(\d{1,12})\s*")
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_BRACKETS: Final = "[](){}"

#: `keyed`: a key, then numbers; `numbers`: numbers alone; `table`: columns with roles.
Rows = Literal["keyed", "numbers", "table"]


@dataclass(frozen=True)
class LineShape:
    """How lines hold vectors.

    Parameters
    ----------
    rows
        What a row is made of.
    vector_size
        Numbers in a vector.
    separator
        Between the cells; None for white space.
    n_before
        Lines before the first row that are not blank: comments, a header, the names of the columns.
    n_comments
        How many of these are comments.
    announced
        Number of vectors and dimensions in the header of a word2vec file.
    has_names
        Whether a line names the columns.
    roles
        Which column holds what, for a table.
    decimal_comma
        Whether numbers are written `0,5`.
    is_sure
        Whether the first number of each row is known to be a number of the vector, or known to be its key.
    share
        Share of the sampled rows that are alike.
    sample
        The cells of the first rows.
    assumptions
        Plain sentences: what was assumed, and why.
    """

    rows: Rows
    vector_size: int
    separator: str | None
    n_before: int = 0
    n_comments: int = 0
    announced: tuple[int, int] | None = None
    has_names: bool = False
    roles: Roles | None = None
    decimal_comma: bool = False
    is_sure: bool = True
    share: float = 1.0
    sample: list[list[str]] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)

    def with_keys(self, keys: Literal["named", "numbered"]) -> LineShape:
        """Return the shape with the first number read as the key, or as part of the vector."""
        if keys == "named" and self.rows == "numbers":
            return replace(self, rows="keyed", vector_size=self.vector_size - 1, is_sure=True)
        if keys == "numbered" and self.rows == "keyed" and not self.is_sure:
            return replace(self, rows="numbers", vector_size=self.vector_size + 1, is_sure=True)
        return replace(self, is_sure=True)


def shape_of(lines: Sequence[str], keys: Literal["named", "numbered"] | None = None) -> LineShape | None:
    """Return how lines hold vectors, or None when they hold none.

    Parameters
    ----------
    lines
        The first lines of a file, whole ones.
    keys
        Whether rows have keys, where that is known.
    """
    full = [line for line in lines if line.strip()][: SAMPLE_LINES + 2]
    if not full:
        return None
    n_comments = _n_comments(full)
    body = full[n_comments:]
    if not body:
        return None
    if len(body) == 1 and _HEADER.fullmatch(body[0]):
        return None
    shape = _announced(body, keys) or _plain(body, keys)
    if shape is None:
        return None
    return replace(shape, n_before=shape.n_before + n_comments, n_comments=n_comments)


def is_value(cell: str) -> bool:
    """Tell whether a cell is a number, with a decimal point or a decimal comma."""
    return is_number(cell) or _DECIMAL_COMMA.fullmatch(cell.strip()) is not None


def list_cell(cell: str) -> list[str] | None:
    """Return the numbers of a cell that holds a list of them, such as `[0.1, 0.2]` or `0.1 0.2`; else None."""
    inner = cell.strip()
    fields = re.split(r"[\s,;]+", inner.strip(_BRACKETS).strip())
    return fields if len(fields) > 1 and all(map(is_number, fields)) and ("." in inner or "[" in inner) else None


def cells_of(line: str, separator: str | None) -> list[str]:
    """Return the cells of one line."""
    if separator is None:
        return line.split()
    if '"' not in line:
        return line.rstrip("\r\n").split(separator)
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=separator), [])
    except csv.Error:
        return line.rstrip("\r\n").split(separator)


def _n_comments(lines: list[str]) -> int:
    """Count lines at the start that begin with # and are no row: a row of the key `#` is as long as the next one."""
    n = 0
    while n < len(lines) and lines[n].lstrip().startswith("#"):
        n += 1
    while n and n < len(lines) and _is_row_like(lines[n - 1], lines[n]):
        n -= 1
    return n if n < len(lines) else 0


def _is_row_like(line: str, row: str) -> bool:
    fields = line.split()
    return len(fields) > 2 and len(fields) == len(row.split()) and all(map(is_value, fields[1:]))


def _announced(lines: list[str], keys: str | None) -> LineShape | None:
    match = _HEADER.fullmatch(lines[0])
    if match is None or len(lines) < 2:
        return None
    n, size = int(match[1]), int(match[2])
    rows = [line.split() for line in lines[1 : SAMPLE_LINES + 1]]
    sizes = Counter(_trailing(row) for row in rows)
    # A key that is a number itself makes the run of numbers longer by one.
    n_keyed = (
        sum(len(row) > size and all(map(is_value, row[-size:])) for row in rows)
        if 0 < size <= LARGEST_VECTOR_SIZE
        else 0
    )
    n_bare = sum(len(row) == size and all(map(is_value, row)) for row in rows)
    found = LineShape(
        "keyed",
        size,
        None,
        n_before=1,
        announced=(n, size),
        has_names=False,
        decimal_comma=_has_decimal_comma(rows),
        sample=rows[:3],
    )
    if n_bare > n_keyed and n_bare >= SHARE_ALIKE * len(rows) and keys != "named":
        said = (
            f"The first line announces {n:,} vectors of {size:,} numbers, and each row has no more: rows are numbered."
        )
        return replace(found, rows="numbers", assumptions=[said])
    if n_keyed and (n_keyed >= SHARE_ALIKE * len(rows) or size in sizes):
        return found
    usual, n_usual = sizes.most_common(1)[0]
    are_alike = usual > 0 and n_usual >= SHARE_ALIKE * len(rows)
    if (
        0 < size <= LARGEST_VECTOR_SIZE
        and are_alike
        and all(len(row) > usual for row in rows if _trailing(row) == usual)
    ):
        said = f"The first line announces {size:,} dimensions, the rows have {usual:,}: the rows are right."
        return replace(found, vector_size=usual, assumptions=[said])
    return None


def _trailing(row: Sequence[str]) -> int:
    """Count numbers at the end of a row."""
    n = 0
    for cell in reversed(row):
        if not is_value(cell):
            break
        n += 1
    return n


def _plain(lines: list[str], keys: Literal["named", "numbered"] | None) -> LineShape | None:
    best: tuple[float, str | None, list[list[str]]] | None = None
    for separator in _SEPARATORS:
        rows = [cells_of(line, separator) for line in lines]
        share = max(_n_alike(rows) / len(rows), _n_alike(rows[1:]) / max(1, len(rows) - 1))
        if share >= _LOWEST_SHARE and (best is None or share > best[0]):
            best = (share, separator, rows)
    if best is None:
        return None
    share, separator, rows = best
    shape = _described(rows, separator, keys)
    return None if shape is None else replace(shape, share=share)


def _n_alike(rows: list[list[str]]) -> int:
    """Count rows with the usual number of cells that end in a number or hold a list of numbers."""
    valid = [row for row in rows if len(row) > 1 and (sum(map(is_value, row)) >= 2 or _n_lists(row) == 1)]
    if any(_n_lists(row) == 1 for row in valid[:3]):
        valid = [row for row in valid if _n_lists(row) == 1]
        return Counter(map(len, valid)).most_common(1)[0][1] if valid else 0
    ends = Counter(_n_values(row) for row in valid)
    return ends.most_common(1)[0][1] if ends else 0


def _n_values(row: list[str]) -> int:
    return sum(map(is_value, row))


def _n_lists(row: list[str]) -> int:
    return sum(list_cell(cell) is not None for cell in row)


def _described(
    rows: list[list[str]], separator: str | None, keys: Literal["named", "numbered"] | None
) -> LineShape | None:
    first, below = rows[0], rows[1:]
    has_names = bool(below) and _is_header(first, below)
    data = below if has_names else rows
    decimal_comma = separator != "," and _has_decimal_comma(data)
    n_usual = Counter(map(len, data)).most_common(1)[0][0]
    alike = [row for row in data if len(row) == n_usual]
    shape = LineShape("keyed", 0, separator, n_before=int(has_names), decimal_comma=decimal_comma, sample=data[:3])
    texts = [
        place
        for place in range(n_usual)
        if sum(is_value(row[place]) for row in alike) < 0.5 * sum(bool(row[place].strip()) for row in alike)
        or not any(row[place].strip() for row in alike)
    ]
    if has_names or any(_n_lists(row) for row in alike[:3]) or (separator is not None and texts not in ([], [0])):
        names = [*first] if has_names else [str(place) for place in range(n_usual)]
        if separator is None and len(names) == n_usual - 1:
            names = ["", *names]
        if len(names) != n_usual:
            return None
        roles = roles_of(names, alike, named=has_names)
        if roles is None:
            return None
        size = (
            len(roles.vectors)
            if not roles.is_list
            else Counter(len(list_cell(row[roles.vectors[0]]) or []) for row in alike).most_common(1)[0][0]
        )
        return replace(shape, rows="table", vector_size=size, has_names=has_names, roles=roles)
    return _without_names(shape, data, alike, n_usual, texts, keys)


def _without_names(
    shape: LineShape,
    data: list[list[str]],
    alike: list[list[str]],
    n_usual: int,
    texts: list[int],
    keys: Literal["named", "numbered"] | None,
) -> LineShape | None:
    if shape.separator is None:
        # Keys may hold spaces, so the usual number of numbers at the end counts, not that of cells.
        firsts = [row[0] for row in alike]
        sizes = Counter(_trailing(row) for row in data)
        size = sizes.most_common(1)[0][0]
        is_keyed = texts == [0] or (size < n_usual and sizes[size] > len(data) / 2)
        if not is_keyed and len(alike) and sum(not is_value(cell) for cell in firsts) > 0:
            others = [cell for cell in firsts if is_value(cell)]
            is_keyed = all(map(_WHOLE.fullmatch, others)) and len(set(firsts)) > 0.9 * len(firsts)
            size = n_usual - 1 if is_keyed else size
        if is_keyed:
            size = size if size < n_usual or texts != [0] else n_usual - 1
            return replace(shape, vector_size=size) if size else None
    elif texts == [0]:
        return replace(shape, vector_size=n_usual - 1) if n_usual > 1 else None
    numbers = replace(shape, rows="numbers", vector_size=n_usual)
    if keys is not None:
        return numbers.with_keys(keys)
    return _first_number(numbers, alike)


def _first_number(shape: LineShape, rows: list[list[str]]) -> LineShape:
    """Decide whether the first number of each row is a key."""
    firsts = [row[0].strip() for row in rows]
    if shape.vector_size < 2 or not all(map(_WHOLE.fullmatch, firsts)) or len(set(firsts)) < len(firsts):
        return replace(shape, assumptions=["The rows are numbers without names: rows are numbered from 0."])
    has_decimals = any("." in cell or "," in cell or "e" in cell.lower() for row in rows for cell in row[1:])
    counted = [int(cell) for cell in firsts]
    if (
        len(counted) > 2
        and has_decimals
        and counted == list(range(counted[0], counted[0] + len(counted)))
        and counted[0] in {0, 1}
    ):
        said = f"The first column counts the rows from {counted[0]}: it is the key."
        return replace(shape.with_keys("named"), assumptions=[said])
    return replace(shape, is_sure=len(rows) < 2)


def _is_header(first: list[str], below: list[list[str]]) -> bool:
    """Tell whether a row names the columns: no numbers where numbers follow, or numbers that count the columns."""
    n_usual = Counter(map(len, below)).most_common(1)[0][0]
    alike = [row for row in below if len(row) == n_usual]
    if len(first) not in {n_usual, n_usual - 1}:
        return False
    columns = list(zip(*alike, strict=True))[n_usual - len(first) :]
    is_numeric = [
        sum(is_value(cell) or list_cell(cell) is not None for cell in column) >= SHARE_ALIKE * len(column)
        for column in columns
    ]
    heads = [cell.strip() for cell, numeric in zip(first, is_numeric, strict=True) if numeric]
    if not heads:
        return False
    if not any(is_value(cell) or list_cell(cell) is not None for cell in heads):
        return len(set(heads)) == len(heads)
    counted = [int(cell) for cell in heads if _WHOLE.fullmatch(cell)]
    tail = counted[1:] if len(heads) == len(counted) + 1 and not heads[0] else counted
    if len(heads) - len(counted) > 1 or len(tail) < 3:
        return False
    has_decimals = any(
        "." in cell for column, numeric in zip(columns, is_numeric, strict=True) if numeric for cell in column
    )
    return has_decimals and tail == list(range(tail[0], tail[0] + len(tail))) and tail[0] in {0, 1}


def _has_decimal_comma(rows: list[list[str]]) -> bool:
    cells = [cell.strip() for row in rows[:50] for cell in row]
    n_commas = sum(_DECIMAL_COMMA.fullmatch(cell) is not None for cell in cells)
    return n_commas > 0.3 * sum(map(is_value, cells))
