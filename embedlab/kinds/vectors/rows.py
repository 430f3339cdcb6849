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
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.vectors.formats import check_amount, check_vector_size
from embedlab.kinds.vectors.key_encodings import KeyDecoder
from embedlab.kinds.vectors.keyed_rows import KeyedRows
from embedlab.kinds.vectors.line_shapes import LineShape
from embedlab.kinds.vectors.row_faults import LENGTH, NO_KEY, NOT_NUMBERS, RowFaults

_LINES_AT_ONCE = 1000
BYTES_AT_ONCE = 1 << 22
_LONGEST_LINE_BYTES = 1 << 20
_SECONDS_BETWEEN_REPORTS = 0.5
#: A header may promise so many vectors more or less than there are; more means that the file is cut short.
SHARE_OFF = 0.01

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
    shape: LineShape,
    *,
    decoder: KeyDecoder,
    faults: RowFaults,
    changes: Changes,
    first: int | None,
    tick: Tick,
    wanted: Wanted | None = None,
) -> KeyedRows:
    """Read lines of a key and numbers, or of numbers alone.

    With `wanted` all rows are read and checked, and only those are kept, so that a file larger than memory can be cut
    to a vocabulary.

    Parameters
    ----------
    stream
        Bytes of text in an encoding that has ASCII as it is.
    shape
        As `shape_of` tells it from the first lines; `keyed` or `numbers`.
    decoder
        Of the keys.
    faults
        Collects rows that are left out: of another length, with something that is no number, without a key.
    changes
        Counts comments.
    first
        Read only this many rows; the others are counted.
    tick
        Called after each block.
    wanted
        Which keys to keep.

    Raises
    ------
    InputError
        Too many rows are left out, or the header promises a clearly different number of them.
    """
    parse = _TextRows(shape, decoder, faults, wanted)
    lines: Iterator[bytes] = (line for line in _lines(stream) if line.strip())
    for _ in islice(lines, shape.n_before):
        pass
    if shape.rows == "numbers":
        lines = without_comments(lines, changes)
    for block in _blocks(lines if first is None else islice(lines, first)):
        parse.add(block)
        tick()
    faults.check(parse.n_rows)
    n_in_file = parse.n_rows
    if first is not None:
        for _ in lines:
            n_in_file += 1
            tick()
    said = []
    if shape.announced is not None and shape.announced[0] != n_in_file:
        said.append(check_announced(shape.announced[0], n_in_file))
    vectors = parse.vectors()
    return KeyedRows(
        parse.keys,
        vectors,
        n_in_file=n_in_file,
        n_rows_read=parse.n_rows,
        positions=None if wanted is not None else parse.positions(),
        assumptions=said,
    )


class _TextRows:
    """Collects blocks of lines; quickly where all is well, line by line to find out what is not."""

    def __init__(self, shape: LineShape, decoder: KeyDecoder, faults: RowFaults, wanted: Wanted | None) -> None:
        check_vector_size(shape.vector_size)
        self.keys: list[str] = []
        self.n_rows = 0
        self._n_kept = 0
        self._has_keys = shape.rows == "keyed"
        self._wanted = wanted if self._has_keys else None
        self._shape = shape
        self._decoder = decoder
        self._faults = faults
        self._separator = None if shape.separator is None else shape.separator.encode()
        self._blocks: list[Vectors] = []

    def positions(self) -> list[int] | None:
        if not self._faults.positions:
            return None
        left_out = set(self._faults.positions)
        return [row for row in range(self.n_rows) if row not in left_out]

    def vectors(self) -> Vectors:
        if not self.n_rows:
            raise no_vectors()
        if not self._n_kept:
            raise none_wanted(self.n_rows)
        return np.concatenate(self._blocks)

    def add(self, lines: list[bytes]) -> None:
        size = self._shape.vector_size
        lines = [line.rstrip(b" \r\n" if self._separator else b" \t\r\n") for line in lines]
        n_keys_before = len(self.keys)
        block = self._fast(lines, size)
        if block is None:
            rows = [self._one(line, self.n_rows + row) for row, line in enumerate(lines)]
            good = [row for row in rows if row is not None]
            block = np.stack(good) if good else np.empty((0, size), np.float32)
        if self._wanted is not None:
            added = self.keys[n_keys_before:]
            kept = [row for row, key in enumerate(added) if self._wanted(key)]
            self.keys[n_keys_before:] = [added[row] for row in kept]
            block = block[kept]
        check_amount(self._n_kept + len(block), size)
        self._blocks.append(block)
        self._n_kept += len(block)
        self.n_rows += len(lines)

    def _fast(self, lines: list[bytes], size: int) -> Vectors | None:
        separator = self._separator or b" "
        if self._has_keys:
            parts = [line.partition(separator) for line in lines]
            keys, rests = [part[0] for part in parts], [part[2] for part in parts]
            if not all(keys) or any(key.startswith(b'"') or key[:1].isspace() or key[-1:].isspace() for key in keys):
                return None
        else:
            keys, rests = [], lines
        if any(rest.count(separator) != size - 1 for rest in rests):
            return None
        numbers = self._parse(b" ".join(rests))
        if numbers is None or len(numbers) != len(lines) * size:
            return None
        self.keys.extend(map(self._decoder.decode, keys))
        return numbers.reshape(len(lines), size)

    def _parse(self, text: bytes) -> Vectors | None:
        if self._shape.decimal_comma:
            text = text.replace(b",", b".")
        if self._separator is not None:
            text = text.replace(self._separator, b" ")
        return parse_numbers(text)

    def _one(self, line: bytes, row: int) -> Vectors | None:
        size = self._shape.vector_size
        key, cells = self._cells(line)
        if len(cells) != size:
            self._faults.add(row, LENGTH, self._place(row, f"has {len(cells):,} numbers, the file has {size:,}"))
            return None
        numbers = self._parse(b" ".join(cells))
        if numbers is None or len(numbers) != size:
            shown = line[:80].decode("utf-8", "replace")
            self._faults.add(row, NOT_NUMBERS, f"{self._place(row, '')[:-1]}: {shown}")
            return None
        if key is not None:
            if not key:
                self._faults.add(row, NO_KEY, self._place(row, f"begins with {cells[0].decode('utf-8', 'replace')}"))
                return None
            self.keys.append(self._decoder.decode(key))
        return numbers

    def _cells(self, line: bytes) -> tuple[bytes | None, list[bytes]]:
        """Return the key, None where rows have none, and the cells of the numbers."""
        size = self._shape.vector_size
        if self._separator is not None:
            if self._has_keys and line.startswith(b'"') and (end := line.find(b'"' + self._separator, 1)) > 0:
                # A key in quotes may hold the separator; a quote inside it is doubled.
                key, rest = line[1:end].replace(b'""', b'"'), line[end + 1 + len(self._separator) :]
                return key, [cell.strip() for cell in rest.split(self._separator)]
            cells = [cell.strip() for cell in line.split(self._separator)]
            return (cells[0], cells[1:]) if self._has_keys else (None, cells)
        cells = line.split()
        if not self._has_keys:
            return None, cells
        if len(cells) == size and line[:1].isspace() and parse_numbers(b" ".join(cells)) is not None:
            return b"", cells
        fields = line.rsplit(None, size)
        if len(fields) <= size:
            return b"?", cells[1:]
        # A key may hold spaces (GloVe's ". . ."), but one that ends in a number is a row with one too many.
        key_cells = fields[0].split()
        if len(key_cells) > 1 and parse_numbers(key_cells[-1]) is not None:
            return key_cells[0], cells[1:]
        return fields[0].strip(b" \t"), fields[1:]

    def _place(self, row: int, what: str) -> str:
        n_before = self._shape.n_before
        line = f" (line {row + 1 + n_before:,})" if n_before else ""
        return f"row {row + 1:,}{line} {what}"


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
        # A byte order mark is no part of the first key.
        yield line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def bounded_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines of at most 1 MiB without a byte order mark; raises `InputError` for longer ones."""
    return _lines(stream)


def without_comments(lines: Iterator[bytes], changes: Changes) -> Iterator[bytes]:
    """Yield lines but those that begin with #, which are counted."""
    for line in lines:
        if line.lstrip().startswith(b"#"):
            changes.leave_out("lines with a comment", line.decode("utf-8", "replace").strip())
        else:
            yield line


def _blocks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Yield lines in blocks of bounded length, whatever the lines are like."""
    block: list[bytes] = []
    n_bytes = 0
    for line in lines:
        block.append(line)
        n_bytes += len(line)
        if len(block) == _LINES_AT_ONCE or n_bytes >= BYTES_AT_ONCE:
            yield block
            block, n_bytes = [], 0
    if block:
        yield block


def parse_numbers(text: bytes) -> Vectors | None:
    """Return the numbers of a text separated by white space, or None when it holds something else."""
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


def check_announced(promised: int, found: int) -> str:
    """Return a sentence about a header that is off by one (or one percent); raises `InputError` for more."""
    if abs(promised - found) > max(1, SHARE_OFF * promised):
        raise other_number(promised, found)
    return f"The first line promises {promised:,} vectors, the file holds {found:,}: all of them were read."


def other_number(promised: int, found: int) -> InputError:
    """Return the error of a header that promises another number of vectors than there are."""
    return InputError(
        "The first line promises another number of vectors than the file holds.",
        received=f"promised {promised:,}, found {found:,}{' or more' if found > promised else ''}",
        remedy="The file may be cut short: download or export it again.",
    )
