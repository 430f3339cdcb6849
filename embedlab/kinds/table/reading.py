"""The rows of a file as columns of text: its format, and streaming them into a Parquet file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from embedlab.core.errors import InputError
from embedlab.core.progress import ReportProgress
from embedlab.kinds.table.options import TableOptions
from embedlab.reading.delimited import open_table, read_head
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.tables.table_format import TableFormat

_FORMAT_FIELDS: Final = ("delimiter", "has_header", "quoting", "skip_lines", "one_line", "sheet")
_BYTES_OF_A_GROUP: Final = 32 * 1024**2


@dataclass(frozen=True)
class OpenTable:
    """A file as a table: the opened upload in the chosen encoding, its format, and the names of its columns.

    `renamed` is a sentence about columns whose names are empty or repeated in the file; empty if there are none.
    """

    upload: OpenedUpload
    table_format: TableFormat
    names: list[str]
    renamed: str = ""


@dataclass
class Skipped:
    """Rows that are not imported: those with another number of cells than the header, and those without any value."""

    n_uneven: int = 0
    examples: list[str] = field(default_factory=list)
    n_blank: int = 0
    n_repaired: int = 0


def open_as_table(upload: OpenedUpload, options: TableOptions) -> OpenTable:
    """Return a file as a table in the format of the options; what they leave out is detected.

    Raises
    ------
    InputError
        The file is empty, binary, damaged, or not a table.
    """
    upload = upload.of_member(options.member)
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
    return OpenTable(upload, table_format, names, renamed)


def write_rows(table: OpenTable, path: Path, report: ReportProgress) -> tuple[int, Skipped]:
    """Stream all rows into a Parquet file of text columns named `0`, `1`, ...; return their number."""
    schema = pa.schema([(str(number), pa.large_string()) for number in range(len(table.names))])
    skipped, n_rows = Skipped(), 0
    waiting: list[pa.RecordBatch] = []
    with (
        open_table(table.upload, table.table_format, list(range(len(table.names))), table.upload.limits) as opened,
        pq.ParquetWriter(path, schema, compression="zstd") as writer,
    ):

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
        skipped.n_uneven, skipped.examples = opened.n_bad_rows, list(opened.bad_row_examples)
        skipped.n_repaired = opened.n_repaired
    return n_rows, skipped


def first_rows(table: OpenTable, n_rows: int) -> tuple[pd.DataFrame, bool]:
    """Return at most `n_rows` rows as text, and whether these are all."""
    parts, n_read, is_all = [], 0, True
    with open_table(table.upload, table.table_format, list(range(len(table.names))), table.upload.limits) as opened:
        for batch in opened.batches():
            filled = _filled(batch)
            parts.append(filled)
            n_read += filled.num_rows
            if n_read >= n_rows:
                is_all = n_read == n_rows and opened.share_read >= 1.0
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
