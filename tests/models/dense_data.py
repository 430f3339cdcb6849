"""Numeric tables for the tests of models that learn from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from embedlab.models.contract.base import QuietContext
from embedlab.models.shared.dense_rows.split import NumberColumns, RowsSplit


def split_of(matrix: np.ndarray, *, n_validation: int = 0, n_test: int = 0, **metadata: list[str]) -> RowsSplit:
    """Return a table whose last rows are for the test, and those before them for validation."""
    n_rows, n_columns = matrix.shape
    keys = [f"r{row}" for row in range(n_rows)]
    train, validation, test = np.split(np.arange(n_rows), [n_rows - n_test - n_validation, n_rows - n_test])
    return RowsSplit(
        NumberColumns.of(matrix),
        tuple(f"c{column}" for column in range(n_columns)),
        keys,
        keys,
        pd.DataFrame(metadata, index=range(n_rows)),
        train,
        validation,
        test,
    )


def planted(n_rows: int = 400, n_columns: int = 10, n_hidden: int = 3, noise: float = 0.3) -> np.ndarray:
    """Return rows that are linear in a few hidden numbers, in different units."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(n_rows, n_hidden)) * np.arange(n_hidden, 0, -1)
    rows = hidden @ rng.normal(size=(n_hidden, n_columns)) + noise * rng.normal(size=(n_rows, n_columns))
    return rows * 10.0 ** np.arange(-3, n_columns - 3) + np.arange(n_columns)


def quiet(folder: Path) -> QuietContext:
    return QuietContext(folder)
