"""Blocks of rows below a line with their item, as in the Netflix Prize: `1:`, then `user,rating,date` on each line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TextIO

from embedlab.reading.tables.table_format import MAX_RECORD_BYTES, too_long

#: The columns of such a file.
BLOCK_COLUMNS: Final = ("item", "user", "rating", "date")
_ITEM: Final = re.compile(r"(\d{1,18}):")
_ROW: Final = re.compile(r"\d{1,18},-?\d+(\.\d+)?(,[^,]*)?")


def are_blocks(lines: Sequence[str]) -> bool:
    """Return whether the lines of the head of a file are blocks: at least one item, and only rows besides items."""
    full = [line.strip() for line in lines if line.strip()]
    if len(full) < 2 or _ITEM.fullmatch(full[0]) is None:
        return False
    rows = [line for line in full if _ITEM.fullmatch(line) is None]
    return bool(rows) and sum(_ROW.fullmatch(line) is not None for line in rows) >= 0.95 * len(rows)


def block_rows(text: TextIO, on_bad: Callable[[str], None]) -> Iterator[list[str]]:
    """Yield the rows of an open file with the columns `BLOCK_COLUMNS`; other lines are given to `on_bad`."""
    item = ""
    while line := text.readline(MAX_RECORD_BYTES):
        if len(line) >= MAX_RECORD_BYTES:
            raise too_long(line[:40])
        line = line.strip()
        if not line:
            continue
        found = _ITEM.fullmatch(line)
        if found is not None:
            item = found[1]
            continue
        cells = line.split(",")
        if not item or not 2 <= len(cells) <= 3:
            on_bad(line)
            continue
        yield [item, *cells, *[""] * (3 - len(cells))]
