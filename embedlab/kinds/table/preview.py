"""What the first rows of a table show before it is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from embedlab.core.errors import InputError
from embedlab.core.kind import Counts
from embedlab.kinds.columns.missing import is_missing
from embedlab.kinds.columns.numbers import parse_numbers, uses_decimal_comma
from embedlab.kinds.table.columns import TARGET_REASON, TableColumn, category_codes, described
from embedlab.kinds.table.importing import chosen_types, counts_of, target_number
from embedlab.kinds.table.options import TableOptions
from embedlab.kinds.table.reading import first_rows, open_as_table
from embedlab.kinds.table.target import Target, category_target, number_target, target_type
from embedlab.reading.opened import OpenedUpload

_ROWS_READ: Final = 20_000
ROWS_SHOWN: Final = 20


@dataclass(frozen=True)
class TablePreview:
    """The first rows of a table, at most 20,000, or a few from all over an archive of sounds.

    Parameters
    ----------
    counts
        As an import counts them, of these rows; of sounds, `rows` counts all files.
    names, rows
        Names of all columns, and the first 20 rows as text.
    columns
        The columns with their types.
    target
        What is predicted; None without a target, or if these rows do not show that it can be.
    problem
        Why the target cannot be predicted, as far as these rows show; empty if it can.
    is_complete
        Whether these are all rows.
    n_read
        Number of rows that were read.
    renamed
        A sentence about columns whose names are empty or repeated in the file; empty if there are none.
    """

    counts: Counts
    names: list[str]
    rows: list[list[str]]
    columns: list[TableColumn]
    target: Target | None
    problem: str
    is_complete: bool
    n_read: int
    renamed: str = ""


def preview_table(upload: OpenedUpload, options: TableOptions) -> TablePreview:
    """Read the first rows of a file and describe its columns; raises as `import_table`."""
    table = open_as_table(upload, options)
    types = {**table.types, **chosen_types(table.names, options)}
    target_at = target_number(table.names, options)
    cells, is_complete = first_rows(table, _ROWS_READ)
    columns, target, problem = [], None, ""
    for number, name in enumerate(table.names):
        column, report = described(number, name, cells[name], types.get(number) if number != target_at else None)
        if number == target_at:
            try:
                wanted = target_type(report, options.target_type, name)
                target = _target(column, cells[name], wanted, options)
            except InputError as error:
                problem = str(error)
            column = TableColumn(number, name, column.type, False, (TARGET_REASON, *column.reasons), column.n_values)
        columns.append(column)
    rows = [[str(cell) for cell in row] for row in cells.head(ROWS_SHOWN).itertuples(index=False)]
    n_rows = len(cells) if table.sounds is None else len(table.sounds.files)
    return TablePreview(
        counts_of(n_rows, columns, target),
        table.names,
        rows,
        columns,
        target,
        problem,
        is_complete,
        len(cells),
        table.renamed,
    )


def _target(column: TableColumn, cells: pd.Series[str], wanted: str, options: TableOptions) -> Target:
    if wanted == "number":
        numbers = parse_numbers(cells.mask(is_missing(cells)), decimal_comma=uses_decimal_comma(cells))
        return number_target(column.name, column.number, numbers, log=options.target_log)
    codes, values = category_codes(cells)
    return category_target(column.name, column.number, codes, len(values))
