"""Standardization of columns, fitted in blocks of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.core.stored import damaged
from embedlab.kinds.columns.numbers import LARGEST_NUMBER
from embedlab.models.shared.dense_rows.split import Floats, Rows, RowsSplit, is_known

ScalingMethod = Literal["mean_std", "median_iqr"]

#: The interquartile range of a normal distribution in standard deviations.
#: Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", 1993.
_NORMAL_IQR = 1.3489795003921634
#: Standardized values are clipped here, so that their squares are finite in float32.
_LARGEST = 1e15
#: A smaller scale would make standardized values infinite.
_SMALLEST = 1e-100


@dataclass(frozen=True)
class Scaling:
    """Center and scale of each column.

    Parameters
    ----------
    center
        `(n_columns,)` float64 means or medians; 0 for a column without values.
    scale
        `(n_columns,)` float64 in the unit of the column; 0 for a column with fewer than two different values, which
        is standardized to 0.
    n_missing
        `(n_columns,)` int64 number of missing or infinite values among the rows it was fitted to.
    """

    center: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    n_missing: npt.NDArray[np.int64]

    @property
    def is_constant(self) -> npt.NDArray[np.bool_]:
        """Which columns have fewer than two different values."""
        constant: npt.NDArray[np.bool_] = self.scale == 0
        return constant

    def standardize(self, values: npt.NDArray[Any]) -> Floats:
        """Return `(n, n_columns)` float32 standardized values; 0, the center, for missing and infinite ones."""
        inverse = np.divide(1.0, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        with np.errstate(over="ignore", invalid="ignore"):
            standard = (np.asarray(values, np.float64) - self.center) * inverse
        standard[~is_known(values)] = 0
        np.clip(standard, -_LARGEST, _LARGEST, out=standard)
        return standard.astype(np.float32)

    def restore(self, standard: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return `(n, n_columns)` float64 values in the units of the columns."""
        values: npt.NDArray[np.float64] = np.asarray(standard, np.float64) * self.scale + self.center
        return values

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays of a state."""
        return {"center": self.center, "scale": self.scale, "n_missing": self.n_missing}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Read what `arrays` returned; raises `StorageError` if the arrays do not match."""
        try:
            center, scale, n_missing = (np.asarray(arrays[name]) for name in ("center", "scale", "n_missing"))
        except KeyError as error:
            raise damaged("state.json") from error
        usable = center.ndim == 1 and center.shape == scale.shape == n_missing.shape
        if not usable or not (np.isfinite(center).all() and np.isfinite(scale).all() and (scale >= 0).all()):
            raise damaged("center.npy")
        return cls(center.astype(np.float64), scale.astype(np.float64), n_missing.astype(np.int64))


def fit_scaling(data: RowsSplit, rows: Rows, method: ScalingMethod = "mean_std") -> Scaling:
    """Return center and scale of the columns of some rows.

    Parameters
    ----------
    data
        The table.
    rows
        `(n,)` rows to fit to.
    method
        `mean_std`: mean and standard deviation (of the population, as scikit-learn's `StandardScaler`); `median_iqr`:
        median and interquartile range, divided by 1.349 so that it equals the standard deviation of normal data. Where
        the range is 0 but the values differ, it is the standard deviation.

    Raises
    ------
    InputError
        There are fewer than two rows, or no column has two different values.
    """
    if len(rows) < 2:
        raise InputError(
            "There are too few rows to learn from.", received=len(rows), remedy="Import a table with more rows."
        )
    n_columns = len(data.columns)
    count, total = np.zeros(n_columns, np.int64), np.zeros(n_columns)
    lowest, highest = np.full(n_columns, np.inf), np.full(n_columns, -np.inf)
    for block in data.blocks(rows):
        known = is_known(block)
        count += known.sum(axis=0)
        total += np.where(known, block, 0).sum(axis=0)
        lowest = np.minimum(lowest, np.where(known, block, np.inf).min(axis=0))
        highest = np.maximum(highest, np.where(known, block, -np.inf).max(axis=0))
    differs = lowest < highest
    if not differs.any():
        raise _nothing_varies(n_columns, len(rows))
    center = total / np.maximum(count, 1)
    squares = np.zeros(n_columns)
    for block in data.blocks(rows):
        deviation = np.where(is_known(block), block - center, 0)
        squares += np.square(deviation).sum(axis=0)
    scale = np.where(differs, np.sqrt(squares / np.maximum(count, 1)), 0.0)
    if method == "median_iqr":
        for column in np.flatnonzero(differs).tolist():
            values = np.asarray(data.values.arrays[column][rows], np.float64)
            low, center[column], high = np.percentile(values[is_known(values)], [25, 50, 75])
            if high > low:
                scale[column] = (high - low) / _NORMAL_IQR
    scale[scale < _SMALLEST] = 0
    if not (scale > 0).any():
        raise _nothing_varies(n_columns, len(rows))
    # The mean of equal numbers may differ from them in the last digit.
    center = np.where(differs | (count == 0), center, lowest)
    return Scaling(center, scale, len(rows) - count)


def _nothing_varies(n_columns: int, n_rows: int) -> InputError:
    return InputError(
        "No numeric column has two different values.",
        received=f"{n_columns} columns, {n_rows:,} rows",
        remedy=f"Import a table with numeric columns that vary, by more than {_SMALLEST:g} and within "
        f"{LARGEST_NUMBER:g}.",
    )
