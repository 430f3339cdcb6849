"""Opening Parquet files within bounds, and reading their columns as text; damage is reported in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from embedlab.core.errors import InputError, TooLargeError
from embedlab.reading.cells import array_text
from embedlab.reading.sources import Limits, StoredFile, unpacked_file

#: What Arrow raises for damaged files: its own errors, and Python's from converting values.
_DAMAGED: Final = (pa.ArrowException, OSError, ValueError, OverflowError, LookupError, TypeError, MemoryError)


@contextmanager
def open_parquet(
    file: Path | StoredFile, limits: Limits, member: str | None, check_columns: Callable[[int], None]
) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file, packed or not.

    Parameters
    ----------
    file, limits, member
        As for `sources.open_source`.
    check_columns
        Called with the number of columns; raises if that is too many.

    Raises
    ------
    InputError
        The file is damaged, or the name of a column is not UTF-8.
    TooLargeError
        It unpacks to more than the limits allow.
    """
    with unpacked_file(file, limits, member) as unpacked:
        with parquet_errors():
            stored = pq.ParquetFile(unpacked)
        with stored:
            with parquet_errors():
                metadata = stored.metadata
                n_bytes = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
                n_columns = len(stored.schema_arrow.names)
            if n_bytes > limits.max_unpacked_bytes:
                raise TooLargeError(
                    "The Parquet file unpacks to more than is allowed.",
                    received=f"{n_bytes / 1024**2:,.0f} MB",
                    remedy=limits.remedy("Import a smaller part of it", "EMBEDLAB_MAX_UNPACKED_MB"),
                )
            check_columns(n_columns)
            yield stored


@contextmanager
def parquet_errors() -> Iterator[None]:
    """Turn what Arrow raises while it reads a file into `InputError`."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise InputError(
            "A name in the Parquet file is not valid UTF-8.",
            received=error.object[:100].decode("utf-8", "replace"),
            remedy="Rename the column, and write the file again.",
        ) from error
    except _DAMAGED as error:
        lines = str(error).splitlines()
        raise InputError(
            "The Parquet file cannot be read.",
            received=lines[0] if lines else type(error).__name__,
            remedy="Download or export it again.",
        ) from error


def batches(stored: pq.ParquetFile, columns: Sequence[str], n_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield batches of at most `n_rows` rows of these columns; raises `InputError` for a damaged file."""
    with parquet_errors():
        found = stored.iter_batches(batch_size=n_rows, columns=list(dict.fromkeys(columns)), use_threads=False)
    while True:
        with parquet_errors():
            batch = next(found, None)
        if batch is None:
            return
        yield batch


def text_batches(
    stored: pq.ParquetFile, positions: Sequence[int], n_rows: int, count_repaired: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    """Yield batches of at most `n_rows` rows of the columns at `positions`, as strings, named `0`, `1`, ...

    Raises
    ------
    InputError
        The file is damaged, or holds values that cannot be written as text.
    """
    names = stored.schema_arrow.names
    for batch in batches(stored, [names[position] for position in positions], n_rows):
        texts = {}
        for position in dict.fromkeys(positions):
            # If several columns have the same name, all are read, in their order.
            nth = names[:position].count(names[position])
            found = [place for place, name in enumerate(batch.schema.names) if name == names[position]]
            texts[position], n_repaired = array_text(batch.column(found[nth]))
            count_repaired(n_repaired)
        arrays = [texts[position] for position in positions]
        yield pa.RecordBatch.from_arrays(arrays, names=[str(index) for index in range(len(arrays))])
