"""Reading keys and vectors, streaming: rows of text, and the binary rows of word2vec."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

import numpy as np

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.kinds.vectors.formats import LONGEST_KEY_BYTES, Header, binary_dtype, check_amount, check_vector_size

_LINES_AT_ONCE = 1000
_BYTES_AT_ONCE = 1 << 22
_LONGEST_LINE_BYTES = 1 << 20
_SECONDS_BETWEEN_REPORTS = 0.5

#: Called now and then with nothing; reports how far the source is.
Tick = Callable[[], None]
#: Tells whether the vector of a key is to be kept.
Wanted = Callable[[str], bool]


def paced(report: Tick) -> Tick:
    """Return a tick that calls `report` at most twice a second."""
    next_time = 0.0

    def tick() -> None:
        nonlocal next_time
        if (now := time.monotonic()) >= next_time:
            next_time = now + _SECONDS_BETWEEN_REPORTS
            report()

    return tick


def read_text_rows(
    stream: BinaryIO,
    *,
    has_keys: bool,
    header: Header | None,
    first: int | None,
    tick: Tick,
    wanted: Wanted | None = None,
) -> tuple[list[str], Vectors]:
    """Read lines of a key and numbers parted by spaces, or of numbers alone parted by tabs.

    With `wanted` all rows are read and checked, and only those are kept, so that a file larger than memory can be cut
    to a vocabulary.

    Raises
    ------
    InputError
        A row has another length than the first (or than the header says), or holds what is no number; the message
        tells the row, counting from 1 without the header.
    """
    parse = _TextRows(has_keys, header.vector_size if header else None, wanted)
    lines = islice(_lines(stream), 1 if header else 0, None if first is None else first + bool(header))
    for block in _blocks(lines):
        parse.add(block)
        tick()
    if header is not None and first is None and parse.n_rows != header.n_keys:
        raise _other_number(header.n_keys, parse.n_rows)
    return parse.keys, parse.vectors()


class _TextRows:
    """Collects blocks of lines; quickly where all is well, line by line to find out what is not."""

    def __init__(self, has_keys: bool, vector_size: int | None, wanted: Wanted | None) -> None:
        self.keys: list[str] = []
        self.n_rows = 0
        self._n_kept = 0
        self._wanted = wanted if has_keys else None
        self._has_keys = has_keys
        self._separator = b" " if has_keys else b"\t"
        self._vector_size = vector_size
        self._blocks: list[Vectors] = []
        if vector_size is not None:
            check_vector_size(vector_size)

    def vectors(self) -> Vectors:
        if not self.n_rows:
            raise no_vectors()
        if not self._n_kept:
            raise none_wanted(self.n_rows)
        return np.concatenate(self._blocks)

    def add(self, lines: list[bytes]) -> None:
        lines = [line for line in (line.rstrip(b" \t\r\n") for line in lines) if line]
        if not lines:
            return
        if self._vector_size is None:
            self._vector_size = len(lines[0].split()) - self._has_keys
            check_vector_size(self._vector_size)
        n_keys_before = len(self.keys)
        block = self._fast(lines, self._vector_size)
        if block is None:
            block = np.stack([self._one(line, row, self._vector_size) for row, line in enumerate(lines)])
        if self._wanted is not None:
            added = self.keys[n_keys_before:]
            kept = [row for row, key in enumerate(added) if self._wanted(key)]
            self.keys[n_keys_before:] = [added[row] for row in kept]
            block = block[kept]
        check_amount(self._n_kept + len(block), self._vector_size)
        self._blocks.append(block)
        self._n_kept += len(block)
        self.n_rows += len(lines)

    def _fast(self, lines: list[bytes], vector_size: int) -> Vectors | None:
        if self._has_keys:
            parts = [line.partition(b" ") for line in lines]
            keys, rests = [part[0] for part in parts], [part[2] for part in parts]
        else:
            keys, rests = [], lines
        if any(rest.count(self._separator) != vector_size - 1 for rest in rests):
            return None
        numbers = _parse(b" ".join(rests))
        if numbers is None or len(numbers) != len(lines) * vector_size:
            return None
        self.keys.extend(key.decode("utf-8", "replace") for key in keys)
        return numbers.reshape(len(lines), vector_size)

    def _one(self, line: bytes, row: int, vector_size: int) -> Vectors:
        fields = line.rsplit(None, vector_size) if self._has_keys else line.split()
        number = self.n_rows + row + 1
        if len(fields) != vector_size + self._has_keys:
            raise _unequal(number, len(fields) - self._has_keys, vector_size)
        if self._has_keys:
            key = fields.pop(0)
            # A key may hold spaces (GloVe's ". . ."), but one that ends in a number is a row with one too many.
            if len(key.split()) > 1 and _parse(key.split()[-1]) is not None:
                raise _unequal(number, len(line.split()) - 1, vector_size)
            self.keys.append(key.decode("utf-8", "replace"))
        numbers = _parse(b" ".join(fields))
        if numbers is None or len(numbers) != vector_size:
            raise InputError(
                "A vector holds something that is not a number.",
                received=f"row {number}: {line[:80].decode('utf-8', 'replace')}",
                remedy="Mend or remove this row.",
            )
        return numbers


def read_binary_rows(
    stream: BinaryIO, header: Header, first: int | None, tick: Tick, wanted: Wanted | None = None
) -> tuple[list[str], Vectors]:
    """Read the rows of word2vec's binary format; `stream` stands behind the header.

    With `wanted` all rows are read, and only those are kept.

    Raises
    ------
    InputError
        The file ends too early, or its bytes are no vectors; the message tells the row, counting from 1.
    """
    check_vector_size(header.vector_size)
    n_rows = header.n_keys if first is None else min(first, header.n_keys)
    if wanted is None:
        check_amount(n_rows, header.vector_size)
    buffer = stream.read(_BYTES_AT_ONCE)
    dtype = binary_dtype(buffer, header.vector_size) or np.dtype("<f4")
    n_bytes = header.vector_size * dtype.itemsize
    keys: list[str] = []
    blocks: list[Vectors] = []
    position = 0
    pieces: list[bytes] = []
    for row in range(1, n_rows + 1):
        if len(buffer) - position < LONGEST_KEY_BYTES + n_bytes + 2:
            blocks.extend(_as_vectors(pieces, header.vector_size, dtype))
            pieces = []
            buffer = buffer[position:] + stream.read(_BYTES_AT_ONCE + n_bytes)
            position = 0
            tick()
        space = buffer.find(b" ", position, position + LONGEST_KEY_BYTES)
        if space < 0 or space + 1 + n_bytes > len(buffer):
            raise InputError(
                "The file of vectors is cut short or damaged.",
                received=f"row {row:,} of {header.n_keys:,}",
                remedy="Download or export it again.",
            )
        key = buffer[position:space].lstrip(b"\n").decode("utf-8", "replace")
        if wanted is None or wanted(key):
            keys.append(key)
            pieces.append(buffer[space + 1 : space + 1 + n_bytes])
            if wanted is not None:
                check_amount(len(keys), header.vector_size)
        position = space + 1 + n_bytes
    blocks.extend(_as_vectors(pieces, header.vector_size, dtype))
    if first is None and (buffer[position:] + stream.read(1024)).strip():
        raise _other_number(header.n_keys, n_rows + 1)
    if not blocks:
        raise no_vectors() if wanted is None or not n_rows else none_wanted(n_rows)
    return keys, np.concatenate(blocks)


def _as_vectors(pieces: list[bytes], vector_size: int, dtype: np.dtype[np.floating]) -> Iterator[Vectors]:
    if pieces:
        yield np.frombuffer(b"".join(pieces), dtype).astype(np.float32).reshape(-1, vector_size)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := stream.readline(_LONGEST_LINE_BYTES):
        number += 1
        if len(line) == _LONGEST_LINE_BYTES:
            raise InputError(
                "A line is too long for a vector.",
                received=f"line {number:,}",
                remedy="Bring one vector a line, with at most 10,000 numbers.",
            )
        yield line


def _blocks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Yield lines in blocks of bounded length, whatever the lines are like."""
    block: list[bytes] = []
    n_bytes = 0
    for line in lines:
        block.append(line)
        n_bytes += len(line)
        if len(block) == _LINES_AT_ONCE or n_bytes >= _BYTES_AT_ONCE:
            yield block
            block, n_bytes = [], 0
    if block:
        yield block


def _parse(text: bytes) -> Vectors | None:
    """Return the numbers of a text parted by white space, or None when it holds something else."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, np.float32, sep=" ")
        except (DeprecationWarning, ValueError):
            return None


def no_vectors() -> InputError:
    """Return the error of a file without vectors."""
    return InputError("The file holds no vectors.", remedy="Bring a file of vectors.")


def none_wanted(n_rows: int) -> InputError:
    """Return the error of a file of which no key is wanted."""
    return InputError(
        "None of the vectors is of a word of the dataset.",
        received=f"{n_rows:,} vectors",
        remedy="Choose a dataset in the language of the vectors, or keep all of them.",
    )


def _unequal(row: int, found: int, expected: int) -> InputError:
    return InputError(
        "The vectors have different lengths.",
        received=f"row {row:,} has {found:,} numbers, the file has {expected:,}",
        remedy="Give every key the same number of numbers.",
    )


def _other_number(promised: int, found: int) -> InputError:
    return InputError(
        "The first line promises another number of vectors than the file holds.",
        received=f"promised {promised:,}, found {found:,}{' or more' if found > promised else ''}",
        remedy="The file may be cut short: download or export it again.",
    )
