"""The columns of a table as numbers and codes: recognized, converted, and written one at a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.stored import damaged
from embedlab.kinds.columns.dates import parse_dates
from embedlab.kinds.columns.missing import is_missing
from embedlab.kinds.columns.numbers import parse_numbers
from embedlab.kinds.columns.recognizing import VARIABLE_TYPES, ColumnReport, VariableType, recognize_column
from embedlab.kinds.table.options import ColumnChoice

#: Code of a missing value.
MISSING: Final = -1
#: The first reason of the target's column.
TARGET_REASON: Final = "The target."


@dataclass(frozen=True)
class TableColumn:
    """One column of a table.

    Parameters
    ----------
    number, name
        0-based position in the file, and name.
    type
        `category`, `number`, `text`, `date` or `id`.
    is_used
        Whether models get it; the target, ids and columns that are left out only describe the rows.
    reasons
        Plain sentences: why it is this type, and what is unusual.
    n_values, n_missing
        Number of distinct values and of missing cells.
    n_words
        Number of words of a text column; 0 for others.
    """

    number: int
    name: str
    type: VariableType
    is_used: bool
    reasons: tuple[str, ...] = ()
    n_values: int = 0
    n_missing: int = 0
    n_words: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "reasons": list(self.reasons)}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> TableColumn:
        """Read what `as_dict` returned; raises `StorageError` if a value has another type."""
        column = cls(**{**stored, "reasons": tuple(stored["reasons"])})
        are_counts = all(type(count) is int for count in (column.number, column.n_values, column.n_missing))
        if column.type not in VARIABLE_TYPES or not isinstance(column.name, str) or not are_counts:
            raise damaged("columns.json")
        return column


def described(
    number: int, name: str, cells: pd.Series[str], choice: ColumnChoice | None
) -> tuple[TableColumn, ColumnReport]:
    """Return a column with the type that the user chose or its cells show."""
    report = recognize_column(cells, name, None if choice == "left-out" else choice)
    reasons = tuple(report.reasons)
    if choice == "left-out":
        reasons = ("Left out by you: it describes the rows, and models do not get it.", *reasons)
    n_words = int((cells.str.count(r"\s+") + 1).sum()) if report.type == "text" else 0
    is_used = report.is_used and choice != "left-out"
    return TableColumn(number, name, report.type, is_used, reasons, report.n_values, report.n_missing, n_words), report


def array_file(number: int) -> str:
    """Return the name of the file of a column's numbers, codes or dates."""
    return f"column_{number}.npy"


def values_file(number: int) -> str:
    """Return the name of the file of the distinct values of a column of categories."""
    return f"values_{number}.parquet"


def write_column(folder: Path, column: TableColumn, cells: pd.Series[str], report: ColumnReport) -> None:
    """Write the numbers, codes or dates of a column; texts and ids stay in the file of the rows."""
    path = folder / array_file(column.number)
    if column.type == "number":
        np.save(path, parse_numbers(cells.mask(is_missing(cells)), decimal_comma=report.decimal_comma))
    elif column.type == "date":
        dates = np.full(len(cells), np.datetime64("NaT"), "datetime64[s]")
        if report.date_format is not None:
            dates = parse_dates(cells, report.date_format)
        np.save(path, dates.astype(np.int64))
    elif column.type == "category":
        codes, values = category_codes(cells)
        np.save(path, codes)
        values.to_parquet(folder / values_file(column.number), index=False)


def category_codes(cells: pd.Series[str]) -> tuple[npt.NDArray[np.int32], pd.DataFrame]:
    """Return the `(n,)` int32 codes of cells, `MISSING` where missing, and the table `value`, `count` of the codes.

    The most frequent value has code 0; ties are in the order of the text.
    """
    filled = cells.str.strip().mask(is_missing(cells))
    counts = filled.value_counts(sort=False)
    table = pd.DataFrame({"value": counts.index.astype(str), "count": counts.to_numpy(np.int64)})
    table = table.sort_values(["count", "value"], ascending=[False, True], ignore_index=True)
    codes = pd.Index(table["value"]).get_indexer(filled.fillna("")).astype(np.int32)
    codes[filled.isna().to_numpy(bool)] = MISSING
    return codes, table
