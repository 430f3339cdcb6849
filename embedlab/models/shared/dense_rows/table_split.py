"""The columns of numbers of an imported table, split for a training."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN
from embedlab.core.errors import InputError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings.splits import split_rows
from embedlab.kinds.table.dataset import TableDataset
from embedlab.models.shared.dense_rows.split import NumberColumns, RowsSplit

#: Fewer rows cannot be split into three parts.
FEWEST_ROWS: Final = 5
#: Numbers of columns that describe the rows, for the colors of maps: 20 MB of float32.
MOST_DESCRIBED_NUMBERS: Final = 5_000_000


def rows_split(dataset: TableDataset, protocol: Protocol) -> RowsSplit:
    """Return the columns of numbers that models get, and the rows of the parts.

    Raises
    ------
    InputError
        The table has no column of numbers, or fewer than `FEWEST_ROWS` rows.
    """
    columns = dataset.used_of("number")
    if not columns:
        raise InputError(
            "The table has no column of numbers.",
            received=", ".join(column.name for column in dataset.columns[:20]),
            remedy="Import it again, and set the type of a column to number.",
        )
    if dataset.n_rows < FEWEST_ROWS:
        raise InputError(
            "The table has too few rows to split.",
            received=f"{dataset.n_rows} rows",
            remedy=f"It needs at least {FEWEST_ROWS}.",
        )
    parts = split_rows(dataset.n_rows, protocol.seed, protocol.validation_share, protocol.test_share)
    train, validation, test = (part.astype(np.int64) for part in parts)
    return RowsSplit(
        NumberColumns([dataset.numbers(column.name) for column in columns]),
        tuple(column.name for column in columns),
        dataset.row_keys,
        dataset.row_keys,
        described_rows(dataset),
        train,
        validation,
        test,
    )


def described_rows(dataset: TableDataset) -> pd.DataFrame:
    """Return what describes the rows, for colors and filters: categories, as many numbers as fit, dates and ids.

    A category that is the target comes first. Names that embeddings reserve get a line after them.
    """
    types = {column.name: column.type for column in dataset.columns}
    target = None if dataset.target is None else dataset.target.name
    numbers = [name for name, kind in types.items() if kind == "number"]
    shown = set(numbers[: MOST_DESCRIBED_NUMBERS // max(1, dataset.n_rows)])
    ordered = [
        name
        for wanted in ("category", "number", "date", "id")
        for name in sorted(types, key=lambda name: name != target)
        if types[name] == wanted and (wanted != "number" or name in shown)
    ]
    described = dataset.metadata(ordered)[ordered]
    for name in shown:
        with np.errstate(over="ignore"):
            numbers_of = described[name].astype(np.float32)
        described[name] = numbers_of.where(np.isfinite(numbers_of))
    return described.set_axis(_free_names(ordered), axis=1)


def _free_names(names: list[str]) -> list[str]:
    known, free = {*names, KEY_COLUMN, LABEL_COLUMN}, []
    for name in names:
        new = name
        while new in (KEY_COLUMN, LABEL_COLUMN) or (new != name and new in known):
            new += "_"
        free.append(new)
    return free
