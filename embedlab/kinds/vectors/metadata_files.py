"""The file beside the vectors: names one a line, or a table with a row for each vector."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import suppress
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
    separator = _separator(lines, n_rows)
    # The Embedding Projector wants a header exactly where there are several columns; the number of rows decides.
    has_header = len(lines) == n_rows + 1 if n_rows is not None else separator is not None
    if separator == "\t" and n_rows is not None:
        has_header = len(lines) != n_rows
    columns, n_found = _columns(lines, separator, has_header=has_header, n=n_read if n_rows is None else None)
    expected = n_read if n_rows is None else n_rows
    if n_found != expected:
        raise InputError(
            "The metadata has another number of rows than there are vectors.",
            received=f"{expected:,} vectors, {n_found:,}{' or more' if n_found > expected else ''} rows",
            remedy="Give one row for each vector, with or without a header.",
        )
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


def _separator(lines: list[str], n_rows: int | None) -> str | None:
    """Return what separates columns: tabs, or, below a header, semicolons or commas; None for names one a line."""
    if any("\t" in line for line in lines):
        return "\t"
    if n_rows is None or len(lines) != n_rows + 1:
        # Names may hold commas.
        return None
    for separator in (";", ","):
        if all(separator in line for line in lines):
            with suppress(csv.Error):
                rows = list(csv.reader(lines, delimiter=separator))
                if len(rows) == len(lines) and len(set(map(len, rows))) == 1:
                    return separator
    return None


def _columns(
    lines: list[str], separator: str | None, *, has_header: bool, n: int | None
) -> tuple[dict[str, Sequence[str]], int]:
    """Return the columns by name, and how many rows they have: at most `n`, where it is given."""
    if separator is None:
        cells = lines[has_header:][:n]
        return {(lines[0].strip() or CLASS) if has_header else CLASS: cells}, len(cells)
    rows = [line.split("\t") for line in lines] if separator == "\t" else list(csv.reader(lines, delimiter=separator))
    width = len(rows[0])
    if width > _MOST_COLUMNS:
        raise TooLargeError(
            f"The metadata has more than {_MOST_COLUMNS:,} columns.",
            received=width,
            remedy="Keep the columns worth showing.",
        )
    names = _names(rows[0]) if has_header else [f"column {place}" for place in range(width)]
    rows = rows[has_header:][:n]
    uneven = next((number for number, row in enumerate(rows, start=1) if len(row) != width), None)
    if uneven is not None:
        raise InputError(
            "A row of the metadata has another number of columns than the first.",
            received=f"row {uneven:,} has {len(rows[uneven - 1]):,}, expected {width:,}",
            remedy="Remove tabs inside names.",
        )
    columns: dict[str, Sequence[str]] = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return columns, len(rows)


def _names(cells: list[str]) -> list[str]:
    names = [cell.strip() or f"column {place}" for place, cell in enumerate(cells)]
    if len(set(names)) != len(names):
        raise InputError(
            "Two columns of the metadata have the same name.", received=names, remedy="Rename one of them."
        )
    return names
