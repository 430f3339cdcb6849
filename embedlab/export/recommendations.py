"""Recommendations and predictions as CSV and Parquet, written in batches of bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from embedlab.core.errors import ParameterError
from embedlab.core.plain import spreadsheet_safe
from embedlab.exploration.new_things.recommender import Batch, Recommended, Recommender, Wish
from embedlab.export.staging import staged_export

#: File endings of the formats.
SUFFIXES: Final = (".csv", ".parquet")
_LIST_SCHEMA: Final = pa.schema(
    [("rank", pa.int32()), ("item", pa.string()), ("label", pa.string()), ("score", pa.float32())]
)
_SCHEMA: Final = pa.schema([pa.field("user", pa.string()), *_LIST_SCHEMA])


def write_all_recommendations(
    recommender: Recommender,
    out: Path,
    wish: Wish | None = None,
    *,
    users: Sequence[str] | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the recommendations of all users: `user, rank, item, label, score`, the users in the dataset's order.

    Parameters
    ----------
    out
        A file with one of `SUFFIXES`. In CSV, text that a spreadsheet would evaluate as a formula gets a leading
        apostrophe. An existing file is replaced, and only when everything is written.
    wish
        What to recommend to each.
    users
        Keys of users; by default all.
    on_progress
        Called after each batch with the number of rows written so far.

    Returns
    -------
    Number of rows. A user for whom nothing is left has none.

    Raises
    ------
    ParameterError
        The name has another ending.
    NotFoundError
        There is no such user.
    InputError, StorageError
        The wish cannot be fulfilled, or the file cannot be written.
    """
    rows = None if users is None else np.array([recommender.user_row(key) for key in users], np.int32)
    user_keys = np.asarray(recommender.dataset.user_keys, dtype=object)
    item_keys = np.asarray(recommender.dataset.item_keys, dtype=object)
    labels = np.asarray(recommender.catalog.labels, dtype=object)

    def table(batch: Batch) -> pa.Table:
        columns = [user_keys[batch.users], batch.ranks, item_keys[batch.items], labels[batch.items], batch.scores]
        return pa.table(
            [pa.array(each, field.type) for each, field in zip(columns, _SCHEMA, strict=True)], schema=_SCHEMA
        )

    return _write(map(table, recommender.recommend_all(wish, rows)), _SCHEMA, out, on_progress)


def write_recommendations(found: Sequence[Recommended], out: Path) -> int:
    """Write one list of recommendations: `rank, item, label, score`; otherwise as `write_all_recommendations`."""
    columns = [
        list(range(1, len(found) + 1)),
        [each.key for each in found],
        [each.label for each in found],
        [each.score for each in found],
    ]
    arrays = [pa.array(each, field.type) for each, field in zip(columns, _LIST_SCHEMA, strict=True)]
    return write_tables([pa.table(arrays, schema=_LIST_SCHEMA)], _LIST_SCHEMA, out)


def write_tables(tables: Iterable[pa.Table], schema: pa.Schema, out: Path) -> int:
    """Write tables one after the other into one CSV or Parquet file; return the number of rows.

    Raises
    ------
    ParameterError
        The name has another ending than `SUFFIXES`.
    """
    return _write(tables, schema, out, lambda _: None)


def _write(tables: Iterable[pa.Table], schema: pa.Schema, out: Path, on_progress: Callable[[int], None]) -> int:
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES:
        raise ParameterError(
            "The ending of the file name chooses the format.",
            received=out.name,
            remedy=f"End it with {' or '.join(SUFFIXES)}.",
        )
    n_rows = 0
    with staged_export(out) as (path, _), closing(_writer(path, schema, suffix)) as writer:
        for table in _safe(tables) if suffix == ".csv" else tables:
            writer.write_table(table)
            n_rows += table.num_rows
            on_progress(n_rows)
    return n_rows


def _writer(path: Path, schema: pa.Schema, suffix: str) -> Any:
    if suffix == ".parquet":
        return pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")
    return pyarrow.csv.CSVWriter(str(path), schema, write_options=pyarrow.csv.WriteOptions(quoting_style="needed"))


def _safe(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    for table in tables:
        columns = [
            pa.array([None if text is None else spreadsheet_safe(text) for text in column.to_pylist()], pa.string())
            if pa.types.is_string(column.type)
            else column
            for column in table.columns
        ]
        yield pa.table(columns, schema=table.schema)
