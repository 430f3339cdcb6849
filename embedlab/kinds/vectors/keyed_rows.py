"""Vectors as a file holds them, before keys and metadata are settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from embedlab.core.embedding import Vectors


@dataclass(frozen=True)
class KeyedRows:
    """Vectors with what a file says about them.

    Parameters
    ----------
    keys
        One for each vector; empty where the file has none.
    vectors
        `(n, vector_size)` float32.
    labels
        One for each vector; empty where the file has none.
    metadata
        Other columns, a row for each vector.
    n_in_file
        Rows in the file, with those that were left out or not read; None where that is not known.
    n_rows_read
        Rows that were read, with those that were left out; as many as there are vectors when left out.
    positions
        0-based numbers of the kept rows among those read; None where all were kept.
    layout, separator, has_header, encoding, columns, assumptions
        As `ReadAs` has them.
    """

    keys: Sequence[str]
    vectors: Vectors
    labels: Sequence[str] = ()
    metadata: pd.DataFrame = field(default_factory=pd.DataFrame)
    n_in_file: int | None = None
    n_rows_read: int | None = None
    positions: Sequence[int] | None = None
    layout: str = ""
    separator: str | None = None
    has_header: bool = False
    encoding: str | None = None
    columns: Mapping[str, list[str]] = field(default_factory=dict)
    assumptions: Sequence[str] = ()

    @property
    def n_read(self) -> int:
        """Rows that were read, with those that were left out."""
        return len(self.vectors) if self.n_rows_read is None else self.n_rows_read


def table_of(metadata: Mapping[str, Any], n: int) -> pd.DataFrame:
    """Return columns as a table of `n` rows; columns of numbers become numbers."""
    return pd.DataFrame({name: list(cells) for name, cells in metadata.items()}, index=range(n)).apply(_typed)


def _typed(column: pd.Series[Any]) -> pd.Series[Any]:
    texts = column.astype(str)
    numbers = pd.to_numeric(texts, errors="coerce")
    return numbers if numbers.notna().eq(texts.str.strip() != "").all() and numbers.notna().any() else column
