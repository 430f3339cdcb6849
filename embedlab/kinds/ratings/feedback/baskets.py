"""Baskets: one on each line, with the items separated; lines may be of any length."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TextIO, cast

import numpy as np
import pyarrow as pa

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.cleaning import RejectedRows
from embedlab.kinds.ratings.options import RatingsOptions
from embedlab.reading.columns import is_number
from embedlab.reading.delimited import split_rows
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits, StoredFile, open_text
from embedlab.reading.tables.table_format import MAX_RECORD_BYTES, too_long

#: Tried in this order; bars separate genres and tags far more often.
_DELIMITERS: Final = ("\t", ";", ",")
#: Names of the columns that previews show.
COLUMNS: Final = ("basket", "items")
_FEWEST_BASKETS: Final = 5
_MOST_LINES: Final = 2_000
_SHARE_DIVIDED: Final = 0.6
_LONGEST_ITEM: Final = 80
_MOST_WORDS: Final = 6
_SENTENCE_END: Final = re.compile(r"[.!?…:]$")
_NUMBERED_NAME: Final = re.compile(
    r"(?:item|product|article|artikel|produit|producto)[\s_]*\(?(?:\d+|s)\)?", re.IGNORECASE
)
_FEWEST_PADDED: Final = 4
_FEWEST_FOR_TYPES: Final = 50
_MOST_TYPES: Final = 5
_ITEMS_AT_ONCE: Final = 2**16


@dataclass(frozen=True)
class BasketFormat:
    """How the lines of baskets are divided.

    Parameters
    ----------
    delimiter
        Between items.
    has_header
        Whether the first line names the columns.
    key
        Number of the cell that names the basket; None: baskets are numbered from 0.
    first_item
        Number of the cell with the first item.
    """

    delimiter: str
    has_header: bool
    key: int | None
    first_item: int


def baskets_in(upload: OpenedUpload) -> BasketFormat | None:
    """Return how a file is divided if its lines are baskets, also if a spreadsheet has filled them up; else None."""
    if upload.is_workbook or upload.is_parquet:
        return None
    table = upload.table
    if table is None:
        return find_baskets(upload.lines)
    stored = table.table_format
    if stored.layout != Layout.DELIMITED or stored.skip_lines or len(table.names) < _FEWEST_PADDED:
        return None
    rows = [table.names, *table.rows] if stored.has_header else table.rows
    found = format_of(rows, stored.delimiter)
    if stored.has_header and not found.has_header:
        return None
    baskets = [_items_of(row, found.first_item) for row in rows[found.has_header :]]
    if not _are_padded([row[found.first_item :] for row in rows[found.has_header :]]):
        return None
    return found if _are_ragged(baskets) and _are_items(baskets, rows) else None


def find_baskets(lines: Sequence[str]) -> BasketFormat | None:
    """Return how the first lines of a file are divided if they are baskets of repeated items, else None."""
    full = [line for line in lines if line.strip()][:_MOST_LINES]
    if len(full) < _FEWEST_BASKETS or full[0].lstrip().startswith(("[", "{")):
        return None
    for delimiter in _DELIMITERS:
        if sum(delimiter in line for line in full) >= _SHARE_DIVIDED * len(full):
            rows = _rows(full, delimiter)
            found = format_of(rows, delimiter)
            baskets = [_items_of(row, found.first_item) for row in rows[found.has_header :]]
            if _are_ragged(baskets) and _are_items(baskets, rows):
                return found
    return None


def chosen_format(lines: Sequence[str], options: RatingsOptions) -> BasketFormat:
    """Return how baskets are divided with what is chosen; the rest is found."""
    full = [line for line in lines if line.strip()][options.skip_lines or 0 :][:_MOST_LINES]
    most_frequent = max((*_DELIMITERS, "|", " "), key=lambda each: sum(each in line for line in full))
    delimiter = options.delimiter or most_frequent
    found = format_of(_rows(full, delimiter) or [[""]], delimiter)
    has_header = found.has_header if options.has_header is None else options.has_header
    key = options.user if "user" in options.model_fields_set else found.key
    first = options.item if options.item is not None else found.first_item
    if not all(value is None or str(value).isdecimal() for value in (key, first)):
        raise InputError(
            "The cells of a basket have numbers, from 0.",
            received=f"user {key}, item {first}",
            remedy="Give the number of the cell with the id of the basket, and of the first item.",
        )
    return BasketFormat(delimiter, has_header, None if key is None else int(key), int(first))


def format_of(rows: Sequence[Sequence[str]], delimiter: str) -> BasketFormat:
    """Return the header and the first cells of rows that are baskets."""
    named = [cell.strip() for cell in rows[0] if cell.strip()]
    has_header = len(named) > 2 and sum(_NUMBERED_NAME.fullmatch(cell) is not None for cell in named) >= len(named) - 2
    below = [row for row in rows[has_header:] if any(cell.strip() for cell in row)]
    if below and all(row[0].strip() == str(len(_items_of(row, 1))) for row in below):
        # The first cell counts the items.
        return BasketFormat(delimiter, has_header, None, 1)
    if len(below) >= 2 and _are_keys(below):
        return BasketFormat(delimiter, has_header, 0, 1)
    return BasketFormat(delimiter, has_header, None, 0)


def basket_format(options: RatingsOptions) -> BasketFormat:
    """Return how baskets are divided by complete options."""
    key = None if options.user is None else int(options.user)
    return BasketFormat(options.delimiter or ",", options.has_header is True, key, int(options.item or 0))


def basket_head(
    file: StoredFile, options: RatingsOptions, limits: Limits, n_rows: int
) -> tuple[list[str], list[list[str]]]:
    """Return names of columns and the first baskets, for a preview."""
    described = basket_format(options)
    with open_text(file, options.encoding or "utf-8", limits) as text:
        rows = list(islice(_baskets(_lines(text, options.skip_lines or 0), described), n_rows))
    return list(COLUMNS), [[key, ", ".join(items)] for key, items in rows]


def basket_batches(
    file: StoredFile, options: RatingsOptions, limits: Limits, rejected: RejectedRows, tick: Callable[[float], None]
) -> Iterator[list[pa.Array]]:
    """Yield columns of user, item and 1: a row for each item of a basket. Empty lines are no baskets."""
    users: list[str] = []
    items: list[str] = []

    def columns() -> list[pa.Array]:
        made = [pa.array(users, pa.string()), pa.array(items, pa.string()), pa.array(np.ones(len(items)))]
        users.clear()
        items.clear()
        return made

    with open_text(file, options.encoding or "utf-8", limits) as text:
        clean = cast("Any", text).buffer
        for key, chosen in _baskets(_lines(text, options.skip_lines or 0), basket_format(options)):
            users.extend([key] * len(chosen))
            items.extend(chosen)
            if len(items) >= _ITEMS_AT_ONCE:
                yield columns()
                tick(clean.share_read)
        if items:
            yield columns()
        tick(1.0)
        rejected.n_repaired += clean.n_repaired


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    quoting = any(line.startswith('"') or f'{delimiter}"' in line for line in lines)
    return [row for row in split_rows(iter(lines), delimiter, quoting=quoting) if row]


def _baskets(lines: Iterator[str], described: BasketFormat) -> Iterator[tuple[str, list[str]]]:
    first = 0 if described.key is None else described.key
    rows = (
        row for line in lines for row in split_rows(iter([line]), described.delimiter, quoting='"' in line) if any(row)
    )
    for number, row in enumerate(islice(rows, int(described.has_header), None)):
        key = str(number) if described.key is None else (row[first].strip() if first < len(row) else "")
        yield key, _items_of(row, described.first_item)


def _lines(text: TextIO, skip: int) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: text.readline(MAX_RECORD_BYTES), "")):
        if len(line) >= MAX_RECORD_BYTES:
            raise too_long(line[:40])
        if number >= skip and line.strip():
            yield line.rstrip("\n")


def _items_of(row: Sequence[str], first: int) -> list[str]:
    return [cell.strip() for cell in row[first:] if cell.strip()]


def _are_keys(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first cells are different, and are no items of other rows."""
    keys = [row[0].strip() for row in rows]
    items = {item for row in rows for item in _items_of(row, 1)}
    return len(set(keys)) == len(keys) and items.isdisjoint(keys) and all(keys)


def _are_padded(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether nearly no cell follows an empty one, and the same items are in several columns."""
    filled = [[bool(cell.strip()) for cell in row] for row in rows]
    if sum(row != sorted(row, reverse=True) for row in filled) > 0.02 * len(rows):
        return False
    columns: dict[str, set[int]] = {}
    counts: Counter[str] = Counter()
    for row in rows:
        for place, cell in enumerate(row):
            if cell.strip():
                columns.setdefault(cell.strip(), set()).add(place)
                counts[cell.strip()] += 1
    frequent = [item for item, count in counts.items() if count > 2]
    return bool(frequent) and sum(len(columns[item]) > 1 for item in frequent) >= 0.5 * len(frequent)


def _are_ragged(baskets: Sequence[Sequence[str]]) -> bool:
    """Return whether baskets are of several lengths, as no table is."""
    lengths = Counter(map(len, baskets))
    return len(lengths) > 2 and lengths.most_common(1)[0][1] < 0.9 * len(baskets)


def _are_items(baskets: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the cells are short names that repeat from basket to basket rather than parts of sentences."""
    counts = Counter(item for basket in baskets for item in basket)
    n_items = counts.total()
    if n_items == 0 or sum(len(set(basket)) < len(basket) for basket in baskets) > 0.3 * len(baskets):
        return False
    if any(len(item) > _LONGEST_ITEM or len(item.split()) > _MOST_WORDS for item in counts):
        return False
    if any(is_number(item) and not item.isdecimal() for item in counts):
        return False
    if sum(_SENTENCE_END.search(item) is not None for item in counts) > 0.05 * len(counts):
        return False
    first_cells = Counter(row[0] for row in rows).most_common(_MOST_TYPES)
    if len(rows) >= _FEWEST_FOR_TYPES and sum(count for _, count in first_cells) >= 0.9 * len(rows):
        # Lines of several types begin with theirs.
        return False
    # A comma and a space separate the parts of a sentence, too: then items must repeat more often.
    n_spaced = sum(cell.startswith(" ") for row in rows for cell in row[1:])
    repeats = 4.0 if n_spaced > 0.5 * n_items else 2.0
    return n_items >= repeats * len(counts)
