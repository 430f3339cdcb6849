"""Headers that say nothing about ratings or texts, such as `left,right`, found by the values below them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from embedlab.reading.opened import TableSample
from embedlab.reading.pictures import is_picture_name
from embedlab.reading.table_columns import column_names, renamed_columns

_NAME = re.compile(r"[^\W\d][\w .:/()#-]{0,39}")
_FEWEST_ROWS = 4


def with_header(table: TableSample, wanted: Collection[str] = ()) -> TableSample:
    """Return a table whose first row is its header, if it looks like one and the table has none.

    It is a header if it contains a wanted column, or `left` and `right`. Otherwise its cells must be names, none of
    which occurs again in its column, and the other cells of some column must all occur twice, or name images.

    Parameters
    ----------
    wanted
        Names of columns that the user chose.
    """
    if table.table_format.has_header or table.table_format.skip_lines or len(table.rows) < 2:
        return table
    given = [cell.strip() for cell in table.rows[0]]
    names = column_names(given)
    is_named = bool(set(wanted) & set(names)) or {"left", "right"} <= {name.lower() for name in names}
    if not is_named and not _looks_like_names(given, table.rows[1:]):
        return table
    reason = "The first row names the columns." if is_named else "The first row occurs nowhere else, so it names them."
    renamed = renamed_columns(given, names)
    reasons = [*table.reasons, reason, *filter(None, [renamed])]
    return TableSample(replace(table.table_format, has_header=True), names, table.rows[1:], reasons, renamed)


def _looks_like_names(names: list[str], rows: list[list[str]]) -> bool:
    filled = [name for name in names if name]
    if len(rows) < _FEWEST_ROWS or 2 * len(filled) < len(names) or not all(map(_NAME.fullmatch, filled)):
        return False
    columns = [Counter(row[place].strip() for row in rows) for place in range(len(names))]
    if any(name and (name in counts or is_picture_name(name)) for name, counts in zip(names, columns, strict=True)):
        return False
    return any(min(counts.values()) > 1 or all(map(is_picture_name, counts)) for counts in columns)
