"""The columns of an embedding as Arrow arrays, for tables and text formats."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN, Embedding
from embedlab.core.errors import InputError

COORDINATE_COLUMNS = ("x", "y", "z")
VECTOR_COLUMN = "vector"
_LIST_SEPARATOR = "|"

Column: TypeAlias = pa.Array | pa.ChunkedArray


def has_labels(embedding: Embedding) -> bool:
    """Return whether any label differs from its key."""
    return any(label != key for label, key in zip(embedding.labels, embedding.keys, strict=True))


def checked_coordinates(embedding: Embedding, coordinates: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return the coordinates as float32, or raise `InputError` if they do not match the embedding."""
    if coordinates.ndim != 2 or len(coordinates) != embedding.n_keys or not 1 <= coordinates.shape[1] <= 3:
        raise InputError(
            "Coordinates must have one row for each key and one to three columns.",
            received=f"{coordinates.shape} for {embedding.n_keys} keys",
        )
    return np.asarray(coordinates, dtype=np.float32)


def columns(embedding: Embedding, coordinates: npt.NDArray[Any] | None = None) -> dict[str, Column]:
    """Return key, label, coordinates and metadata, in this order.

    A metadata column with the name of a coordinate or the vector gets a trailing underscore.
    """
    named: dict[str, Column] = {
        KEY_COLUMN: pa.array(embedding.keys, pa.string()),
        LABEL_COLUMN: pa.array(embedding.labels, pa.string()),
    }
    if coordinates is not None:
        placed = checked_coordinates(embedding, coordinates)
        for axis in range(placed.shape[1]):
            named[COORDINATE_COLUMNS[axis]] = pa.array(np.ascontiguousarray(placed[:, axis]))
    return named | metadata_columns(embedding.metadata)


def metadata_columns(metadata: pd.DataFrame) -> dict[str, Column]:
    """Return the metadata as Arrow arrays with unique names."""
    reserved = {KEY_COLUMN, LABEL_COLUMN, VECTOR_COLUMN, *COORDINATE_COLUMNS}
    named: dict[str, Column] = {}
    for position, name in enumerate(metadata.columns):
        unique = str(name)
        while unique in reserved or unique in named:
            unique += "_"
        named[unique] = _arrow(metadata.iloc[:, position])
    return named


def _arrow(values: pd.Series[Any]) -> Column:
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def as_text(column: Column) -> Column:
    """Return a column as text: numbers with the fewest digits that keep the value, lists joined by `|`, nulls empty."""
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = pc.binary_join(pc.cast(column, pa.list_(pa.string())), _LIST_SEPARATOR)
    return pc.fill_null(pc.cast(column, pa.string()), "")


def is_text(column: Column) -> bool:
    """Return whether a spreadsheet would read a column as text."""
    kind = column.type
    return not (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_temporal(kind)
    )


def number_lines(vectors: npt.NDArray[np.float32], separator: str, names: list[str] | None = None) -> bytes:
    """Return vectors as lines of numbers, each line starting with its name if there are names.

    Each number has the fewest digits that restore the same float32.
    """
    parts = [pc.cast(pa.array(np.ascontiguousarray(column)), pa.string()) for column in vectors.T]
    if names is not None:
        parts.insert(0, pa.array(names, pa.string()))
    lines = pc.binary_join_element_wise(*parts, separator).to_pylist() if len(parts) > 1 else parts[0].to_pylist()
    return "".join(f"{line}\n" for line in lines).encode()
