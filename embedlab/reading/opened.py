"""An upload opened once: its first bytes, its lines, and its table, each read when it is first asked for."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from embedlab.reading import sources
from embedlab.reading.cells import json_text, parse_record
from embedlab.reading.delimited import JSONL_HEAD_RECORDS, TableFormat, check_column_count, read_head
from embedlab.reading.encodings import HEAD_BYTES, encoding_of
from embedlab.reading.layouts import Layout
from embedlab.reading.separating import separate
from embedlab.reading.sources import Limits

_MAX_SAMPLE_ROWS: Final = JSONL_HEAD_RECORDS
_PARQUET_MAGIC: Final = b"PAR1"
_SEPARATOR_NAMES: Final = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars", "::": "double colons"}


@dataclass(frozen=True)
class TableSample:
    """The first rows of a table, and how it is stored.

    Parameters
    ----------
    table_format
        As `open_table` and `read_head` take it.
    names
        Of the columns; 0-based numbers where the file names none.
    rows
        At most 1,000 rows of text, each as long as `names`.
    reasons
        Plain sentences: why it is this format.
    """

    table_format: TableFormat
    names: list[str]
    rows: list[list[str]]
    reasons: list[str] = field(default_factory=list)


class Opened:
    """An upload whose first 256 KiB are read once, whoever looks at them.

    Parameters
    ----------
    path
        The file as it was brought, plain or packed.
    limits
        Bounds on what is opened.
    member
        Which file of a zip archive; the largest when left out.

    Raises
    ------
    InputError
        The file is empty or a damaged archive. `lines` and `table` raise it too: the file is binary, damaged, or has
        more than 1,000 columns.
    """

    def __init__(self, path: Path, limits: Limits, member: str | None = None) -> None:
        self.path = path
        self.limits = limits
        self.member = next(iter(sources.members(path, limits)), None) if member is None else member
        self.head = sources.read_head(path, limits, self.member)

    @property
    def is_parquet(self) -> bool:
        """Whether the file is a Parquet table."""
        return self.head.startswith(_PARQUET_MAGIC)

    @cached_property
    def encoding(self) -> str:
        """Name of the encoding of its text."""
        return encoding_of(self.head)

    @cached_property
    def lines(self) -> list[str]:
        """Whole lines of the head; a cut-off last one only when it is the only one. Not all of them are blank."""
        return self._lines[0]

    @cached_property
    def table(self) -> TableSample | None:
        """The first rows, where the file is a table: Parquet, JSON Lines, or delimited."""
        return self._parquet() if self.is_parquet else self._jsonl() or self._delimited()

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
            raise sources.empty_error(self.path)
        return lines, is_whole

    def _parquet(self) -> TableSample:
        table_format = TableFormat(Layout.PARQUET, has_header=True, member=self.member)
        names, rows = read_head(self.path, table_format, self.limits, _MAX_SAMPLE_ROWS)
        return _sample(table_format, names, rows, "The file is a Parquet table.")

    def _jsonl(self) -> TableSample | None:
        full = [line for line in self.lines if line.strip()][:_MAX_SAMPLE_ROWS]
        if not full[0].lstrip().startswith("{"):
            return None
        records = [record for line in full if (record := parse_record(line)) is not None]
        if len(records) < max(1, 0.9 * len(full)):
            return None
        names = list(dict.fromkeys(name for record in records for name in record))
        check_column_count(len(names))
        rows = [[json_text(record.get(name)) for name in names] for record in records]
        table_format = TableFormat(Layout.JSONL, self.encoding, has_header=True, quoting=False, member=self.member)
        return _sample(table_format, names, rows, "Each line is a JSON object.")

    def _delimited(self) -> TableSample | None:
        lines, is_whole = self._lines
        found = separate(lines, is_whole=is_whole)
        if found is None:
            return None
        table_format = TableFormat(
            Layout.DELIMITED, self.encoding, found.delimiter, found.has_header, found.quoting, self.member
        )
        separator = _SEPARATOR_NAMES.get(found.delimiter, found.delimiter)
        return _sample(
            table_format,
            found.names,
            found.rows[:_MAX_SAMPLE_ROWS],
            f"Every row has {len(found.names)} fields parted by {separator}.",
            found.header_reason,
            found.quoting_reason,
        )


def _sample(table_format: TableFormat, names: list[str], rows: list[list[str]], *reasons: str) -> TableSample:
    check_column_count(len(names))
    return TableSample(table_format, names, rows, list(reasons))
