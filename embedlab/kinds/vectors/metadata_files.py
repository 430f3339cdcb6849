"""The file beside the vectors: names one a line, or a table with a row for each vector."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

import pandas as pd

from embedlab.core.errors import InputError, TooLargeError
from embedlab.kinds.vectors.assembly import CLASS, assemble
from embedlab.kinds.vectors.key_columns import Keys
from embedlab.reading.encodings import HEAD_BYTES, encoding_of
from embedlab.reading.sources import Limits, open_text, read_head

_MOST_COLUMNS: Final = 1000


@dataclass(frozen=True)
class Metadata:
    """What the second file says: keys or none, labels or none, and other columns, a row for each vector."""

    keys: Sequence[str]
    labels: Sequence[str]
    table: pd.DataFrame
    key_name: str | None
    has_header: bool
    encoding: str
    assumptions: list[str] = field(default_factory=list)


def read_metadata(
    path: Path,
    *,
    n_rows: int | None,
    n_read: int,
    limits: Limits,
    encoding: str | None = None,
    keys: Keys | None = None,
    key_column: str | None = None,
) -> Metadata:
    """Read the file beside the vectors.

    Parameters
    ----------
    path
        Names one a line, or columns separated by tabs (or by commas or semicolons, with a header).
    n_rows
        Vectors in the file; None where that is not known, since only the first were read.
    n_read
        Vectors that were read: only so many rows are returned.
    limits
        Bounds on what is opened.
    encoding, keys, key_column
        What the user chose.

    Raises
    ------
    InputError
        The number of rows fits neither with nor without a header, or a row has another number of columns.
    UnsureError
        It is not clear whether a column holds keys or classes.
    TooLargeError
        More than 1,000 columns.
    """
    head = read_head(path, limits, n_bytes=HEAD_BYTES)
    found = encoding_of(head)
    if encoding is not None and not found.startswith("utf"):
        found = encoding
    most = (n_rows if n_rows is not None else n_read) + 3
    with open_text(path, found, limits) as stream:
        lines = _lines(stream, most)
        n_repaired = getattr(getattr(stream, "buffer", None), "n_repaired", 0)
    lines = _fitting(lines, n_rows)
    has_header, rows = _cells(lines, n_rows)
    width = len(rows[0]) if rows else 1
    if width > _MOST_COLUMNS:
        raise TooLargeError(
            f"The metadata has more than {_MOST_COLUMNS:,} columns.",
            received=width,
            remedy="Keep the columns worth showing.",
        )
    names = _names(rows.pop(0), width) if has_header else _numbered_names(width)
    if n_rows is None:
        del rows[n_read:]
    expected = n_read if n_rows is None else n_rows
    if len(rows) != expected:
        raise InputError(
            "The metadata has another number of rows than there are vectors.",
            received=f"{expected:,} vectors, {len(rows):,}{' or more' if len(rows) > expected else ''} rows",
            remedy="Give one row for each vector, with or without a header.",
        )
    uneven = next((number for number, row in enumerate(rows, start=1) if len(row) != width), None)
    if uneven is not None:
        raise InputError(
            "A row of the metadata has another number of columns than the first.",
            received=f"row {uneven:,} has {len(rows[uneven - 1]):,}, expected {width:,}",
            remedy="Remove tabs inside names.",
        )
    columns: dict[str, Sequence[str]] = dict(
        zip(names, map(list, zip(*rows, strict=True)) if rows else ([] for _ in names), strict=True)
    )
    columns = {name: cells[:n_read] for name, cells in columns.items()} if n_rows is None else columns
    assembled = assemble(columns, named=has_header, keys=keys, key_column=key_column)
    said = [f"Metadata: {assembled.assumption}"] if assembled.assumption else []
    if n_repaired:
        said.append(f"Metadata: {n_repaired:,} characters are not valid {found} and were replaced.")
    cut = assembled.first(n_read)
    return Metadata(cut.keys, cut.labels, cut.table, cut.key_name, has_header, found, said)


def _lines(stream: TextIO, most: int) -> list[str]:
    lines: list[str] = []
    while len(lines) < most and (line := stream.readline(1 << 20)):
        lines.append(line.rstrip("\r\n"))
    return lines


def _fitting(lines: list[str], n_rows: int | None) -> list[str]:
    """Return the lines without those that are blank, unless a blank one is the empty name of a vector."""
    while lines and not lines[-1]:
        lines = lines[:-1]
    if n_rows is not None and len(lines) in {n_rows, n_rows + 1}:
        return lines
    return [line for line in lines if line]


def _cells(lines: list[str], n_rows: int | None) -> tuple[bool, list[list[str]]]:
    if any("\t" in line for line in lines):
        rows = [line.split("\t") for line in lines]
        # The Embedding Projector wants a header exactly where there are several columns; the number of rows decides.
        return (len(rows) != n_rows if n_rows is not None else True), rows
    has_header = n_rows is not None and len(lines) == n_rows + 1
    if has_header:
        for separator in (";", ","):
            if all(separator in line for line in lines):
                try:
                    rows = list(csv.reader(lines, delimiter=separator))
                except csv.Error:
                    continue
                if len(rows) == len(lines) and len(set(map(len, rows))) == 1:
                    return True, rows
    return has_header, [[line] for line in lines]


def _names(cells: list[str], width: int) -> list[str]:
    names = [cell.strip() or f"column {place}" for place, cell in enumerate(cells)][:width]
    if len(set(names)) != len(names):
        raise InputError(
            "Two columns of the metadata have the same name.", received=names, remedy="Rename one of them."
        )
    return names


def _numbered_names(width: int) -> list[str]:
    return [CLASS] if width == 1 else [f"column {place}" for place in range(width)]
