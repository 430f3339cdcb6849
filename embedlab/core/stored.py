"""Reading files of the workspace, which may be missing, truncated, empty, swapped or written by someone else.

Whatever is wrong with a file, its reader raises `StorageError`.
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
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
_REMEDY = "Restore it from a backup, or delete the item it belongs to on the Workspace page."
#: Errors that the readers of NumPy, pandas, PyArrow and our own code raise for unexpected contents.
_DAMAGE_ERRORS = (
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
    zipfile.BadZipFile,
    zlib.error,
    pa.ArrowException,
)


def damaged(name: str) -> StorageError:
    """Return the error for a missing or damaged file."""
    return StorageError(_WHAT, received=name, remedy=_REMEDY)


def check_finite(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> None:
    """Raise `StorageError` if an array of floats contains NaN or infinity.

    A network that answers one question well shows nothing of the rows for the others.

    Parameters
    ----------
    arrays
        By name.
    name
        What they belong to, for the error.
    """
    if not all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f"):
        raise damaged(name)


@contextmanager
def damage_errors(name: str) -> Iterator[None]:
    """Turn errors caused by damaged contents into `StorageError`; use it only around reading."""
    try:
        yield
    except EmbedLabError as error:
        if isinstance(error, StorageError):
            raise
        raise damaged(name) from error
    except _DAMAGE_ERRORS as error:
        raise damaged(name) from error


def read_array(
    path: Path, kinds: str = "biuf", *, n_dimensions: int | None = None, mapped: bool = True
) -> npt.NDArray[Any]:
    """Read an array written by `numpy.save`.

    Parameters
    ----------
    kinds
        Allowed number types, as letters of `numpy.dtype.kind`.
    n_dimensions
        Required number of dimensions.
    mapped
        Memory-map the array, read-only, instead of loading it.

    Raises
    ------
    StorageError
        The file is missing, damaged, or contains another array.
    """
    with damage_errors(path.name):
        try:
            # Always mapped first: a header that promises more than the file contains would fill the memory.
            array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError:
            if path.stat().st_size > 4096:
                raise
            # An array without elements cannot be mapped.
            array = np.load(path, allow_pickle=False)
            if array.size:
                raise
    if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds:
        raise damaged(path.name)
    if n_dimensions is not None and array.ndim != n_dimensions:
        raise damaged(path.name)
    return array if mapped else np.array(array)


def read_arrays(path: Path, most_bytes: int | None = None) -> dict[str, npt.NDArray[Any]] | None:
    """Read the arrays of an `.npz` file that can be computed again.

    Parameters
    ----------
    most_bytes
        The size of all arrays together; a file that unpacks to more is not read.

    Returns
    -------
    None if the file is missing, damaged or too large. Members that are no arrays are left out.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if most_bytes is not None and sum(member.file_size for member in archive.infolist()) > most_bytes:
                return None
        with np.load(path, allow_pickle=False) as stored:
            found = {name: stored[name] for name in stored.files}
    except _DAMAGE_ERRORS:
        return None
    return {name: array for name, array in found.items() if isinstance(array, np.ndarray)}


def release_memory() -> None:
    """Return memory to the system that Arrow keeps after reading a large table: as much as the table itself."""
    pa.default_memory_pool().release_unused()


def _is_text(column: pd.Series[Any]) -> bool:
    if isinstance(column.dtype, pd.StringDtype):
        return not column.hasnans
    return all(isinstance(value, str) for value in column)


def read_table(path: Path, columns: Mapping[str, str], *, only: Collection[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table.

    Parameters
    ----------
    columns
        Required columns and their content: text, number or any.
    only
        Read only these columns.

    Raises
    ------
    StorageError
        The file is missing, damaged, or contains another table.
    """
    with damage_errors(path.name):
        table = pd.read_parquet(path, columns=None if only is None else list(only))
        for name, content in columns.items():
            column = table[name]
            if content == "text" and not _is_text(column):
                raise damaged(path.name)
            if content == "number" and column.dtype.kind not in "iuf":
                raise damaged(path.name)
        return table
