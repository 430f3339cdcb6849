"""The other columns of a table of texts, and the parts of a published split, as files of the dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from embedlab.core.stored import damage_errors
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.text.column_roles import PARTS
from embedlab.reading.columns import is_number

COLUMNS_FILE: Final = "columns.parquet"
PARTS_FILE: Final = "parts.npy"
#: Numbers of the parts as they are stored; documents of a validation part are for training.
TRAIN, TEST, NO_PART = 0, 1, 2
_ROWS_AT_ONCE: Final = 1 << 11
_CHARACTERS_AT_ONCE: Final = 1 << 22
_ANOTHER_COLUMN: Final = "columns that the first file does not have"


class ColumnsWriter:
    """Writes cells of other columns than the text; a context manager. The first batch says which columns there are.

    Attributes
    ----------
    used
        The columns with at least one cell that is not empty.
    """

    def __init__(self, folder: Path, changes: Changes) -> None:
        self._path = folder / COLUMNS_FILE
        self._changes = changes
        self._names: list[str] = []
        self._pending: dict[str, list[str]] = {}
        self._n_characters = 0
        self._writer: pq.ParquetWriter | None = None
        self._known: set[str] = set()
        self.used: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def add(self, columns: Mapping[str, list[str]], n_documents: int) -> None:
        """Add the cells of some documents."""
        if not n_documents:
            return
        if not self._known:
            self._names = list(columns)
            self._pending = {name: [] for name in self._names}
            self._known = {*self._names, ""}
        for name in columns.keys() - self._known:
            self._known.add(name)
            self._changes.leave_out(_ANOTHER_COLUMN, name)
        for name in self._names:
            cells = columns.get(name) or [""] * n_documents
            self._pending[name] += cells
            self._n_characters += sum(map(len, cells))
            if name not in self.used and any(cells):
                self.used.add(name)
        if self._names and (
            len(self._pending[self._names[0]]) >= _ROWS_AT_ONCE or self._n_characters >= _CHARACTERS_AT_ONCE
        ):
            self._flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._names and kind is None:
            self._flush()
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        table = pa.table({name: pa.array(cells, pa.string()) for name, cells in self._pending.items()})
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)
        self._pending = {name: [] for name in self._names}
        self._n_characters = 0

    @property
    def filled(self) -> list[str]:
        """The columns with content, in the order of the file."""
        return [name for name in self._names if name in self.used]

    @property
    def unused(self) -> list[str]:
        """The columns without any content."""
        return [name for name in self._names if name not in self.used]


def read_columns(folder: Path, names: Sequence[str], rows: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return columns of some documents, numbers as numbers; raises `StorageError` when the file is damaged."""
    if not names:
        return pd.DataFrame(index=range(len(rows)))
    with damage_errors(COLUMNS_FILE):
        table = pq.read_table(folder / COLUMNS_FILE, columns=list(names)).take(pa.array(rows))
        return pd.DataFrame({name: _typed(table.column(name).to_pylist()) for name in names})


def _typed(cells: list[str]) -> pd.Series[Any] | list[str]:
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    # An id with leading zeros is no number.
    if not filled or any(len(cell) > 1 and cell[0] == "0" and cell.isdigit() for cell in filled):
        return cells
    if not all(map(is_number, filled)):
        return cells
    series: pd.Series[Any] = pd.to_numeric(pd.Series([cell.strip() or None for cell in cells]))
    return series


class PartCounter:
    """Collects the part of each document of a published split; one byte for each."""

    def __init__(self) -> None:
        self._codes = bytearray()

    def add(self, parts: Sequence[str] | None, n_documents: int) -> None:
        """Add the parts of some documents; None where there are none."""
        if parts is None:
            self._codes.extend(bytes([TRAIN]) * n_documents)
            return
        self._codes.extend(_code(part) for part in parts)

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """`(n_documents,)` uint8: `TRAIN`, `TEST` or `NO_PART`."""
        return np.frombuffer(bytes(self._codes), np.uint8)


def _code(part: str) -> int:
    known = PARTS.get(part.strip().lower())
    return NO_PART if known is None else TEST if known == "test" else TRAIN
