"""Pages of the table beside a map: all keys or the selected ones, sorted and filtered, a bounded number at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from embedlab.core.embedding import COUNT_COLUMN, Embedding, Vectors
from embedlab.core.errors import InputError
from embedlab.core.plain import one_line
from embedlab.exploration.selections.columns import SEPARATOR, cells, is_numeric, text_array
from embedlab.exploration.selections.selection import Mask, Rows
from embedlab.exploration.selections.texts import containing

#: Rows and metadata columns of a page.
MOST_ROWS_PER_PAGE = 100
MOST_COLUMNS = 24
_LONGEST_CELL = 120
_LONGEST_TITLE = 60
_AXES = "xyz"


@dataclass(frozen=True)
class TableColumn:
    """A column of the table.

    Parameters
    ----------
    id
        `key`, `label`, `x`, `y`, `z`, or `m` and the position of a metadata column: names from data may equal others.
    title
        Its heading, plain text.
    numeric
        Whether it has numbers.
    """

    id: str
    title: str
    numeric: bool = False


@dataclass(frozen=True)
class TablePage:
    """Some rows of the table.

    Parameters
    ----------
    n_rows
        Number of rows on all pages together.
    first
        Position of the first row of this page.
    rows
        The index of each key, and its cells: text, a finite number, or None.
    """

    columns: Sequence[TableColumn]
    n_rows: int
    first: int
    rows: Sequence[tuple[int, list[Any]]]


def table_columns(embedding: Embedding, n_components: int = 0) -> list[TableColumn]:
    """Return the columns: label and key (once if they are equal), counts, coordinates, and metadata."""
    labeled = embedding.labels is not embedding.keys and list(embedding.labels) != list(embedding.keys)
    metadata = [
        TableColumn(f"m{at}", one_line(str(name), _LONGEST_TITLE), is_numeric(embedding.metadata.iloc[:, at]))
        for at, name in enumerate(embedding.metadata.columns[:MOST_COLUMNS])
    ]
    counts = [each for each in metadata if embedding.metadata.columns[int(each.id[1:])] == COUNT_COLUMN]
    return [
        *([TableColumn("label", "Name")] if labeled else []),
        TableColumn("key", "Key" if labeled else "Name"),
        *counts,
        *(each for each in metadata if each not in counts),
        *(TableColumn(axis, axis, numeric=True) for axis in _AXES[:n_components]),
    ]


def table_page(
    embedding: Embedding,
    coordinates: Vectors,
    mask: Mask | None = None,
    *,
    text: str = "",
    sort: str = "",
    descending: bool = False,
    first: int = 0,
    n: int = 50,
    around: int | None = None,
) -> TablePage:
    """Return a page of the table.

    Parameters
    ----------
    coordinates
        `(n_keys, 2 or 3)` of the map.
    mask
        The keys to list; all if None.
    text
        List only keys whose label or key contains it.
    sort
        Id of the column to sort by; by default the order of the embedding. Missing values come last.
    first, n
        Position of the first row, and number of rows.
    around
        Index of a key: return the page that contains it instead, if the table does.

    Raises
    ------
    InputError
        There is no such column, or `n` is out of bounds.
    """
    columns = table_columns(embedding, coordinates.shape[1])
    if not 1 <= n <= MOST_ROWS_PER_PAGE:
        raise InputError(f"A page has 1 to {MOST_ROWS_PER_PAGE} rows.", received=n)
    if sort and sort not in {column.id for column in columns}:
        raise InputError("There is no such column.", received=sort)
    rows = _listed(embedding, coordinates, mask, text.strip(), sort, descending)
    if around is not None and len(place := np.flatnonzero(rows == around)):
        first = int(place[0]) // n * n
    first = max(0, min(first, (len(rows) - 1) // n * n if len(rows) else 0))
    shown = rows[first : first + n]
    parts = [_cells(embedding, coordinates, column, shown) for column in columns]
    return TablePage(
        columns, len(rows), first, [(int(row), [part[at] for part in parts]) for at, row in enumerate(shown)]
    )


def _listed(
    embedding: Embedding, coordinates: Vectors, mask: Mask | None, text: str, sort: str, descending: bool
) -> Rows:
    if text:
        found = containing(embedding, text)
        mask = found if mask is None else mask & found
    if not sort:
        order = np.arange(embedding.n_keys, dtype=np.int64)
        if descending:
            order = order[::-1]
    elif sort in _AXES:
        values = np.asarray(coordinates[:, _AXES.index(sort)], dtype=np.float64)
        order = _order(pa.array(values, from_pandas=True), descending)
    else:
        order = _column_order(ref(embedding), sort, descending)
    return order if mask is None else order[mask[order]]


@lru_cache(maxsize=6)
def _column_order(embedding: ReferenceType[Embedding], sort: str, descending: bool) -> Rows:
    opened = embedding()
    if opened is None:
        return np.zeros(0, dtype=np.int64)
    if sort in {"key", "label"}:
        texts = opened.keys if sort == "key" else opened.labels
        return _order(pc.utf8_lower(text_array(texts)), descending)
    at = int(sort[1:])
    series = opened.metadata.iloc[:, at]
    if is_numeric(series):
        return _order(pa.array(series.to_numpy(dtype=np.float64, na_value=np.nan), from_pandas=True), descending)
    encoded = cells(opened, str(opened.metadata.columns[at]))
    return _order(pc.take(pc.utf8_lower(encoded.dictionary), encoded.indices), descending)


def _order(values: pa.Array, descending: bool) -> Rows:
    # Equal values stay in the embedding's order, in both directions.
    table = pa.table({"value": values, "row": pa.array(np.arange(len(values), dtype=np.int64))})
    direction = "descending" if descending else "ascending"
    keys = [("value", direction, "at_end"), ("row", "ascending", "at_end")]
    order: npt.NDArray[Any] = pc.sort_indices(table, sort_keys=keys).to_numpy()
    return order.astype(np.int64)


def _cells(embedding: Embedding, coordinates: Vectors, column: TableColumn, rows: Rows) -> list[Any]:
    if column.id == "key":
        return [one_line(embedding.keys[row], _LONGEST_CELL) for row in rows]
    if column.id == "label":
        return [one_line(embedding.labels[row], _LONGEST_CELL) for row in rows]
    if column.id in _AXES:
        return [_cell(value) for value in np.asarray(coordinates[rows, _AXES.index(column.id)]).tolist()]
    return [_cell(value) for value in embedding.metadata.iloc[rows, int(column.id[1:])]]


def _cell(value: Any) -> Any:
    """Return a cell as JSON: a finite number, text on one line, or None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        # JavaScript rounds larger numbers.
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value if math.isfinite(value) else str(value)
    if isinstance(value, (list, tuple, np.ndarray)):
        value = SEPARATOR.join(map(str, value))
    return one_line(str(value), _LONGEST_CELL)
