"""The import of a table: stream its rows to the disk, then recognize and convert one column after the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from embedlab.core.errors import InputError
from embedlab.core.files import storage_errors, write_json
from embedlab.core.kind import Counts
from embedlab.core.plain import one_line
from embedlab.core.progress import ReportProgress
from embedlab.kinds.base import Imported
from embedlab.kinds.columns.recognizing import ColumnReport
from embedlab.kinds.reading_report import Changes, ReadAs, report_of
from embedlab.kinds.table.columns import TARGET_REASON, TableColumn, array_file, described, write_column
from embedlab.kinds.table.dataset import COLUMNS_FILE, ROWS_FILE
from embedlab.kinds.table.options import ColumnChoice, TableOptions
from embedlab.kinds.table.reading import OpenTable, Skipped, column_cells, open_as_table, write_rows
from embedlab.kinds.table.target import Target, category_target, may_be_codes, number_target, target_type
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.table_columns import resolve_column

#: A table without a target needs rows to compare.
FEWEST_ROWS: Final = 2
_SHARE_READING: Final = 0.5


def import_table(
    kind: str, upload: OpenedUpload, options: TableOptions, folder: Path, report: ReportProgress
) -> Imported:
    """Import a table into the empty folder `folder`.

    Memory grows with the longest column, not with the table. After an error the folder is empty again.

    Returns
    -------
    Counts `rows`, `columns`, `values` (of categories that models get), `classes`, `words`, `numbers` (columns of
    numbers that models get); details `target`, `columns` and those of `reading_report.report_of`.

    Raises
    ------
    InputError
        The file is not a table, has too few rows, or its target cannot be predicted.
    NotFoundError
        The target or another chosen column does not exist.
    """
    try:
        return _import(kind, upload, options, folder, report)
    except BaseException:
        for file in folder.iterdir():
            file.unlink()
        raise


def chosen_types(names: list[str], options: TableOptions) -> dict[int, ColumnChoice]:
    """Return the types that the user chose by the number of their column; raises `NotFoundError` for an unknown one."""
    return {resolve_column(names, column): choice for column, choice in options.types.items()}


def target_number(names: list[str], options: TableOptions) -> int | None:
    """Return the number of the column of the target; raises `NotFoundError` if it does not exist."""
    return None if options.target is None else resolve_column(names, options.target)


def _import(kind: str, upload: OpenedUpload, options: TableOptions, folder: Path, report: ReportProgress) -> Imported:
    table = open_as_table(upload, options)
    # A column that does not exist is refused before the file is read.
    chosen_types(table.names, options), target_number(table.names, options)
    rows_path = folder / ROWS_FILE
    with storage_errors(rows_path):
        n_rows, skipped = write_rows(table, rows_path, lambda share, stage: report(_SHARE_READING * share, stage))
    if n_rows < FEWEST_ROWS:
        raise InputError(
            "The table has too few rows.", received=f"{n_rows} rows", remedy=f"It needs at least {FEWEST_ROWS}."
        )
    columns, target, is_code = _convert(table, rows_path, folder, options, report)
    with storage_errors(folder / COLUMNS_FILE):
        write_json(
            folder / COLUMNS_FILE,
            {
                "columns": [column.as_dict() for column in columns],
                "target": None if target is None else target.as_dict(),
            },
        )
    imported = Imported(
        kind,
        dict(counts_of(n_rows, columns, target)),
        _stored_options(table, options),
        [*_warnings(table, columns, target, n_rows, skipped), *([_codes_warning(target)] if is_code else [])],
        _details(kind, table, columns, target, skipped),
    )
    imported.save(folder)
    report(1.0, "describing")
    return imported


def _convert(
    table: OpenTable, rows_path: Path, folder: Path, options: TableOptions, report: ReportProgress
) -> tuple[list[TableColumn], Target | None, bool]:
    """Recognize and write one column after the other; return them, the target, and whether it may hold codes."""
    types = {**table.types, **chosen_types(table.names, options)}
    target_at = target_number(table.names, options)
    columns: list[TableColumn] = []
    target: Target | None = None
    is_code = False
    with pq.ParquetFile(rows_path) as rows:
        for number, name in enumerate(table.names):
            report(_SHARE_READING + (1 - _SHARE_READING) * number / len(table.names), "converting columns")
            cells = column_cells(rows, number)
            with storage_errors(folder / array_file(number)):
                if number == target_at:
                    column, found = described(number, name, cells, None)
                    wanted = target_type(found, options.target_type, name)
                    if wanted != column.type:
                        column, found = described(number, name, cells, wanted)
                    column = replace(column, is_used=False, reasons=(TARGET_REASON, *column.reasons))
                    write_column(folder, column, cells, found)
                    target = _target(folder, column, found, options)
                    if target.type == "number" and options.target_type is None:
                        is_code = may_be_codes(np.load(folder / array_file(number)))
                else:
                    column, found = described(number, name, cells, types.get(number))
                    write_column(folder, column, cells, found)
            columns.append(column)
    return columns, target, is_code


def counts_of(n_rows: int, columns: list[TableColumn], target: Target | None) -> Counts:
    """Return the counts of a table."""
    used = [column for column in columns if column.is_used]
    counts: dict[str, int | float] = {
        "rows": n_rows,
        "columns": len(columns),
        "values": sum(column.n_values for column in used if column.type == "category"),
    }
    if target is not None and target.n_classes:
        counts["classes"] = target.n_classes
    if any(column.type == "text" for column in used):
        counts["words"] = sum(column.n_words for column in used)
    if n_numbers := sum(column.type == "number" for column in used):
        counts["numbers"] = n_numbers
    return counts


def _target(folder: Path, column: TableColumn, found: ColumnReport, options: TableOptions) -> Target:
    array = np.load(folder / array_file(column.number), mmap_mode="r")
    if column.type == "number":
        return number_target(column.name, column.number, np.asarray(array), log=options.target_log)
    return category_target(column.name, column.number, np.asarray(array), found.n_values)


def _stored_options(table: OpenTable, options: TableOptions) -> dict[str, Any]:
    read = table.table_format
    stored = options.model_dump(mode="json")
    return {**stored, "layout": str(read.layout), "encoding": read.encoding, "has_header": read.has_header}


def _details(
    kind: str, table: OpenTable, columns: list[TableColumn], target: Target | None, skipped: Skipped
) -> dict[str, Any]:
    changes = Changes()
    changes.add(skipped.changes)
    if skipped.n_uneven:
        changes.leave_out("rows with too many or too few cells", skipped.examples[0], skipped.n_uneven)
    if skipped.n_blank:
        changes.leave_out("rows without any value", "a blank row", skipped.n_blank)
    read = table.table_format
    is_text = read.layout not in {Layout.PARQUET, Layout.EXCEL, Layout.SOUNDS}
    by_type: dict[str, list[str]] = {}
    for column in columns:
        by_type.setdefault(column.type if column.is_used else "not used", []).append(column.name)
    report = ReadAs(
        kind,
        str(read.layout),
        read.delimiter if read.layout == Layout.DELIMITED else None,
        read.has_header,
        read.encoding if is_text else None,
        by_type,
        table.assumptions,
    )
    return {
        "target": None if target is None else target.as_dict(),
        "columns": [column.as_dict() for column in columns],
        **report_of(report, changes),
    }


def _codes_warning(target: Target | None) -> str:
    name = one_line(target.name, 60) if target is not None else ""
    return (
        f"{name} has few different whole numbers, which models predict as numbers. If they are codes of classes, "
        "import the table again with the type of the target set to category."
    )


def _warnings(
    table: OpenTable, columns: list[TableColumn], target: Target | None, n_rows: int, skipped: Skipped
) -> list[str]:
    warnings = [table.renamed] if table.renamed else []
    if skipped.n_unreadable:
        listed = "; ".join(skipped.examples)
        more = ", and others" if skipped.n_unreadable > len(skipped.examples) else ""
        what = "sound" if skipped.n_unreadable == 1 else "sounds"
        warnings.append(f"{skipped.n_unreadable:,} {what} could not be read: {listed}{more}")
    if skipped.n_uneven:
        warnings.append(
            f"{skipped.n_uneven:,} rows have too many or too few cells and are left out, such as: {skipped.examples[0]}"
        )
    if skipped.n_blank:
        warnings.append(f"{skipped.n_blank:,} rows without any value are left out.")
    if skipped.n_repaired:
        warnings.append(f"{skipped.n_repaired:,} characters are not valid in the encoding of the file.")
    if target is not None and target.n_missing:
        warnings.append(f"{target.n_missing:,} of {n_rows:,} rows have no value of the target; no model uses them.")
    if target is not None and target.n_not_positive:
        warnings.append(
            f"{target.n_not_positive:,} rows have a target that is not positive, so it has no logarithm; no model uses "
            "them."
        )
    if not any(column.is_used for column in columns):
        warnings.append("No column can be used by a model: all are ids, constant, or left out.")
    return warnings
