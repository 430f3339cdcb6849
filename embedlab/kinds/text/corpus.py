"""The corpus file for gensim: words separated by spaces, at most 100 on a line."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import damage_errors

#: gensim silently skips words of long lines when it trains with `corpus_file` (on one huge line it trains under 1 %).
LINE_WORDS: Final = 100
#: The byte offset of every 1,024th line is stored, so that a document is found without reading the file up to it.
INDEX_LINES: Final = 1024
_NUMBERS_AT_ONCE: Final = 1 << 15


class Numbers(Protocol):
    """Anything with `append` for integers: `ArrayFile`, or an array in memory."""

    def append(self, number: int, /) -> None:
        """Append a number."""


class CorpusWriter:
    """Writes documents as lines of at most 100 words; each document begins on a new line.

    Parameters
    ----------
    stream
        The corpus file.
    starts
        Receives the line on which each document begins, and at the end the number of lines.
    tokens
        Receives the number of words of each document.

    Attributes
    ----------
    n_documents, n_tokens, n_empty
        Written so far; `n_empty` documents have no words and no line. Complete after `close`.
    """

    def __init__(self, stream: BinaryIO, starts: Numbers, tokens: Numbers | None = None) -> None:
        self._stream = stream
        self._starts = starts
        self._tokens = tokens
        self._lines: list[str] = []
        self._last: Sequence[str] = ()
        self._first_line = 0
        self._n_tokens_now = 0
        self._offsets = array("q", [0])
        self._n_written = 0
        self.n_documents = self.n_tokens = self.n_empty = 0

    @property
    def n_lines(self) -> int:
        """Number of lines so far."""
        return self._n_written + len(self._lines)

    @property
    def line_offsets(self) -> npt.NDArray[np.int64]:
        """Int64: the byte at which every 1,024th line begins."""
        return np.array(self._offsets, dtype=np.int64)

    def add(self, documents: Sequence[Sequence[str]], *, continues: bool = False) -> None:
        """Add documents; the first continues the last one of the previous call if `continues`."""
        lines = self._lines
        for index, document in enumerate(documents):
            self.n_tokens += len(document)
            if index == 0 and continues:
                self._n_tokens_now += len(document)
                document = [*self._last, *document]
            else:
                self._end_document()
                self._first_line = self.n_lines
                self._n_tokens_now = len(document)
                self._starts.append(self._first_line)
                self.n_documents += 1
            n_full = len(document) // LINE_WORDS * LINE_WORDS
            lines.extend(" ".join(document[start : start + LINE_WORDS]) for start in range(0, n_full, LINE_WORDS))
            self._last = document[n_full:]
        while len(lines) >= INDEX_LINES:
            self._write(INDEX_LINES)

    def close(self) -> None:
        """Write the remaining lines."""
        self._end_document()
        self._starts.append(self.n_lines)
        while self._lines:
            self._write(INDEX_LINES)

    def _end_document(self) -> None:
        if self._last:
            self._lines.append(" ".join(self._last))
            self._last = ()
        if self.n_documents:
            self.n_empty += self.n_lines == self._first_line
            if self._tokens is not None:
                self._tokens.append(self._n_tokens_now)

    def _write(self, n_lines: int) -> None:
        block = self._lines[:n_lines]
        del self._lines[:n_lines]
        data = ("\n".join(block) + "\n").encode()
        self._stream.write(data)
        self._offsets.append(self._offsets[-1] + len(data))
        self._n_written += len(block)


def read_lines(path: Path) -> Iterator[list[str]]:
    """Yield the words of each line of a corpus file; raises `StorageError` when it is missing or damaged."""
    with damage_errors(path.name), path.open(encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield line[:-1].split(" ")


def read_documents(
    path: Path, document_starts: npt.NDArray[np.int64], piece_lines: int = INDEX_LINES
) -> Iterator[tuple[list[str], bool]]:
    """Yield the words of each document of a corpus file; a long one comes in pieces.

    Yields
    ------
    The words, and whether they continue the previous document.
    """
    lines = read_lines(path)
    for start, stop in chain.from_iterable(map(pairwise, _pieces(document_starts))):
        for first in range(start, max(stop, start + 1), piece_lines):
            words = chain.from_iterable(islice(lines, min(piece_lines, stop - first)))
            yield list(words), first > start


def _pieces(numbers: npt.NDArray[np.int64]) -> Iterator[list[int]]:
    """Yield chunks of the numbers as lists; each chunk begins with the last number of the previous one."""
    for start in range(0, max(0, len(numbers) - 1), _NUMBERS_AT_ONCE):
        yield numbers[start : start + _NUMBERS_AT_ONCE + 1].tolist()


def read_line_range(path: Path, line_offsets: npt.NDArray[np.int64], start: int, stop: int) -> list[list[str]]:
    """Return the words of the lines `start` to `stop` (excluded) without reading the file from its start."""
    block = start // INDEX_LINES
    with damage_errors(path.name), path.open("rb") as stream:
        stream.seek(int(line_offsets[block]))
        lines = islice(stream, start - block * INDEX_LINES, stop - block * INDEX_LINES)
        return [line[:-1].decode().split(" ") for line in lines]
