"""Streaming rows of a delimited, JSON Lines or Parquet table as columns of strings, within bounds."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, cast

import pyarrow as pa
import pyarrow.csv as pacsv

from embedlab.core.errors import InputError, shorten
from embedlab.reading.cells import json_text, parse_record
from embedlab.reading.layouts import Layout
from embedlab.reading.parquet_files import open_parquet, text_batches
from embedlab.reading.separators import NARROW_SEPARATOR, NarrowedSource
from embedlab.reading.sources import CleanSource, Limits, StoredFile, open_clean, open_text
from embedlab.reading.table_columns import check_column_count, column_names, resolve_column

#: A record may not be longer than this; a stray quote would otherwise swallow the rest of the file.
MAX_RECORD_BYTES = 4 * 1024**2
_MAX_HEAD_BYTES = 16 * 1024**2
_BATCH_ROWS = 2048
_MAX_EXAMPLES = 5
#: Number of records read to find the names of fields, which need not be in every record.
JSONL_HEAD_RECORDS = 1000
# Python's own limit of 131,072 characters is shorter than many documents; ours applies to whole records.
csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_BYTES))


@dataclass(frozen=True)
class TableFormat:
    """How a table is stored; `layout` is delimited, jsonl or parquet, `delimiter` one or more characters."""

    layout: Layout = Layout.DELIMITED
    encoding: str = "utf-8"
    delimiter: str = ","
    has_header: bool = True
    quoting: bool = True
    member: str | None = None


@dataclass
class Table:
    """An open table: iterate `batches()` once; the counters grow during reading.

    Parameters
    ----------
    column_names
        Names of all columns of the file; without a header, and for an empty name, the 0-based number.
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

    @property
    def share_read(self) -> float:
        """Share of the stored file read so far, 0 to 1."""
        return self._share_read()

    @property
    def n_repaired(self) -> int:
        """How many characters were not valid in the encoding so far."""
        return self._n_repaired()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield batches of the chosen columns, all string without nulls, named `0`, `1`, ... in the requested order."""
        return self._read(self)

    def skip(self, row: str) -> None:
        """Count a row that is skipped because it cannot be used."""
        self.n_bad_rows += 1
        if len(self.bad_row_examples) < _MAX_EXAMPLES:
            self.bad_row_examples.append(shorten(row))


@contextmanager
def open_table(
    file: Path | StoredFile, table_format: TableFormat, columns: Sequence[str | int], limits: Limits
) -> Iterator[Table]:
    """Open the chosen columns of a table for streaming.

    Parameters
    ----------
    file
        The file as it is stored.
    table_format
        How its rows are stored.
    columns
        Names, or 0-based numbers, also as text such as `"2"`.
    limits
        Bounds on what is opened.

    Raises
    ------
    NotFoundError
        A chosen column does not exist.
    InputError
        More than 1,000 columns, a damaged file, or a record that is too long (here, or while reading).
    """
    openers = {Layout.DELIMITED: _open_delimited, Layout.JSONL: _open_jsonl, Layout.PARQUET: _open_parquet}
    stored = StoredFile.of(file, limits, table_format.member)
    with openers[table_format.layout](stored, table_format, columns) as table:
        yield table


def read_head(
    file: Path | StoredFile, table_format: TableFormat, limits: Limits, n_rows: int = 20
) -> tuple[list[str], list[list[str]]]:
    """Return the column names and at most the first `n_rows` rows, as strings; rows may be of unequal length.

    Raises
    ------
    InputError
        More than 1,000 columns, no row at all, or what opening the file raises.
    """
    if table_format.layout == Layout.PARQUET:
        return _parquet_head(StoredFile.of(file, limits, table_format.member), n_rows)
    with open_text(file, table_format.encoding, limits, table_format.member, newline="") as text:
        if table_format.layout == Layout.JSONL:
            return _jsonl_head(text, n_rows)
        rows = list(islice(_head_rows(text, table_format), n_rows + table_format.has_header))
    if not rows:
        raise _no_rows()
    check_column_count(max(len(row) for row in rows))
    if table_format.has_header:
        return column_names(rows[0]), rows[1:]
    return [str(index) for index in range(len(rows[0]))], rows


def check_delimiter(delimiter: str) -> str:
    """Return a separator of columns if it is valid; else raise `ValueError`."""
    if any(character in delimiter for character in '"\r\n\0'):
        raise ValueError("a separator cannot contain a quote or a line break")
    return delimiter


def column_texts(batch: pa.RecordBatch, index: int) -> list[str]:
    """Return one column of a batch as Python strings."""
    return cast("list[str]", batch.column(index).to_pylist())


def split_rows(lines: Iterator[str], delimiter: str, *, quoting: bool, strict: bool = False) -> Iterator[list[str]]:
    """Split lines into fields with the `csv` module; a delimiter of several bytes is narrowed to one first."""
    if len(delimiter.encode()) > 1:
        wide = delimiter
        lines = (line.replace(wide, NARROW_SEPARATOR) for line in lines)
        delimiter = NARROW_SEPARATOR
    if quoting:
        return csv.reader(lines, delimiter=delimiter, strict=strict)
    return csv.reader(lines, delimiter=delimiter, quotechar=None, quoting=csv.QUOTE_NONE)


def _head_rows(text: TextIO, table_format: TableFormat) -> Iterator[list[str]]:
    rows = split_rows(_bounded_lines(text), table_format.delimiter, quoting=table_format.quoting)
    try:
        yield from (row for row in rows if row)
    except csv.Error as error:
        raise _not_a_table(str(error)) from error


def _bounded_lines(text: TextIO) -> Iterator[str]:
    """Lines of the head of a file; both a single line and all lines together are bounded."""
    n_read = 0
    while n_read < _MAX_HEAD_BYTES and (line := text.readline(MAX_RECORD_BYTES)):
        n_read += len(line)
        if len(line) >= MAX_RECORD_BYTES:
            raise _too_long(line[:40])
        yield line


def _too_long(received: str) -> InputError:
    return InputError(
        f"A record is longer than {MAX_RECORD_BYTES / 1024**2:.0f} MB.",
        received=received,
        remedy="Check the separator; if quotes in the text are not paired, turn quoting off.",
    )


def _no_rows() -> InputError:
    return InputError("The table has no rows.", received="0 rows", remedy="Choose a file with content.")


def _not_a_table(received: str) -> InputError:
    return InputError(
        "The table cannot be read.",
        received=received,
        remedy="Check separator, quoting and encoding.",
    )


@contextmanager
def _open_delimited(file: StoredFile, table_format: TableFormat, columns: Sequence[str | int]) -> Iterator[Table]:
    names, _ = read_head(file, table_format, file.limits, n_rows=1)
    positions = [resolve_column(names, column) for column in columns]
    with open_clean(file, table_format.encoding, file.limits) as clean:
        yield Table(
            names,
            _read=lambda table: _delimited_batches(table, clean, table_format, positions),
            _share_read=lambda: clean.share_read,
            _n_repaired=lambda: clean.n_repaired,
        )


def _delimited_batches(
    table: Table, clean: CleanSource, table_format: TableFormat, positions: Sequence[int]
) -> Iterator[pa.RecordBatch]:
    def skip_row(row: Any) -> str:
        table.skip(row.text)
        return "skip"

    delimiter = table_format.delimiter
    source: Any = clean
    if len(delimiter.encode()) > 1:
        source, delimiter = NarrowedSource(clean, delimiter), NARROW_SEPARATOR
    numbers = [str(index) for index in range(len(table.column_names))]
    distinct = list(dict.fromkeys(positions))
    try:
        reader = pacsv.open_csv(
            source,
            # Our own names: those of the file may be empty or repeated.
            read_options=pacsv.ReadOptions(
                use_threads=False,
                block_size=MAX_RECORD_BYTES,
                column_names=numbers,
                skip_rows_after_names=int(table_format.has_header),
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if table_format.quoting else False,
                newlines_in_values=table_format.quoting,
                invalid_row_handler=skip_row,
            ),
            convert_options=pacsv.ConvertOptions(
                include_columns=[numbers[position] for position in distinct],
                column_types={numbers[position]: pa.string() for position in distinct},
                strings_can_be_null=False,
            ),
        )
        for batch in reader:
            yield _chosen_columns(batch, [distinct.index(position) for position in positions])
    except pa.ArrowInvalid as error:
        message = str(error)
        if "straddl" in message:
            raise _too_long(message.splitlines()[0]) from error
        if "Empty CSV" in message:
            return
        raise _not_a_table(message.splitlines()[0]) from error


def _chosen_columns(batch: pa.RecordBatch, positions: Sequence[int]) -> pa.RecordBatch:
    arrays = [batch.column(position) for position in positions]
    return pa.RecordBatch.from_arrays(arrays, names=[str(index) for index in range(len(arrays))])


def _jsonl_records(text: TextIO, on_bad: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    while line := text.readline(MAX_RECORD_BYTES):
        if len(line) >= MAX_RECORD_BYTES:
            raise _too_long(line[:40])
        if line.isspace():
            continue
        record = parse_record(line)
        if record is None:
            on_bad(line)
        else:
            yield record


def _jsonl_head(text: TextIO, n_rows: int) -> tuple[list[str], list[list[str]]]:
    records = list(islice(_jsonl_records(text, lambda _: None), max(n_rows, JSONL_HEAD_RECORDS)))
    if not records:
        raise InputError("No line of the file is a JSON object.", remedy="Put one object like {...} on each line.")
    names = list(dict.fromkeys(name for record in records for name in record))
    check_column_count(len(names))
    return names, [[json_text(record.get(name)) for name in names] for record in records[:n_rows]]


@contextmanager
def _open_jsonl(file: StoredFile, table_format: TableFormat, columns: Sequence[str | int]) -> Iterator[Table]:
    names, _ = read_head(file, table_format, file.limits)
    chosen = [names[resolve_column(names, column)] for column in columns]
    with open_text(file, table_format.encoding, file.limits) as text:
        clean = cast("CleanSource", cast("Any", text).buffer)
        yield Table(
            names,
            _read=lambda table: _jsonl_batches(table, text, chosen),
            _share_read=lambda: clean.share_read,
            _n_repaired=lambda: clean.n_repaired,
        )


def _jsonl_batches(table: Table, text: TextIO, chosen: Sequence[str]) -> Iterator[pa.RecordBatch]:
    records = _jsonl_records(text, table.skip)
    while rows := list(islice(records, _BATCH_ROWS)):
        arrays = [pa.array([json_text(row.get(name)) for row in rows], pa.string()) for name in chosen]
        yield pa.RecordBatch.from_arrays(arrays, names=[str(index) for index in range(len(arrays))])


def _parquet_head(file: StoredFile, n_rows: int) -> tuple[list[str], list[list[str]]]:
    with open_parquet(file, file.limits, None, check_column_count) as stored:
        names = column_names(stored.schema_arrow.names)
        batches = text_batches(stored, list(range(len(names))), n_rows, lambda _: None)
        first = next(batches, None)
    if first is None or not first.num_rows:
        raise _no_rows()
    texts = [column_texts(first, index) for index in range(len(names))]
    return names, [list(row) for row in zip(*texts, strict=True)][:n_rows]


@contextmanager
def _open_parquet(file: StoredFile, _: TableFormat, columns: Sequence[str | int]) -> Iterator[Table]:
    with open_parquet(file, file.limits, None, check_column_count) as stored:
        names = column_names(stored.schema_arrow.names)
        positions = [resolve_column(names, column) for column in columns]
        n_rows, n_read, n_repaired = max(1, stored.metadata.num_rows), 0, 0

        def count_repaired(n: int) -> None:
            nonlocal n_repaired
            n_repaired += n

        def read(_: Table) -> Iterator[pa.RecordBatch]:
            nonlocal n_read
            for batch in text_batches(stored, positions, _BATCH_ROWS, count_repaired):
                n_read += batch.num_rows
                yield batch

        yield Table(names, _read=read, _share_read=lambda: n_read / n_rows, _n_repaired=lambda: n_repaired)
