"""The rows of a file as columns of text: its format, and streaming them into a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from embedlab.core.errors import InputError
from embedlab.core.progress import ReportProgress
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.table.options import ColumnChoice, TableOptions
from embedlab.kinds.table.sound_features import is_wav
from embedlab.kinds.table.sounds import SoundArchive, sounds_in
from embedlab.reading.delimited import open_table, read_head
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.table_columns import unnamed_column
from embedlab.reading.tables.table_format import TableFormat

_FORMAT_FIELDS: Final = ("delimiter", "has_header", "quoting", "skip_lines", "one_line", "sheet")
_BYTES_OF_A_GROUP: Final = 32 * 1024**2


class Batches(Protocol):
    """The rows of an open file, as batches of columns of text."""

    @property
    def share_read(self) -> float:
        """Share of the file that has been read."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows."""


@dataclass(frozen=True)
class OpenTable:
    """A file as a table: the opened upload in the chosen encoding, its format, and the names of its columns.

    `renamed` is a sentence about columns whose names are empty or repeated in the file; empty if there are none.
    `sounds` are those of an archive of sounds, which becomes a table of their features; else None.
    """

    upload: OpenedUpload
    table_format: TableFormat
    names: list[str]
    renamed: str = ""
    sounds: SoundArchive | None = None

    @property
    def types(self) -> Mapping[int, ColumnChoice]:
        """Types of the columns that the format decides, by their number."""
        return {} if self.sounds is None else self.sounds.types

    @property
    def assumptions(self) -> list[str]:
        """What is assumed about the file, as plain sentences."""
        return [] if self.sounds is None else self.sounds.reasons

    @contextmanager
    def open(self, skipped: Skipped | None = None) -> Iterator[Batches]:
        """Open the rows; afterwards, `skipped` counts those that are left out."""
        counted = Skipped() if skipped is None else skipped
        if self.sounds is not None:
            yield self.sounds
            counted.changes.add(self.sounds.changes)
            counted.n_unreadable, counted.examples = self.sounds.n_unreadable, self.sounds.unreadable
            return
        upload = self.upload
        with open_table(upload, self.table_format, list(range(len(self.names))), upload.limits) as opened:
            yield opened
            counted.n_uneven, counted.examples = opened.n_bad_rows, list(opened.bad_row_examples)
            counted.n_repaired = opened.n_repaired


@dataclass
class Skipped:
    """Rows that are not imported: those with another number of cells than the header, and those without any value.

    `n_unreadable` are sounds that cannot be read; `changes` also counts what was changed in others.
    """

    n_uneven: int = 0
    examples: list[str] = field(default_factory=list)
    n_blank: int = 0
    n_repaired: int = 0
    n_unreadable: int = 0
    changes: Changes = field(default_factory=Changes)


def open_as_table(upload: OpenedUpload, options: TableOptions) -> OpenTable:
    """Return a file as a table in the format of the options; what they leave out is detected.

    Raises
    ------
    InputError
        The file is empty, binary, damaged, or not a table.
    TooLargeError
        It is an archive of more than 20,000 sounds.
    """
    if options.layout in (None, "sounds") and (sounds := sounds_in(upload)) is not None:
        sounds.check()
        return OpenTable(upload, TableFormat(Layout.SOUNDS, has_header=True), sounds.names, sounds=sounds)
    upload = upload.of_member(options.member)
    if options.layout == "sounds" or is_wav(upload.start):
        raise InputError(
            "The file is not a zip archive of sounds.",
            received="a single WAV file" if is_wav(upload.start) else "a file without WAV files",
            remedy="Pack several WAV files in a zip archive, in folders named like their classes.",
        )
    if options.encoding is not None:
        upload = upload.read_in(options.encoding)
    sample = upload.table
    chosen = {name: getattr(options, name) for name in _FORMAT_FIELDS}
    if sample is None and options.delimiter is None and options.layout is None:
        upload.refuse_header_only()
        raise InputError(
            "The file is not a table.",
            received=upload.lines[0][:100],
            remedy="Choose a file with the same columns in each row, or choose the separator.",
        )
    stored = TableFormat(encoding=upload.encoding, member=upload.member) if sample is None else sample.table_format
    layout = stored.layout if options.layout is None else Layout(options.layout)
    given = {name: value for name, value in chosen.items() if value is not None}
    table_format = replace(stored, layout=layout, **given)
    names, rows = read_head(upload, table_format, upload.limits, n_rows=1)
    if not rows:
        raise InputError("The table has no rows.", received="a header only", remedy="Choose a file with rows.")
    renamed = "" if sample is None or sample.names != names else sample.renamed
    if not table_format.has_header and names == [str(place) for place in range(len(names))]:
        # Names are what people see, and what they leave out; options may still give the number.
        names = [unnamed_column(place) for place in range(len(names))]
    return OpenTable(upload, table_format, names, renamed)


def write_rows(table: OpenTable, path: Path, report: ReportProgress) -> tuple[int, Skipped]:
    """Stream all rows into a Parquet file of text columns named `0`, `1`, ...; return their number."""
    schema = pa.schema([(str(number), pa.large_string()) for number in range(len(table.names))])
    skipped, n_rows = Skipped(), 0
    waiting: list[pa.RecordBatch] = []
    with table.open(skipped) as opened, pq.ParquetWriter(path, schema, compression="zstd") as writer:

        def flush() -> None:
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting).cast(schema))
                waiting.clear()

        for batch in opened.batches():
            filled = _filled(batch)
            skipped.n_blank += batch.num_rows - filled.num_rows
            n_rows += filled.num_rows
            waiting.append(filled)
            if sum(each.nbytes for each in waiting) > _BYTES_OF_A_GROUP:
                flush()
            report(opened.share_read, "reading")
        flush()
    return n_rows, skipped


def first_rows(table: OpenTable, n_rows: int) -> tuple[pd.DataFrame, bool]:
    """Return at most `n_rows` rows as text, and whether these are all."""
    parts, n_read, is_all = [], 0, True
    if table.sounds is not None:
        few = table.sounds.preview()
        is_all = len(few.files) == len(table.sounds.files)
        table = replace(table, sounds=few)
    with table.open() as opened:
        for batch in opened.batches():
            filled = _filled(batch)
            parts.append(filled)
            n_read += filled.num_rows
            if n_read >= n_rows:
                is_all = is_all and n_read == n_rows and opened.share_read >= 1.0
                break
    if not n_read:
        raise InputError("The table has no rows.", received="0 rows", remedy="Choose a file with rows.")
    joined = pa.Table.from_batches(parts).slice(0, n_rows)
    return joined.to_pandas().set_axis(table.names, axis=1), is_all


def column_cells(rows: pq.ParquetFile, number: int) -> pd.Series[str]:
    """Return the cells of one column of the Parquet file that `write_rows` wrote.

    The file is opened once for all columns: its table of contents grows with their number.
    """
    column = rows.read(columns=[str(number)]).column(0)
    cells: pd.Series[str] = column.to_pandas()
    return cells


def _filled(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows of a batch that have a value."""
    is_blank = np.ones(batch.num_rows, bool)
    for column in batch.columns:
        if not is_blank.any():
            return batch
        is_blank &= pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy(zero_copy_only=False)
    return batch.filter(pa.array(~is_blank)) if is_blank.any() else batch
