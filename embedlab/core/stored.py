"""Reading files of the workspace, which may be missing, cut, emptied, exchanged or made by somebody else.

Whatever is wrong with a file, its reader raises `StorageError`.
"""

from __future__ import annotations

import tokenize
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from embedlab.core.errors import EmbedLabError, StorageError

_WHAT = "A file of the workspace is missing or damaged."
_REMEDY = "Restore it from a backup, or delete what it belongs to on the Workspace page."
#: What the readers of NumPy, pandas, PyArrow and our own code raise for contents they do not expect.
_OF_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    pa.ArrowException,
)


def damaged(name: str) -> StorageError:
    """Return the error for a file, or what a file belongs to, that is missing or damaged."""
    return StorageError(_WHAT, received=name, remedy=_REMEDY)


@contextmanager
def damage_told(name: str) -> Iterator[None]:
    """Turn what damaged contents make a reader raise into `StorageError`; use it around reading alone."""
    try:
        yield
    except EmbedLabError as error:
        if isinstance(error, StorageError):
            raise
        raise damaged(name) from error
    except _OF_DAMAGE as error:
        raise damaged(name) from error


def read_array(
    path: Path, kinds: str = "biuf", *, n_dimensions: int | None = None, mapped: bool = True
) -> npt.NDArray[Any]:
    """Read an array that `numpy.save` wrote.

    Parameters
    ----------
    kinds
        Letters of the kinds of numbers it may hold, as in `numpy.dtype.kind`.
    n_dimensions
        How many dimensions it must have.
    mapped
        Leave it on the disk until its parts are read; it cannot be written then.

    Raises
    ------
    StorageError
        The file is missing, damaged, or holds another array.
    """
    with damage_told(path.name):
        try:
            # Mapped first in any case: a header that promises more than the file holds would fill the memory.
            array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError:
            if path.stat().st_size > 4096:
                raise
            # Nothing can be mapped of an array without elements.
            array = np.load(path, allow_pickle=False)
            if array.size:
                raise
    if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds:
        raise damaged(path.name)
    if n_dimensions is not None and array.ndim != n_dimensions:
        raise damaged(path.name)
    return array if mapped else np.array(array)


def read_table(path: Path, columns: Mapping[str, str], *, only: Collection[str] | None = None) -> pd.DataFrame:
    """Read a table in Parquet.

    Parameters
    ----------
    columns
        The columns it must have and what they hold: text, number or any.
    only
        Read these columns alone.

    Raises
    ------
    StorageError
        The file is missing, damaged, or holds another table.
    """
    with damage_told(path.name):
        table = pd.read_parquet(path, columns=None if only is None else list(only))
        for name, holds in columns.items():
            column = table[name]
            if holds == "text" and not all(isinstance(value, str) for value in column):
                raise damaged(path.name)
            if holds == "number" and column.dtype.kind not in "iuf":
                raise damaged(path.name)
        return table
