"""Vectors in a delimited table of text: a column for each dimension, or a column of lists."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain, islice
from typing import BinaryIO, Final

import numpy as np

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.kinds.vectors.assembly import assemble
from embedlab.kinds.vectors.column_roles import Roles, column_place
from embedlab.kinds.vectors.formats import check_amount, check_vector_size
from embedlab.kinds.vectors.key_encodings import KeyDecoder
from embedlab.kinds.vectors.keyed_rows import KeyedRows
from embedlab.kinds.vectors.line_shapes import LineShape, list_cell
from embedlab.kinds.vectors.options import VectorsOptions
from embedlab.kinds.vectors.row_faults import LENGTH, NOT_NUMBERS, RowFaults
from embedlab.kinds.vectors.rows import Tick, bounded_lines, no_vectors, parse_numbers

_ROWS_AT_ONCE: Final = 1000


def read_table_rows(
    stream: BinaryIO,
    shape: LineShape,
    options: VectorsOptions,
    *,
    decoder: KeyDecoder,
    faults: RowFaults,
    tick: Tick,
) -> KeyedRows:
    """Read the rows of a table with a column for each dimension, or with a column of lists.

    Raises
    ------
    InputError
        Too many rows are left out, or a quoted cell never ends.
    UnsureError
        It is not clear which column holds the keys.
    NotFoundError
        The chosen column does not exist.
    """
    if shape.roles is None:
        raise no_vectors()
    roles = _with_chosen(shape.roles, options)
    reader = _Reader(shape, roles, faults)
    rows = _rows(stream, shape, decoder)
    n_in_file = 0
    try:
        wanted = rows if options.first is None else islice(rows, options.first)
        while block := list(islice(wanted, _ROWS_AT_ONCE)):
            reader.add(block)
            tick()
        n_in_file = reader.n_rows + sum(1 for _ in rows)
    except csv.Error as error:
        raise InputError(
            "The table cannot be separated into cells.",
            received=f"after row {reader.n_rows:,}: {error}",
            remedy="Check the double quotes around cells.",
        ) from error
    faults.check(reader.n_rows)
    if not reader.n_kept:
        raise no_vectors()
    named = shape.has_names
    columns = {roles.names[place] or f"column {place}": cells for place, cells in reader.columns.items()}
    first = roles.names[roles.others[0]] if roles.others else ""
    if named and roles.others and not first:
        columns = {
            "" if place == roles.others[0] else roles.names[place]: reader.columns[place] for place in roles.others
        }
    assembled = assemble(columns, named=named, keys=options.keys, key_column=options.key_column)
    table = assembled.table.rename(columns={"": "column 0"})
    is_left_out = set(faults.positions)
    return KeyedRows(
        assembled.keys,
        np.concatenate(reader.blocks),
        assembled.labels,
        table,
        n_in_file=n_in_file,
        n_rows_read=reader.n_rows,
        positions=[row for row in range(reader.n_rows) if row not in is_left_out] if is_left_out else None,
        columns={
            "key": [assembled.key_name] if assembled.key_name is not None else [],
            "vector": [roles.names[place] for place in roles.vectors],
            "metadata": [str(name) for name in table.columns],
        },
        assumptions=[assembled.assumption] if assembled.assumption else [],
    )


def _with_chosen(roles: Roles, options: VectorsOptions) -> Roles:
    """Return the roles with the chosen column of keys, which may look like a dimension."""
    if options.key_column is None:
        return roles
    place = column_place(roles.names, options.key_column)
    if place is None or place not in roles.vectors or roles.is_list:
        return roles
    vectors = tuple(each for each in roles.vectors if each != place)
    return Roles(roles.names, vectors, roles.is_list, tuple(sorted((*roles.others, place))), roles.looks_like_vectors)


class _Reader:
    def __init__(self, shape: LineShape, roles: Roles, faults: RowFaults) -> None:
        self._size = shape.vector_size if roles.is_list else len(roles.vectors)
        check_vector_size(self._size)
        self._shape = shape
        self._roles = roles
        self._faults = faults
        self.columns: dict[int, list[str]] = {place: [] for place in roles.others}
        self.blocks: list[Vectors] = []
        self.n_rows = 0
        self.n_kept = 0

    def add(self, rows: list[list[str]]) -> None:
        good: list[tuple[int, list[str], list[str]]] = []
        for number, row in enumerate(rows, start=self.n_rows):
            cells = self._cells(row)
            if len(row) != len(self._roles.names) or len(cells) != self._size:
                found = f"{len(cells):,} numbers" if len(row) == len(self._roles.names) else f"{len(row):,} columns"
                expected = self._size if len(row) == len(self._roles.names) else len(self._roles.names)
                self._faults.add(number, LENGTH, f"row {number + 1:,} has {found}, the file has {expected:,}")
            else:
                good.append((number, row, cells))
        self.n_rows += len(rows)
        numbers = parse_numbers(" ".join(cell for *_, cells in good for cell in cells).encode())
        # An empty cell vanishes between spaces, so that the number of numbers does not fit.
        if numbers is None or len(numbers) != len(good) * self._size:
            self._add_one_by_one(good)
        elif good:
            self._keep([row for _, row, _ in good], numbers.reshape(-1, self._size))

    def _add_one_by_one(self, good: list[tuple[int, list[str], list[str]]]) -> None:
        for number, row, cells in good:
            numbers = parse_numbers(" ".join(cells).encode())
            if numbers is None or len(numbers) != self._size:
                shown = " ".join(row)[:80]
                self._faults.add(number, NOT_NUMBERS, f"row {number + 1:,}: {shown}")
            else:
                self._keep([row], numbers.reshape(1, -1))

    def _keep(self, rows: list[list[str]], block: Vectors) -> None:
        self.n_kept += len(rows)
        check_amount(self.n_kept, self._size)
        self.blocks.append(block)
        for place, cells in self.columns.items():
            cells.extend(row[place] for row in rows)

    def _cells(self, row: list[str]) -> list[str]:
        if len(row) != len(self._roles.names):
            return []
        if self._roles.is_list:
            return list_cell(row[self._roles.vectors[0]]) or []
        cells = [row[place] for place in self._roles.vectors]
        return [cell.replace(",", ".") for cell in cells] if self._shape.decimal_comma else cells


def _rows(stream: BinaryIO, shape: LineShape, decoder: KeyDecoder) -> Iterator[list[str]]:
    lines = (line for line in bounded_lines(stream) if line.strip())
    decoded = (line.decode("ascii") if line.isascii() else decoder.decode(line) for line in lines)
    for _ in islice(decoded, shape.n_before):
        pass
    if shape.separator is None:
        return (line.split() for line in decoded)
    first = next(decoded, None)
    if first is None:
        return iter(())
    return (row for row in csv.reader(chain([first], decoded), delimiter=shape.separator) if row)
