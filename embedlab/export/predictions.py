"""Predictions for pairs of a user and an item: a table is read and written in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from embedlab.core.errors import InputError
from embedlab.exploration.new_things.recommender import Recommender
from embedlab.export.recommendations import write_tables
from embedlab.models.contract.abilities import Rates
from embedlab.reading.delimited import open_table
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

#: Pairs predicted at a time.
_PAIRS_PER_BATCH: Final = 100_000


@dataclass
class Written:
    """How much was written.

    Parameters
    ----------
    n_rows
        Number of pairs.
    n_unknown_users, n_unknown_items
        Number of pairs whose user or item is not in the dataset.
    """

    n_rows: int = 0
    n_unknown_users: int = 0
    n_unknown_items: int = 0


def write_predictions(recommender: Recommender, file: Path, out: Path, limits: Limits) -> Written:
    """Write a table of pairs with their prediction: `user, item, prediction`, or `score` for a run that only ranks.

    Parameters
    ----------
    file
        A table in any layout that can be imported; the columns are named user and item, or are the first two.
    out
        A file that ends with `.csv` or `.parquet`.
    limits
        Bounds on what is opened.

    Raises
    ------
    InputError
        The file is not a table of at least two columns.
    ParameterError, StorageError
        `out` has another ending or cannot be written.
    """
    upload = OpenedUpload(file, limits)
    sample = upload.table
    if sample is None or len(sample.names) < 2:
        raise InputError(
            "The file is not a table with users and items.",
            received=file.name,
            remedy="Choose a table with the columns user and item.",
        )
    columns = _columns(sample.names)
    name = "prediction" if recommender.ability(Rates) is not None else "score"
    schema = pa.schema([("user", pa.string()), ("item", pa.string()), (name, pa.float32())])
    written = Written()
    row_of_user = {key: row for row, key in enumerate(recommender.dataset.user_keys)}
    row_of_item = recommender.catalog.key_to_index

    def tables() -> Iterator[pa.Table]:
        with open_table(upload, sample.table_format, columns, limits) as table:
            for users, items in _chunks(batch for batch in table.batches()):
                user_rows, item_rows = _rows(users, row_of_user), _rows(items, row_of_item)
                written.n_rows += len(users)
                written.n_unknown_users += int((user_rows < 0).sum())
                written.n_unknown_items += int((item_rows < 0).sum())
                predicted = recommender.predict(user_rows, item_rows)
                scores = pa.array(predicted, pa.float32(), from_pandas=True)
                yield pa.table([pa.array(users, pa.string()), pa.array(items, pa.string()), scores], schema=schema)

    write_tables(tables(), schema, out)
    return written


def _columns(names: Sequence[str]) -> list[str | int]:
    lowered = [name.strip().lower() for name in names]
    if "user" in lowered and "item" in lowered:
        return [lowered.index("user"), lowered.index("item")]
    return [0, 1]


def _chunks(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[list[str], list[str]]]:
    users: list[str] = []
    items: list[str] = []
    for batch in batches:
        users += [text.strip() for text in batch.column(0).to_pylist()]
        items += [text.strip() for text in batch.column(1).to_pylist()]
        if len(users) >= _PAIRS_PER_BATCH:
            yield users, items
            users, items = [], []
    if users:
        yield users, items


def _rows(keys: Sequence[str], row_of_key: dict[str, int]) -> npt.NDArray[np.int32]:
    return np.array([row_of_key.get(key, -1) for key in keys], np.int32)
