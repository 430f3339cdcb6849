"""How a table is stored, an open table, and what every reader of tables refuses in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import pyarrow as pa

from embedlab.core.errors import InputError, shorten
from embedlab.reading.layouts import Layout

#: A record may not be longer than this; a stray quote would otherwise swallow the rest of the file.
MAX_RECORD_BYTES = 4 * 1024**2
BATCH_ROWS = 2048
_MAX_EXAMPLES = 5


@dataclass(frozen=True)
class TableFormat:
    """How a table is stored.

    Parameters
    ----------
    layout
        A layout that `Layout.is_table`.
    encoding
        Of the text.
    delimiter
        What separates columns: one or more characters.
    has_header
        Whether the first row names the columns.
    quoting
        Whether double quotes enclose cells.
    member
        Which file of a zip archive.
    skip_lines
        Lines before the header, or before the first row where there is none.
    sheet
        Which sheet of a workbook; the first that is not empty if None.
    one_line
        Whether every row is one line, so that a quote that is not closed on its line is part of the text.
    """

    layout: Layout = Layout.DELIMITED
    encoding: str = "utf-8"
    delimiter: str = ","
    has_header: bool = True
    quoting: bool = True
    member: str | None = None
    skip_lines: int = 0
    sheet: str | None = None
    one_line: bool = False


@dataclass
class Table:
    """An open table: iterate `batches()` once; the counters grow during reading.

    Parameters
    ----------
    column_names
        Names of all columns of the file, all different; without a header, their 0-based numbers.
    n_bad_rows
        Rows skipped so far because they have too many or too few fields, or are not JSON objects.
    bad_row_examples
        The first few of them, as text.
    """

    column_names: list[str]
    n_bad_rows: int = 0
    bad_row_examples: list[str] = field(default_factory=list)
    _read: Callable[[Table], Iterator[pa.RecordBatch]] = field(default=lambda _: iter(()), repr=False)
    _share_read: Callable[[], float] = field(default=lambda: 0.0, repr=False)
    _n_repaired: Callable[[], int] = field(default=lambda: 0, repr=False)
    _n_unclosed: Callable[[], int] = field(default=lambda: 0, repr=False)

    @property
    def share_read(self) -> float:
        """Share of the stored file read so far, 0 to 1."""
        return self._share_read()

    @property
    def n_repaired(self) -> int:
        """How many characters were not valid in the encoding so far."""
        return self._n_repaired()

    @property
    def n_unclosed(self) -> int:
        """How many lines had a quote that is not closed so far; counted only where every row is one line."""
        return self._n_unclosed()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield batches of the chosen columns, all string without nulls, named `0`, `1`, ... in the requested order."""
        return self._read(self)

    def skip(self, row: str) -> None:
        """Count a row that is skipped because it cannot be used."""
        self.n_bad_rows += 1
        if len(self.bad_row_examples) < _MAX_EXAMPLES:
            self.bad_row_examples.append(shorten(row))


def batches_of_rows(rows: Iterable[Sequence[str]], positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """Yield batches of the columns at `positions` from rows of text; cells that a row lacks are empty."""
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH_ROWS)):
        arrays = [
            pa.array([row[position] if position < len(row) else "" for row in batch], pa.string())
            for position in positions
        ]
        yield pa.RecordBatch.from_arrays(arrays, names=[str(index) for index in range(len(arrays))])


def too_long(received: str) -> InputError:
    """Return the error for a record above the bound."""
    return InputError(
        f"A record is longer than {MAX_RECORD_BYTES / 1024**2:.0f} MB.",
        received=received,
        remedy="Check the separator; if quotes in the text are not paired, turn quoting off.",
    )


def no_rows() -> InputError:
    """Return the error for a table without rows."""
    return InputError("The table has no rows.", received="0 rows", remedy="Choose a file with content.")


def header_only(names: Sequence[str]) -> InputError:
    """Return the error for a table whose only row names its columns."""
    return InputError(
        "The file has a header, but no rows.",
        received=f"the names of {len(names):,} columns: {', '.join(shorten(name, 40) for name in names[:10])}",
        remedy="Choose a file with at least one row of data below the header.",
    )


def not_a_table(received: str) -> InputError:
    """Return the error for a file that cannot be read as a table."""
    return InputError(
        "The table cannot be read.",
        received=received,
        remedy="Check separator, quoting and encoding.",
    )
