"""An imported table, opened lazily: columns as arrays that are mapped from the disk when they are first needed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from embedlab.core.errors import InputError, NotFoundError
from embedlab.core.files import read_json
from embedlab.core.stored import damage_errors, damaged, read_array, read_table
from embedlab.kinds.base import Imported
from embedlab.kinds.columns.dates import DateParts, date_parts
from embedlab.kinds.table.columns import TableColumn, array_file, values_file
from embedlab.kinds.table.target import Target

ROWS_FILE: Final = "rows.parquet"
COLUMNS_FILE: Final = "columns.json"


@dataclass(frozen=True)
class NumericMatrix:
    """The columns of numbers of a table, without missing values.

    Parameters
    ----------
    values
        `(n_rows, n_columns)` float32; a missing number is the mean of its column.
    columns
        Names of the columns.
    means
        `(n_columns,)` float64: the means that replace missing numbers.
    missing
        `(n_rows, n_columns)` bool: which numbers were missing.
    """

    values: npt.NDArray[np.float32]
    columns: tuple[str, ...]
    means: npt.NDArray[np.float64]
    missing: npt.NDArray[np.bool_]

    @property
    def n_missing(self) -> npt.NDArray[np.int64]:
        """`(n_columns,)` int64 numbers of missing values by column."""
        return np.asarray(self.missing.sum(axis=0), np.int64)


class TableDataset:
    """A table in the folder of its dataset. Create it with `open`.

    Attributes
    ----------
    folder, imported
        The folder, and what the import found.
    columns
        All columns in the order of the file.
    target
        What is predicted; None for a table without a target.
    """

    def __init__(
        self, folder: Path, imported: Imported, columns: tuple[TableColumn, ...], target: Target | None
    ) -> None:
        self.folder = folder
        self.imported = imported
        self.columns = columns
        self.target = target
        self._by_name = {column.name: column for column in columns}

    @classmethod
    def open(cls, folder: Path) -> TableDataset:
        """Open what an import wrote; raises `StorageError` if it is missing or damaged."""
        imported = Imported.load(folder)
        stored = read_json(folder / COLUMNS_FILE)
        with damage_errors(COLUMNS_FILE):
            columns = tuple(TableColumn.from_dict(each) for each in stored["columns"])
            target = None if stored["target"] is None else Target(**stored["target"])
            names = {column.name for column in columns}
            if len(names) != len(columns) or (target is not None and target.name not in names):
                raise damaged(COLUMNS_FILE)
            if not isinstance(imported.counts["rows"], int):
                raise damaged(COLUMNS_FILE)
            if _n_rows(folder / ROWS_FILE) != imported.counts["rows"]:
                raise damaged(ROWS_FILE)
        return cls(folder, imported, columns, target)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.imported.counts["rows"])

    @property
    def used(self) -> tuple[TableColumn, ...]:
        """The columns that models get: neither the target nor ids, and none that is constant or left out."""
        return tuple(column for column in self.columns if column.is_used)

    def used_of(self, kind: str) -> tuple[TableColumn, ...]:
        """Return the columns of a type that models get."""
        return tuple(column for column in self.used if column.type == kind)

    def column(self, name: str) -> TableColumn:
        """Return a column by its name; raises `NotFoundError` if there is none."""
        try:
            return self._by_name[name]
        except KeyError:
            raise NotFoundError("The table has no such column.", received=name) from None

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """Return the `(n_rows,)` float64 numbers of a column, NaN where missing; mapped from the disk."""
        return self._array(name, "number", "f")

    def category_codes(self, name: str) -> npt.NDArray[np.int32]:
        """Return the `(n_rows,)` int32 codes of a column of categories, -1 where missing; mapped from the disk."""
        codes = self._array(name, "category", "i")
        values = values_file(self.column(name).number)
        with damage_errors(values):
            n_values = _n_rows(self.folder / values)
        if len(codes) and not -1 <= codes.min() <= codes.max() < n_values:
            raise damaged(array_file(self.column(name).number))
        return codes

    def category_values(self, name: str) -> pd.DataFrame:
        """Return the values of a column of categories in the order of their codes: `value` and `count`."""
        path = self.folder / values_file(self._of_type(name, "category").number)
        return read_table(path, {"value": "text", "count": "number"})

    def dates(self, name: str) -> npt.NDArray[np.datetime64]:
        """Return the `(n_rows,)` datetime64[s] of a column of dates, NaT where missing."""
        return self._array(name, "date", "i").astype("datetime64[s]")

    def date_parts(self, name: str) -> DateParts:
        """Return year, month and weekday of a column of dates."""
        return date_parts(self.dates(name))

    def texts(self, name: str) -> pd.Series[str]:
        """Return the cells of any column as text, as they are in the file."""
        number = self.column(name).number
        with damage_errors(ROWS_FILE):
            cells: pd.Series[str] = pq.read_table(self.folder / ROWS_FILE, columns=[str(number)]).column(0).to_pandas()
        if len(cells) != self.n_rows:
            raise damaged(ROWS_FILE)
        return cells

    def first_rows(self, n_rows: int) -> pd.DataFrame:
        """Return the cells of at most `n_rows` rows as text, in the columns of the file."""
        with damage_errors(ROWS_FILE):
            batch = next(pq.ParquetFile(self.folder / ROWS_FILE).iter_batches(n_rows))
            cells: pd.DataFrame = batch.to_pandas().set_axis([column.name for column in self.columns], axis=1)
            return cells

    def numeric_matrix(self, train_rows: npt.NDArray[np.intp] | None = None) -> NumericMatrix:
        """Return the columns of numbers that models get as one matrix, missing numbers replaced by means.

        Parameters
        ----------
        train_rows
            The rows from which the means are computed; all rows if left out. A mean of no number is 0.

        Raises
        ------
        InputError
            The table has no column of numbers.
        """
        columns = self.used_of("number")
        if not columns:
            raise InputError(
                "The table has no column of numbers.",
                received=", ".join(column.name for column in self.columns[:20]),
                remedy="Import it again, and set the type of a column to number.",
            )
        values = np.empty((self.n_rows, len(columns)), np.float32)
        missing = np.zeros(values.shape, bool)
        means = np.zeros(len(columns))
        for place, column in enumerate(columns):
            numbers = self.numbers(column.name)
            known = np.asarray(numbers if train_rows is None else numbers[train_rows])
            known = known[np.isfinite(known)]
            means[place] = known.mean() if len(known) else 0.0
            missing[:, place] = ~np.isfinite(numbers)
            values[:, place] = np.where(missing[:, place], means[place], numbers)
        return NumericMatrix(values, tuple(column.name for column in columns), means, missing)

    @cached_property
    def row_keys(self) -> list[str]:
        """A key for each row, all different: the first column of ids if they are, else the number of the row from 0."""
        for column in self.columns:
            if column.type == "id" and column.n_missing == 0 and column.n_values == self.n_rows:
                keys = self.texts(column.name).str.strip()
                if keys.is_unique:
                    return keys.astype(str).tolist()
        return [str(row) for row in range(self.n_rows)]

    def metadata(self, names: Collection[str] | None = None) -> pd.DataFrame:
        """Return what describes the rows, for colors and filters: all columns but texts, by their names.

        With `names`, only these columns are read.

        Categories and ids are text (missing: empty), numbers float64, dates text such as `2014-10-13`. The target is
        the first column.
        """
        ordered = sorted(self.columns, key=lambda column: self.target is None or column.name != self.target.name)
        return pd.DataFrame(
            {
                column.name: self._described(column)
                for column in ordered
                if column.type != "text" and (names is None or column.name in names)
            },
            index=range(self.n_rows),
        )

    @cached_property
    def target_numbers(self) -> npt.NDArray[np.float64]:
        """The `(n_rows,)` float64 target in original units, NaN where missing; raises `InputError` without one."""
        return self.numbers(self._target_of("number").name)

    @cached_property
    def target_codes(self) -> npt.NDArray[np.int32]:
        """The `(n_rows,)` int32 classes of the target, -1 where missing; raises `InputError` without one."""
        return self.category_codes(self._target_of("category").name)

    @cached_property
    def classes(self) -> list[str]:
        """The names of the classes in the order of their codes."""
        values: list[str] = self.category_values(self._target_of("category").name)["value"].tolist()
        return values

    @cached_property
    def labeled_rows(self) -> npt.NDArray[np.intp]:
        """The rows that have a target; raises `InputError` if the table has none."""
        if self.target is None:
            raise no_target(self.imported.kind)
        if self.target.type == "number":
            return np.flatnonzero(np.isfinite(self.target.scaled(self.target_numbers)))
        return np.flatnonzero(self.target_codes >= 0)

    def _target_of(self, kind: str) -> Target:
        if self.target is None or self.target.type != kind:
            raise no_target(kind)
        return self.target

    def _of_type(self, name: str, kind: str) -> TableColumn:
        column = self.column(name)
        if column.type != kind:
            raise InputError(f"This column is not of the type {kind}.", received=f"{name}: {column.type}")
        return column

    def _array(self, name: str, kind: str, letters: str) -> npt.NDArray[Any]:
        path = self.folder / array_file(self._of_type(name, kind).number)
        array = read_array(path, letters, n_dimensions=1)
        if len(array) != self.n_rows:
            raise damaged(path.name)
        return array

    def _described(self, column: TableColumn) -> Any:
        if column.type == "number":
            return np.asarray(self.numbers(column.name))
        if column.type == "category":
            values = np.append(self.category_values(column.name)["value"].to_numpy(object), "")
            return values[self.category_codes(column.name)]
        if column.type == "date":
            dates = self.dates(column.name)
            return np.where(np.isnat(dates), "", np.datetime_as_string(dates, unit="D")).astype(object)
        return self.texts(column.name).str.strip().to_numpy(object)


def _n_rows(path: Path) -> int:
    """Return the number of rows of a Parquet file."""
    return int(pq.read_metadata(path).num_rows)


def no_target(received: str) -> InputError:
    """Return the error for a table that has no target of the kind that is needed."""
    return InputError(
        "The table has no target to predict.",
        received=received,
        remedy="Import it again with a target: the column to predict.",
    )
