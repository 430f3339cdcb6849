"""Sizes, time and memory of trainings on numeric tables, from the counts of the dataset."""

from __future__ import annotations

from embedlab.core.kind import Counts

#: Measured on a 2-core laptop-class machine: start of a training; memory of Python with pandas.
START_S = 2.0
START_MB = 250.0
#: Standardizing and encoding a number, in four passes.
_NUMBER_S = 1e-7
#: Key, label and metadata of a row, and their share of an index and of the scores.
_BYTES_OF_ROW = 550
_ROW_S = 7e-6


def dense_sizes(counts: Counts) -> tuple[int, int]:
    """Return the number of rows and of numeric columns."""
    return int(counts.get("rows", 0)), max(1, int(counts.get("numbers", 1)))


def dense_seconds(n_rows: int, n_columns: int) -> float:
    """Return the time for standardizing and encoding all rows."""
    return n_rows * (n_columns * _NUMBER_S + _ROW_S)


def table_mb(n_rows: int, vector_size: int) -> float:
    """Return the memory of the vectors of all rows with their keys, in MB."""
    return n_rows * (4 * vector_size + _BYTES_OF_ROW) / 1e6


def default_size(counts: Counts) -> int:
    """Return the default number of dimensions: half of the columns, from 2 to 16."""
    return min(16, max(2, dense_sizes(counts)[1] // 2))
