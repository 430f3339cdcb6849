"""Streaming rows of a delimited, JSON Lines or Parquet table as columns of strings, within bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from embedlab.datasets.sniffing import Guess, Layout
from embedlab.datasets.sources import Limits

MAX_COLUMNS = 1000


@dataclass(frozen=True)
class TableFormat:
    """How a table is stored; `layout` is delimited, jsonl or parquet."""

    layout: Layout = Layout.DELIMITED
    encoding: str = "utf-8"
    delimiter: str = ","
    has_header: bool = True
    quoting: bool = True
    member: str | None = None

    @classmethod
    def of(cls, guess: Guess) -> TableFormat:
        """Return the format a guess states."""
        return cls(guess.layout, guess.encoding, guess.delimiter or ",", guess.has_header, guess.quoting, guess.member)


@dataclass
class Table:
    """An open table: iterate `batches()` once; the counters grow while it is read.

    `column_names` are those of the whole file; without a header, and for repeated or empty names, the number.
    """

    column_names: list[str]
    n_bad_rows: int = 0
    bad_row_examples: list[str] = field(default_factory=list)

    @property
    def share_read(self) -> float:
        """Share of the stored file read so far, 0 to 1."""
        raise NotImplementedError

    @property
    def n_repaired(self) -> int:
        """How many characters were not valid in the encoding so far."""
        raise NotImplementedError

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield batches of the chosen columns, all string without nulls, named `0`, `1`, ... in the order asked for."""
        raise NotImplementedError


def open_table(
    path: Path, table_format: TableFormat, columns: Sequence[str | int], limits: Limits
) -> AbstractContextManager[Table]:
    """Open the chosen columns (names, or 0-based numbers, also as text such as `"2"`) of a table for streaming.

    Raises
    ------
    NotFoundError
        A chosen column is not there.
    InputError
        More than 1,000 columns, a damaged file, or a record that is too long.
    """
    raise NotImplementedError


def read_head(
    path: Path, table_format: TableFormat, limits: Limits, n_rows: int = 20
) -> tuple[list[str], list[list[str]]]:
    """Return the column names and the first rows of a table as strings."""
    raise NotImplementedError


def resolve_column(column_names: Sequence[str], column: str | int) -> int:
    """Return the 0-based position of a column given by name (first) or number; `NotFoundError` if it is not there."""
    raise NotImplementedError


def column_texts(batch: Any, index: int) -> list[str]:
    """Return one column of a batch as Python strings."""
    texts: list[str] = batch.column(index).to_pylist()
    return texts
