"""The names and metadata of an embedding as text, for searching and filtering."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from weakref import ReferenceType, ref

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError
from embedlab.core.plain import one_line

#: Separates several categories in one cell: a film's genres.
SEPARATOR = "|"


def column_named(metadata: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return a metadata column, or raise `NotFoundError`, which lists the first columns."""
    for position, each in enumerate(map(str, metadata.columns)):
        if each == name:
            return metadata.iloc[:, position]
    known = ", ".join(one_line(str(each), 40) for each in metadata.columns[:20])
    raise NotFoundError(
        "There is no such column.", received=name, remedy=f"Known columns: {known or 'this embedding has none'}."
    )


def is_numeric(series: pd.Series[Any]) -> bool:
    """Return whether a column has numbers, so that ranges of it can be selected."""
    return pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)


def text_array(texts: Sequence[str]) -> pa.Array:
    """Return texts as an Arrow array; lone surrogates, which UTF-8 cannot encode, become question marks."""
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array([text.encode(errors="replace").decode() for text in texts], pa.string())


def cell_texts(series: pd.Series[Any]) -> pa.Array:
    """Return the cells of a column as text; lists are joined by `|`, and missing cells are null."""
    column = _arrow(series)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        parts = pc.list_flatten(column)
        if not pa.types.is_string(parts.type):
            column = pc.cast(column, pa.list_(pa.string()))
        return pc.binary_join(column, SEPARATOR)
    return pc.cast(column, pa.string())


def _arrow(series: pd.Series[Any]) -> pa.Array:
    try:
        column = pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        texts = [None if value is None or value is pd.NA or value != value else str(value) for value in series]
        column = pa.array([None if text is None else text.encode(errors="replace").decode() for text in texts])
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


@lru_cache(maxsize=8)
def _cells_of(embedding: ReferenceType[Embedding], name: str) -> pa.Array:
    opened = embedding()
    if opened is None:
        return pa.array([], pa.string())
    return cell_texts(column_named(opened.metadata, name)).dictionary_encode()


def cells(embedding: Embedding, name: str) -> pa.DictionaryArray:
    """Return the cells of a metadata column as dictionary-encoded text, cached for the embeddings in use."""
    return _cells_of(ref(embedding), name)


def categories_of(cell: str) -> list[str]:
    """Return the categories of a cell: its parts between `|`."""
    return [part for each in cell.split(SEPARATOR) if (part := each.strip())]


def category_counts(embedding: Embedding, name: str) -> list[tuple[str, int]]:
    """Return the categories of a column and how many keys have each, the most frequent first."""
    encoded = cells(embedding, name)
    counts: Counter[str] = Counter()
    dictionary = encoded.dictionary.to_pylist()
    for entry in pc.value_counts(encoded.indices).to_pylist():
        if entry["values"] is not None:
            for category in dict.fromkeys(categories_of(dictionary[entry["values"]])):
                counts[category] += entry["counts"]
    return counts.most_common()
