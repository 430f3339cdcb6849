"""The corpus file gensim trains on: one file, words parted by blanks, at most 100 of them on a line."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

#: gensim silently skips words of long lines when it trains with `corpus_file` (under 1 % trained on one huge line).
LINE_WORDS: Final = 100
#: The place in the file of every so many lines is kept, so that a document is found without reading all before it.
INDEX_LINES: Final = 1024


class CorpusWriter:
    """Writes documents as lines of at most 100 words; a document begins on a line of its own.

    Attributes
    ----------
    n_documents, n_tokens, n_lines, n_empty
        Written so far; `n_empty` documents have no words and take no line. Complete after `close`.
    tokens_of_documents
        How many words each document has.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._last: Sequence[str] = ()
        self._starts = array("q")
        self._n_tokens_of = array("q")
        self._offsets = array("q", [0])
        self._n_written = 0
        self.n_tokens = 0

    @property
    def n_lines(self) -> int:
        """Lines so far."""
        return self._n_written + len(self._lines)

    @property
    def n_documents(self) -> int:
        """Documents so far."""
        return len(self._starts)

    @property
    def n_empty(self) -> int:
        """Documents without words; known after `close`."""
        return int((np.diff(self.document_starts) == 0).sum())

    @property
    def document_starts(self) -> npt.NDArray[np.int64]:
        """`(n_documents + 1,)` int64: the line each document begins on, and the number of lines."""
        return np.array([*self._starts, self.n_lines], dtype=np.int64)

    @property
    def tokens_of_documents(self) -> npt.NDArray[np.int64]:
        """`(n_documents,)` int64: how many words each document has so far."""
        return np.array(self._n_tokens_of, dtype=np.int64)

    @property
    def line_offsets(self) -> npt.NDArray[np.int64]:
        """Int64: the byte at which every 1,024th line begins."""
        return np.array(self._offsets, dtype=np.int64)

    def add(self, documents: Sequence[Sequence[str]], *, continues: bool = False) -> None:
        """Add documents; the first goes on with the last one of the call before if `continues`."""
        lines = self._lines
        for index, document in enumerate(documents):
            self.n_tokens += len(document)
            if index == 0 and continues:
                self._n_tokens_of[-1] += len(document)
                document = [*self._last, *document]
            else:
                self._end_document()
                self._starts.append(self._n_written + len(lines))
                self._n_tokens_of.append(len(document))
            n_full = len(document) // LINE_WORDS * LINE_WORDS
            lines.extend(" ".join(document[start : start + LINE_WORDS]) for start in range(0, n_full, LINE_WORDS))
            self._last = document[n_full:]
        while len(lines) >= INDEX_LINES:
            self._write(INDEX_LINES)

    def close(self) -> None:
        """Write what is left."""
        self._end_document()
        while self._lines:
            self._write(INDEX_LINES)

    def _end_document(self) -> None:
        if self._last:
            self._lines.append(" ".join(self._last))
            self._last = ()

    def _write(self, n_lines: int) -> None:
        block = self._lines[:n_lines]
        del self._lines[:n_lines]
        data = ("\n".join(block) + "\n").encode()
        self._stream.write(data)
        self._offsets.append(self._offsets[-1] + len(data))
        self._n_written += len(block)


def read_lines(path: Path) -> Iterator[list[str]]:
    """Yield the words of each line of a corpus file."""
    with path.open(encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield line[:-1].split(" ")


def read_documents(
    path: Path, document_starts: npt.NDArray[np.int64], piece_lines: int = INDEX_LINES
) -> Iterator[tuple[list[str], bool]]:
    """Yield the words of each document of a corpus file; a long one comes in pieces.

    Yields
    ------
    The words, and whether they go on with the document before.
    """
    lines = read_lines(path)
    for start, stop in pairwise(document_starts.tolist()):
        for first in range(start, max(stop, start + 1), piece_lines):
            words = chain.from_iterable(islice(lines, min(piece_lines, stop - first)))
            yield list(words), first > start


def read_line_range(path: Path, line_offsets: npt.NDArray[np.int64], start: int, stop: int) -> list[list[str]]:
    """Return the words of the lines `start` to `stop` (excluded) without reading far before them."""
    block = start // INDEX_LINES
    with path.open("rb") as stream:
        stream.seek(int(line_offsets[block]))
        lines = islice(stream, start - block * INDEX_LINES, stop - block * INDEX_LINES)
        return [line[:-1].decode().split(" ") for line in lines]
