"""An upload opened once per import: what its content shows, each part detected when it is first needed."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Self

from embedlab.reading.cells import parse_record
from embedlab.reading.delimited import JSONL_HEAD_RECORDS, TableFormat, read_head
from embedlab.reading.encodings import HEAD_BYTES, DetectedEncoding, check_encoding, detected_encoding
from embedlab.reading.layouts import Layout
from embedlab.reading.limits import empty_error
from embedlab.reading.separating import are_names, names_only, separate, separate_rows
from embedlab.reading.stored_file import StoredFile
from embedlab.reading.table_columns import check_column_count
from embedlab.reading.tables.block_files import are_blocks
from embedlab.reading.tables.excel_files import is_workbook, sheet_head
from embedlab.reading.tables.json_tables import sample_records, table_of
from embedlab.reading.tables.table_format import header_only

_MAX_SAMPLE_ROWS: Final = JSONL_HEAD_RECORDS
_PARQUET_MAGIC: Final = b"PAR1"
_SEPARATOR_NAMES: Final = {
    "\t": "tabs",
    ",": "commas",
    ";": "semicolons",
    "|": "bars",
    "::": "double colons",
    " ": "spaces",
}


@dataclass(frozen=True)
class TableSample:
    """The first rows of a table, and how it is stored.

    Parameters
    ----------
    table_format
        As `open_table` and `read_head` need it.
    names
        Of the columns; 0-based numbers if the file does not name them.
    rows
        At most 1,000 rows of text, each as long as `names`.
    reasons
        Plain sentences: why it is this format.
    renamed
        A sentence about columns whose names are empty or repeated in the file, which is among the reasons; empty if
        there are none.
    """

    table_format: TableFormat
    names: list[str]
    rows: list[list[str]]
    reasons: list[str] = field(default_factory=list)
    renamed: str = ""


class OpenedUpload(StoredFile):
    """An upload that one import opens and sniffs once: create it once, and give it to guess, preview and build.

    The constructor reads nothing. Each attribute below is read or detected when it is first needed, and remembered, as
    are the members and the first 256 KiB (`StoredFile`). All functions of `embedlab.reading` that open a file accept it
    in place of a path: their streams begin with the remembered bytes.

    Parameters
    ----------
    path
        The file as it is stored, plain or packed.
    limits
        Bounds on what is opened.
    member
        Which file of a zip archive; the largest if None.

    Raises
    ------
    InputError
        By the attributes: the file is empty, binary or damaged, or has more than 1,000 columns.
    """

    def read_in(self, encoding: str) -> Self:
        """Return the same file with an encoding that the user chose; raises `InputError` if it is not supported."""
        name = check_encoding(encoding)
        other = type(self)(self.path, self.limits, self._requested_member)
        other._contents, other._start = self._contents, self._start
        other.__dict__["detected_encoding"] = DetectedEncoding(name, 1.0)
        return other

    @property
    def is_parquet(self) -> bool:
        """Whether the file is a Parquet table."""
        return self.head.startswith(_PARQUET_MAGIC)

    @property
    def encoding(self) -> str:
        """Name of the encoding of its text."""
        return self.detected_encoding.name

    @cached_property
    def detected_encoding(self) -> DetectedEncoding:
        """The encoding of its text, with the confidence of the detection."""
        return detected_encoding(self.head)

    @cached_property
    def lines(self) -> list[str]:
        """Whole lines of the head, not all of them blank; a truncated last line is included only if it is the first."""
        return self._lines[0]

    @cached_property
    def table(self) -> TableSample | None:
        """The first rows if the file is a table: Parquet, Excel, JSON, JSON Lines, blocks or delimited; else None."""
        if self.is_workbook:
            return self._excel()
        return (
            self._parquet() if self.is_parquet else self._jsonl() or self._json() or self._blocks() or self._delimited()
        )

    @cached_property
    def names_only(self) -> list[str]:
        """The names of columns if the file is a table with a header and no row; else empty."""
        if self.is_parquet:
            return []
        if self.table is not None:
            row = self.table.names if self.table.table_format.has_header else next(iter(self.table.rows), [])
            n_rows = len(self.table.rows) + self.table.table_format.has_header
            return row if n_rows == 1 and are_names(row) else []
        lines, is_whole = self._lines
        return names_only(lines) if is_whole else []

    def refuse_header_only(self) -> None:
        """Raise `InputError` if the file is a table with a header and no row."""
        if self.names_only:
            raise header_only(self.names_only)

    @cached_property
    def is_workbook(self) -> bool:
        """Whether the file is an Excel workbook, which is stored as a zip archive."""
        # The first stream also reads the table of contents, so that the file is opened once.
        return bool(self.start) and is_workbook(self)

    @property
    def member(self) -> str | None:
        """The member that is read; None for a workbook, which is one file."""
        return None if self.is_workbook else super().member

    @cached_property
    def _lines(self) -> tuple[list[str], bool]:
        """Return the lines, and whether they are the whole file."""
        is_whole = len(self.head) < HEAD_BYTES
        decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        text = decoder.decode(self.head, is_whole).removeprefix("\ufeff")
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if not is_whole or not lines[-1]:
            lines = lines[:-1] or lines
        if not any(line.strip() for line in lines):
            raise empty_error(self.path)
        return lines, is_whole

    def _parquet(self) -> TableSample:
        table_format = TableFormat(Layout.PARQUET, has_header=True, member=self.member)
        names, rows = read_head(self, table_format, self.limits, _MAX_SAMPLE_ROWS)
        return _sample(table_format, names, rows, "The file is a Parquet table.")

    def _jsonl(self) -> TableSample | None:
        full = [line for line in self.lines if line.strip()][:_MAX_SAMPLE_ROWS]
        if not full[0].lstrip().startswith("{"):
            return None
        if len(full) == 1 and len(sample_records(full[0], is_whole=True)) > 1:
            # One object on one line that holds a table.
            return None
        records = [record for line in full if (record := parse_record(line)) is not None]
        if len(records) < max(1, 0.9 * len(full)):
            return None
        names, rows = table_of(records)
        table_format = TableFormat(Layout.JSONL, self.encoding, has_header=True, quoting=False, member=self.member)
        return _sample(table_format, names, rows, "Each line is a JSON object.")

    def _json(self) -> TableSample | None:
        lines, is_whole = self._lines
        records = sample_records("\n".join(lines), is_whole=is_whole)
        if not records:
            return None
        names, rows = table_of(records)
        table_format = TableFormat(Layout.JSON, self.encoding, has_header=True, quoting=False, member=self.member)
        return _sample(table_format, names, rows, "The file is JSON with one object for each row.")

    def _blocks(self) -> TableSample | None:
        if not are_blocks(self.lines):
            return None
        table_format = TableFormat(Layout.BLOCKS, self.encoding, has_header=True, quoting=False, member=self.member)
        names, rows = read_head(self, table_format, self.limits, _MAX_SAMPLE_ROWS)
        return _sample(table_format, names, rows, "Rows of users, ratings and dates follow the number of their item.")

    def _excel(self) -> TableSample | None:
        sheet, rows = sheet_head(self, None, _MAX_SAMPLE_ROWS + 1)
        found = separate_rows(rows)
        if found is None:
            return None
        table_format = TableFormat(
            Layout.EXCEL, has_header=found.has_header, quoting=False, skip_lines=found.skip_lines, sheet=sheet
        )
        reason = f"The file is an Excel workbook; the sheet {sheet} is read."
        return _sample(table_format, found.names, found.rows, reason, found.header_reason, renamed=found.renamed)

    def _delimited(self) -> TableSample | None:
        lines, is_whole = self._lines
        separation = separate(lines, is_whole=is_whole)
        if separation is None:
            return None
        table_format = TableFormat(
            Layout.DELIMITED,
            self.encoding,
            separation.delimiter,
            separation.has_header,
            separation.quoting,
            self.member,
            separation.skip_lines,
            one_line=separation.one_line,
        )
        separator = _SEPARATOR_NAMES.get(separation.delimiter, separation.delimiter)
        return _sample(
            table_format,
            separation.names,
            separation.rows[:_MAX_SAMPLE_ROWS],
            f"Every row has {len(separation.names)} fields separated by {separator}.",
            separation.header_reason,
            separation.quoting_reason,
            renamed=separation.renamed,
        )


def _sample(
    table_format: TableFormat, names: list[str], rows: list[list[str]], *reasons: str, renamed: str = ""
) -> TableSample:
    check_column_count(len(names))
    return TableSample(table_format, names, rows, [*reasons, *filter(None, [renamed])], renamed)
