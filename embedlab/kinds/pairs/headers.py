"""Headers that say nothing about ratings or texts, such as `left,right`, found by the values below them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from embedlab.reading.opened import TableSample

_NAME = re.compile(r"[^\W\d][\w .:/()#-]{0,39}")
_FEWEST_ROWS = 4


def with_header(table: TableSample) -> TableSample:
    """Return a table whose first row is its header, if it looks like one and the table has none.

    It is a header if its cells are names, no cell occurs again in its column, and all other values of some column do.
    """
    if table.table_format.has_header or table.table_format.skip_lines or len(table.rows) <= _FEWEST_ROWS:
        return table
    names = [cell.strip() for cell in table.rows[0]]
    if len(set(names)) < len(names) or not all(_NAME.fullmatch(name) for name in names):
        return table
    has_repeated = False
    for place, name in enumerate(names):
        counts = Counter(row[place].strip() for row in table.rows[1:])
        if name in counts:
            return table
        has_repeated |= min(counts.values()) > 1
    if not has_repeated:
        return table
    reason = "The first row occurs nowhere else in its columns, so it names them."
    return TableSample(replace(table.table_format, has_header=True), names, table.rows[1:], [*table.reasons, reason])
