"""Vectors in a Parquet table: a column of keys, and one column of lists or a column for each dimension."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN, Vectors
from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.kinds.vectors.formats import LARGEST_VECTOR_SIZE, check_amount, check_vector_size
from embedlab.kinds.vectors.keyed_rows import KeyedRows
from embedlab.kinds.vectors.rows import Tick
from embedlab.reading.cells import array_text
from embedlab.reading.column_names import names_of
from embedlab.reading.parquet_files import batches, open_parquet
from embedlab.reading.sources import Limits, StoredFile

_BATCH_ROWS: Final = 8192
_KEY_NAMES: Final = names_of("vector key")
_VECTOR_NAMES: Final = names_of("vector")
_MOST_METADATA_COLUMNS: Final = 1000
_NUMBERED = re.compile(r"(.*?)[\s_.-]?(\d+)")


@dataclass(frozen=True)
class VectorColumns:
    """Which columns of a table hold keys and vectors.

    Parameters
    ----------
    key
        The column of the keys, or None.
    vectors
        One column of lists, or a column for each dimension in order.
    are_lists
        Which of the two.
    """

    key: str | None
    vectors: tuple[str, ...]
    are_lists: bool


def find_vector_columns(schema: pa.Schema) -> VectorColumns | None:
    """Return which columns hold keys and vectors, detected from names and types, or None where none do.

    Lists of numbers come first; else numbered columns (`d0`, `d1`, ... or `0`, `1`, ...); else all columns of floats.
    """
    lists = [one.name for one in schema if _is_list(one.type)]
    if lists:
        chosen = next((name for name in _VECTOR_NAMES if name in lists), lists[0])
        return VectorColumns(_find_key(schema, {chosen}), (chosen,), are_lists=True)
    dimensions = _numbered(schema) or [one.name for one in schema if pa.types.is_floating(one.type)]
    if len(dimensions) < 2:
        return None
    return VectorColumns(_find_key(schema, set(dimensions)), tuple(dimensions), are_lists=False)


def looks_like_vectors(schema: pa.Schema) -> bool:
    """Tell whether a table is one of vectors rather than of ratings or texts: lists, or a name and only floats."""
    found = find_vector_columns(schema)
    if found is None:
        return False
    dimensions = set(found.vectors)
    others = [one for one in schema if one.name not in dimensions]
    return found.are_lists or (
        len(found.vectors) >= 3 and len([one for one in others if _is_text(one.type)]) == 1 and len(others) <= 3
    )


@contextmanager
def open_vector_table(file: Path | StoredFile, limits: Limits, member: str | None = None) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file of vectors, packed or not, within the bounds; raises `InputError` for damaged ones."""
    with open_parquet(file, limits, member, _check_columns) as stored:
        yield stored


def _check_columns(n_columns: int) -> None:
    if n_columns > LARGEST_VECTOR_SIZE + _MOST_METADATA_COLUMNS:
        raise TooLargeError(
            f"The table has more than {LARGEST_VECTOR_SIZE + _MOST_METADATA_COLUMNS:,} columns.",
            received=n_columns,
            remedy="Keep the key, the vector and the columns worth showing.",
        )


def read_parquet_vectors(
    stored: pq.ParquetFile,
    *,
    key_column: str | None,
    vector_column: str | None,
    first: int | None,
    tick: Tick,
    numbered: bool = False,
) -> KeyedRows:
    """Read keys, vectors and the columns beside them.

    Parameters
    ----------
    stored
        As `open_vector_table` gives it.
    key_column, vector_column
        By name; detected from names and types when left out.
    first
        Read only so many rows.
    tick
        Called after each batch.
    numbered
        Whether no column holds the keys, so that all columns beside the vectors are metadata.

    Raises
    ------
    NotFoundError
        There is no such column.
    InputError
        No column holds vectors, or a row has none, or one of another length (with the row's number).
    """
    chosen = _chosen(stored.schema_arrow, key_column, vector_column)
    if numbered:
        chosen = replace(chosen, key=None)
    metadata_names = _metadata_names(stored.schema_arrow, chosen)
    names = [*([chosen.key] if chosen.key else []), *chosen.vectors, *metadata_names]
    n_left = stored.metadata.num_rows if first is None else min(first, stored.metadata.num_rows)
    blocks: list[Vectors] = []
    others: list[pa.Table] = []
    n_read = 0
    beside = [name for name in names if name not in set(chosen.vectors)]
    for batch in batches(stored, names, _BATCH_ROWS):
        batch = batch.slice(0, n_left)
        if not batch.num_rows:
            break
        block = _vectors(batch, chosen, n_read, blocks[0].shape[1] if blocks else None)
        n_left -= len(block)
        n_read += len(block)
        check_amount(n_read, block.shape[1])
        blocks.append(block)
        others.append(pa.table({name: _clean(batch.column(name)) for name in beside}))
        tick()
    if not blocks:
        raise InputError("The file holds no vectors.", remedy="Bring a file of vectors.")
    table = pa.concat_tables(others)
    beside_names = [name for name in metadata_names if name not in {LABEL_COLUMN, KEY_COLUMN}]
    labels = _texts(table[LABEL_COLUMN]) if LABEL_COLUMN in metadata_names else []
    return KeyedRows(
        _texts(table[chosen.key]) if chosen.key else [],
        np.concatenate(blocks),
        labels,
        table.select(beside_names).to_pandas() if beside_names else pd.DataFrame(index=range(n_read)),
        n_in_file=stored.metadata.num_rows,
        layout="parquet",
        has_header=True,
        columns={
            "key": [chosen.key] if chosen.key is not None else [],
            "vector": list(chosen.vectors),
            "metadata": beside_names,
        },
    )


def _chosen(schema: pa.Schema, key_column: str | None, vector_column: str | None) -> VectorColumns:
    for name in filter(None, (key_column, vector_column)):
        if name not in schema.names:
            raise NotFoundError(
                "The table has no such column.",
                received=name,
                remedy=f"It has: {', '.join(schema.names[:20])}.",
            )
    found = find_vector_columns(schema)
    if vector_column is not None:
        if not _is_list(schema.field(vector_column).type):
            raise InputError(
                "This column holds no lists of numbers.",
                received=f"{vector_column}: {schema.field(vector_column).type}",
                remedy="Choose the column of the vectors, or none for a column for each dimension.",
            )
        found = VectorColumns(_find_key(schema, {vector_column}), (vector_column,), are_lists=True)
    if found is None:
        raise InputError(
            "The table holds no vectors.",
            received=", ".join(schema.names[:20]),
            remedy="Bring a column of keys and a column of lists of numbers, or a column for each dimension.",
        )
    twice = next((name for name, n in Counter(schema.names).items() if n > 1), None)
    if twice is not None:
        raise InputError("Two columns have the same name.", received=twice, remedy="Rename one of them.")
    if key_column is None:
        return found
    vectors = tuple(name for name in found.vectors if name != key_column)
    return VectorColumns(key_column, vectors, found.are_lists)


def _metadata_names(schema: pa.Schema, chosen: VectorColumns) -> list[str]:
    taken = {chosen.key, *chosen.vectors}
    names = [one.name for one in schema if one.name not in taken and _is_plain(one.type)]
    if len(names) > _MOST_METADATA_COLUMNS:
        raise TooLargeError(
            f"The table has more than {_MOST_METADATA_COLUMNS:,} columns beside the vectors.",
            received=len(names),
            remedy="Keep the key, the vector and the columns worth showing.",
        )
    return names


def _vectors(batch: pa.RecordBatch, chosen: VectorColumns, n_before: int, vector_size: int | None) -> Vectors:
    if chosen.are_lists:
        return _from_lists(batch.column(chosen.vectors[0]), n_before, vector_size)
    check_vector_size(len(chosen.vectors))
    columns = []
    for name in chosen.vectors:
        column = batch.column(name)
        if column.null_count:
            raise _no_vector(n_before + _first_null(column), f"column {name} is empty")
        columns.append(_as_float32(column))
    return np.stack(columns, axis=1)


def _from_lists(column: pa.Array, n_before: int, vector_size: int | None) -> Vectors:
    if column.null_count:
        raise _no_vector(n_before + _first_null(column), "it has none")
    lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    expected = int(lengths[0]) if vector_size is None else vector_size
    check_vector_size(expected)
    if (lengths != expected).any():
        row = int(np.argmax(lengths != expected))
        raise InputError(
            "The vectors have different lengths.",
            received=f"row {n_before + row + 1:,} has {lengths[row]:,} numbers, the file has {expected:,}",
            remedy="Give every key the same number of numbers.",
        )
    values = column.flatten()
    if values.null_count:
        raise _no_vector(n_before + _first_null(values) // expected, "a number is missing")
    return _as_float32(values).reshape(len(column), expected)


def _as_float32(values: pa.Array) -> Vectors:
    with np.errstate(over="ignore", invalid="ignore"):
        numbers: Vectors = values.to_numpy(zero_copy_only=False).astype(np.float32)
    return numbers


def _first_null(column: pa.Array) -> int:
    return int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))


def _no_vector(row: int, why: str) -> InputError:
    return InputError("A row has no vector.", received=f"row {row + 1:,}: {why}", remedy="Mend or remove this row.")


def _numbered(schema: pa.Schema) -> list[str]:
    """Return the largest group of columns of numbers called alike but for their number, in the order of the numbers."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for one in schema:
        match = _NUMBERED.fullmatch(one.name)
        if match is not None and len(match[2]) < 7 and pa.types.is_floating(one.type):
            groups.setdefault(match[1], []).append((int(match[2]), one.name))
    largest: Sequence[tuple[int, str]] = max(groups.values(), key=len, default=[])
    return [name for _, name in sorted(largest)] if len(largest) > 1 else []


def _find_key(schema: pa.Schema, taken: set[str]) -> str | None:
    free = [one for one in schema if one.name not in taken]
    named = [one.name for name in _KEY_NAMES for one in free if one.name.lower() == name and _is_plain(one.type)]
    texts = [one.name for one in free if _is_text(one.type)]
    return next(iter([*named, *texts]), None)


def _clean(column: pa.Array) -> pa.Array:
    """Return texts as clean ones, and numbers as they are."""
    return array_text(column)[0] if _is_text(column.type) else column


def _texts(column: pa.ChunkedArray) -> list[str]:
    return ["" if value is None else str(value) for value in column.to_pylist()]


def _is_list(kind: Any) -> bool:
    of_lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(of_lists and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)))


def _is_text(kind: Any) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_plain(kind: Any) -> bool:
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return is_number or _is_text(kind)
