"""Streaming rows of a table, however it is stored, as columns of strings, within bounds."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, cast

import pyarrow as pa
import pyarrow.csv as pacsv

from embedlab.reading.layouts import Layout
from embedlab.reading.parquet_files import open_parquet, text_batches
from embedlab.reading.separators import NARROW_SEPARATOR, NarrowedSource
from embedlab.reading.sources import Limits, StoredFile, open_clean, open_text
from embedlab.reading.table_columns import check_column_count, column_names, header_of, resolve_column
from embedlab.reading.tables.block_files import BLOCK_COLUMNS, block_rows
from embedlab.reading.tables.excel_files import open_sheet
from embedlab.reading.tables.json_tables import HEAD_RECORDS, json_head, open_json
from embedlab.reading.tables.line_quotes import UnclosedQuotes, without_unclosed
from embedlab.reading.tables.table_format import (
    BATCH_ROWS,
    MAX_RECORD_BYTES,
    Table,
    TableFormat,
    batches_of_rows,
    no_rows,
    not_a_table,
    too_long,
)

__all__ = ["JSONL_HEAD_RECORDS", "MAX_RECORD_BYTES", "Table", "TableFormat", "open_table", "read_head"]

_MAX_HEAD_BYTES = 16 * 1024**2
#: Number of records read to find the names of fields, which need not be in every record.
JSONL_HEAD_RECORDS = HEAD_RECORDS
# Python's own limit of 131,072 characters is shorter than many documents; ours applies to whole records.
csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_BYTES))


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
    openers = {
        Layout.DELIMITED: _open_delimited,
        Layout.JSONL: _open_json,
        Layout.JSON: _open_json,
        Layout.PARQUET: _open_parquet,
        Layout.EXCEL: _open_excel,
        Layout.BLOCKS: _open_blocks,
    }
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
    stored = StoredFile.of(file, limits, table_format.member)
    if table_format.layout == Layout.PARQUET:
        return _parquet_head(stored, n_rows)
    n_wanted = n_rows + table_format.has_header
    if table_format.layout == Layout.EXCEL:
        with open_sheet(stored, table_format.sheet) as sheet:
            rows = list(islice(_filled(sheet.rows, table_format), n_wanted))
    else:
        with open_text(file, table_format.encoding, limits, table_format.member, newline="") as text:
            if table_format.layout in {Layout.JSONL, Layout.JSON}:
                return json_head(text, table_format.layout, n_rows)
            if table_format.layout == Layout.BLOCKS:
                return list(BLOCK_COLUMNS), list(islice(block_rows(text, lambda _: None), n_rows))
            rows = list(islice(_head_rows(text, table_format), n_wanted))
    if not rows:
        raise no_rows()
    if table_format.has_header:
        names = column_names(header_of(rows[0], rows[1:]))
        check_column_count(max(len(names), *(len(row) for row in rows)))
        return names, rows[1:]
    check_column_count(max(len(row) for row in rows))
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
    lines: Iterator[str] = islice(_bounded_lines(text), table_format.skip_lines, None)
    if table_format.quoting and table_format.one_line:
        lines = map(without_unclosed, lines)
    rows = split_rows(lines, table_format.delimiter, quoting=table_format.quoting)
    try:
        yield from (row for row in rows if row)
    except csv.Error as error:
        raise not_a_table(str(error)) from error


def _filled(rows: Iterator[list[str]], table_format: TableFormat) -> Iterator[list[str]]:
    """Yield the rows of a sheet that are not empty, without lines before the header."""
    return (row for row in islice(rows, table_format.skip_lines, None) if any(row))


def _bounded_lines(text: TextIO) -> Iterator[str]:
    """Lines of the head of a file; both a single line and all lines together are bounded."""
    n_read = 0
    while n_read < _MAX_HEAD_BYTES and (line := text.readline(MAX_RECORD_BYTES)):
        n_read += len(line)
        if len(line) >= MAX_RECORD_BYTES:
            raise too_long(line[:40])
        yield line


@contextmanager
def _open_delimited(file: StoredFile, table_format: TableFormat, columns: Sequence[str | int]) -> Iterator[Table]:
    names, _ = read_head(file, table_format, file.limits, n_rows=1)
    positions = [resolve_column(names, column) for column in columns]
    with open_clean(file, table_format.encoding, file.limits) as clean:
        quotes = UnclosedQuotes(clean) if table_format.quoting and table_format.one_line else None
        blocks = _Blocks()
        yield Table(
            names,
            _read=lambda table: _delimited_batches(table, quotes or clean, table_format, positions, blocks),
            _share_read=lambda: clean.share_read * blocks.share_parsed,
            _n_repaired=lambda: clean.n_repaired,
            _n_unclosed=lambda: 0 if quotes is None else quotes.n_unclosed,
        )


class _Blocks:
    """The blocks that the parser reads; it makes one batch of each, and reads ahead."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self.n_parsed = 0

    def of(self, source: Any) -> Any:
        """Return a stream whose reads are counted."""
        sizes = self._sizes

        class Counted:
            closed = False

            def read(self, n: int = -1) -> bytes:
                data: bytes = source.read(n)
                if data:
                    sizes.append(len(data))
                return data

        return Counted()

    @property
    def share_parsed(self) -> float:
        """Share of the bytes read that have become batches, 0 to 1."""
        return sum(self._sizes[: self.n_parsed]) / max(1, sum(self._sizes))


def _delimited_batches(
    table: Table, clean: Any, table_format: TableFormat, positions: Sequence[int], blocks: _Blocks
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
            blocks.of(source),
            # Our own names: those of the file may be empty or repeated.
            read_options=pacsv.ReadOptions(
                use_threads=False,
                block_size=MAX_RECORD_BYTES,
                column_names=numbers,
                skip_rows=table_format.skip_lines,
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
            blocks.n_parsed += 1
            yield _chosen_columns(batch, [distinct.index(position) for position in positions])
    except pa.ArrowInvalid as error:
        message = str(error)
        if "straddl" in message:
            raise too_long(message.splitlines()[0]) from error
        if "Empty CSV" in message:
            return
        raise not_a_table(message.splitlines()[0]) from error


def _chosen_columns(batch: pa.RecordBatch, positions: Sequence[int]) -> pa.RecordBatch:
    arrays = [batch.column(position) for position in positions]
    return pa.RecordBatch.from_arrays(arrays, names=[str(index) for index in range(len(arrays))])


@contextmanager
def _open_json(file: StoredFile, table_format: TableFormat, columns: Sequence[str | int]) -> Iterator[Table]:
    with open_json(file, table_format, list(columns)) as table:
        yield table


@contextmanager
def _open_excel(file: StoredFile, table_format: TableFormat, columns: Sequence[str | int]) -> Iterator[Table]:
    names, _ = read_head(file, table_format, file.limits, n_rows=1)
    positions = [resolve_column(names, column) for column in columns]
    with open_sheet(file, table_format.sheet) as sheet:
        rows = islice(_filled(sheet.rows, table_format), int(table_format.has_header), None)
        n_read = 0

        def usable(table: Table) -> Iterator[list[str]]:
            nonlocal n_read
            for row in rows:
                n_read += 1
                if len(row) <= len(names):
                    yield row
                else:
                    table.skip(" ".join(row))

        yield Table(
            names,
            _read=lambda table: batches_of_rows(usable(table), positions),
            _share_read=lambda: n_read / max(1, sheet.n_rows - table_format.has_header, n_read),
        )


@contextmanager
def _open_blocks(file: StoredFile, table_format: TableFormat, columns: Sequence[str | int]) -> Iterator[Table]:
    positions = [resolve_column(BLOCK_COLUMNS, column) for column in columns]
    with open_text(file, table_format.encoding, file.limits) as text:
        clean = cast("Any", text).buffer
        yield Table(
            list(BLOCK_COLUMNS),
            _read=lambda table: batches_of_rows(block_rows(text, table.skip), positions),
            _share_read=lambda: clean.share_read,
            _n_repaired=lambda: clean.n_repaired,
        )


def _parquet_head(file: StoredFile, n_rows: int) -> tuple[list[str], list[list[str]]]:
    with open_parquet(file, file.limits, None, check_column_count) as stored:
        names = column_names(stored.schema_arrow.names)
        batches = text_batches(stored, list(range(len(names))), n_rows, lambda _: None)
        first = next(batches, None)
    if first is None or not first.num_rows:
        raise no_rows()
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
            for batch in text_batches(stored, positions, BATCH_ROWS, count_repaired):
                n_read += batch.num_rows
                yield batch

        yield Table(names, _read=read, _share_read=lambda: n_read / n_rows, _n_repaired=lambda: n_repaired)
