"""The documents as they were written, beside their words: one file of UTF-8, and where each document begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.array_file import ArrayFile
from embedlab.core.stored import damage_errors, read_array

ORIGINALS_FILE: Final = "originals.txt"
STARTS_FILE: Final = "original_starts.npy"


class OriginalsWriter:
    """Writes the texts of documents; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._n_bytes = 0

    def __enter__(self) -> Self:
        self._stream: BinaryIO = (self._folder / ORIGINALS_FILE).open("wb")
        self._starts = ArrayFile(self._folder / STARTS_FILE)
        self._starts.__enter__()
        return self

    def add(self, texts: Sequence[str], *, continues: bool) -> None:
        """Add texts; the first continues the last one of the previous call if `continues`."""
        for index, text in enumerate(texts):
            if index or not continues:
                self._starts.append(self._n_bytes)
            data = text.encode("utf-8", "replace")
            self._stream.write(data)
            self._n_bytes += len(data)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._starts.append(self._n_bytes)
        self._starts.__exit__(kind, error, trace)


def has_originals(folder: Path) -> bool:
    """Return whether a dataset has its original texts; those of earlier versions have not."""
    return (folder / ORIGINALS_FILE).is_file()


def read_original(folder: Path, row: int, max_characters: int | None = None) -> str:
    """Return the text of one document, or its first characters; raises `StorageError` when the files are damaged."""
    starts = read_starts(folder)
    with damage_errors(ORIGINALS_FILE), (folder / ORIGINALS_FILE).open("rb") as stream:
        return _read(stream, int(starts[row]), int(starts[row + 1]), max_characters)


def read_heads(folder: Path, rows: npt.NDArray[np.int64], max_characters: int) -> Iterator[str]:
    """Yield the first characters of documents; raises as `read_original`."""
    starts = read_starts(folder)
    with damage_errors(ORIGINALS_FILE), (folder / ORIGINALS_FILE).open("rb") as stream:
        for row in rows.tolist():
            yield _read(stream, int(starts[row]), int(starts[row + 1]), max_characters)


def read_starts(folder: Path) -> npt.NDArray[np.int64]:
    """Return the byte at which each document begins, then the number of bytes."""
    return read_array(folder / STARTS_FILE, "iu", n_dimensions=1)


def _read(stream: BinaryIO, start: int, stop: int, max_characters: int | None) -> str:
    stream.seek(start)
    # A character has at most four bytes.
    n_bytes = stop - start if max_characters is None else min(stop - start, 4 * max_characters)
    text = stream.read(n_bytes).decode("utf-8", "ignore")
    return text if max_characters is None else text[:max_characters]
