"""A numeric table as split for a training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.kinds.columns.numbers import LARGEST_NUMBER

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

#: Numbers of a block in memory at a time (8 MB of float64).
_MOST_NUMBERS = 1 << 20


def is_known(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return which numbers count: those that are neither missing nor infinite, nor larger than `LARGEST_NUMBER`."""
    known: npt.NDArray[np.bool_] = np.abs(values) <= LARGEST_NUMBER
    return known


def row_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Yield slices of at most a million numbers, so that memory does not grow with the number of rows."""
    step = max(1, _MOST_NUMBERS // max(1, n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, min(n_rows, start + step))


@dataclass(frozen=True)
class NumberColumns:
    """Columns of numbers that are mapped from the disk, and rows of them on demand: the table is never in memory.

    Parameters
    ----------
    arrays
        An `(n_rows,)` array of numbers for each column, NaN for a missing value.
    """

    arrays: Sequence[npt.NDArray[Any]]

    @classmethod
    def of(cls, matrix: npt.NDArray[Any]) -> Self:
        """Return the columns of a matrix `(n_rows, n_columns)`."""
        return cls(list(matrix.T))

    def rows(self, rows: Rows | slice) -> Numbers:
        """Return a copy of some rows, `(n, n_columns)` float64."""
        return np.column_stack([np.asarray(array[rows], np.float64) for array in self.arrays])


@dataclass(frozen=True)
class RowsSplit:
    """All rows of a numeric table, and which of them are for training, validation and test.

    Parameters
    ----------
    values
        The numbers; NaN for a missing value.
    columns
        Names of the columns.
    keys, labels
        Unique key and display name of each row.
    metadata
        The columns that are not numbers to learn from, one row each.
    train, validation, test
        `(n,)` int64 rows, ascending. A model gets the test part empty: it may encode these rows, but must not learn
        from them.
    """

    values: NumberColumns
    columns: Sequence[str]
    keys: Sequence[str]
    labels: Sequence[str]
    metadata: pd.DataFrame
    train: Rows
    validation: Rows
    test: Rows

    @property
    def known(self) -> Rows:
        """The rows that a model may learn from in the end: training and validation."""
        return np.sort(np.concatenate([self.train, self.validation]))

    def without_test(self) -> RowsSplit:
        """Return the split with an empty test part: what a model may use."""
        return replace(self, test=self.test[:0])

    def blocks(self, rows: Rows) -> Iterator[Numbers]:
        """Yield copies of the values of some rows, block by block."""
        for block in row_blocks(len(rows), len(self.columns)):
            yield self.values.rows(rows[block])
