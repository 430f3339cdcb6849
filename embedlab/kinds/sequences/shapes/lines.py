"""Files of lines: one sequence or basket per line, typed lines, and requests of a web server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, cast

from embedlab.kinds.reading_report import Changes
from embedlab.kinds.sequences.events import EventBatch
from embedlab.kinds.sequences.options import SequencesOptions
from embedlab.reading.delimited import split_rows
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import open_text
from embedlab.reading.tables.table_format import MAX_RECORD_BYTES, too_long

#: Events at a time.
BATCH_EVENTS: Final = 1 << 16
#: Tried in this order; the last one also separates words.
DELIMITERS: Final = ("\t", ";", ",", "|", " ")


class LineReader:
    """Lines of a text file, bounded in length, with progress."""

    def __init__(self, text: Any) -> None:
        self._text, self._clean = text, cast("Any", text).buffer

    def __iter__(self) -> Iterator[str]:
        for line in iter(lambda: self._text.readline(MAX_RECORD_BYTES), ""):
            if len(line) >= MAX_RECORD_BYTES:
                raise too_long(line[:40])
            yield line.rstrip("\n")

    @property
    def share_read(self) -> float:
        """Share of the stored file read so far, 0 to 1."""
        return float(self._clean.share_read)

    @property
    def n_repaired(self) -> int:
        """Characters that were invalid in the encoding so far."""
        return int(self._clean.n_repaired)


@contextmanager
def open_lines(upload: OpenedUpload, options: SequencesOptions, changes: Changes) -> Iterator[LineReader]:
    """Open the lines of a file; invalid characters are counted when the block ends."""
    encoding = options.encoding or upload.encoding
    with open_text(upload, encoding, upload.limits, options.member) as text:
        reader = LineReader(text)
        yield reader
        if reader.n_repaired:
            changes.convert("characters that are invalid in the encoding", encoding, reader.n_repaired)


class Pending:
    """Events that are gathered into batches."""

    def __init__(self) -> None:
        self.users: list[str] = []
        self.items: list[str] = []

    def add(self, user: str, items: Sequence[str]) -> None:
        """Add events of one user."""
        self.users.extend([user] * len(items))
        self.items.extend(items)

    def full(self) -> bool:
        """Return whether a batch is complete."""
        return len(self.items) >= BATCH_EVENTS

    def take(self, titles: Mapping[str, str] = MappingProxyType({})) -> EventBatch:
        """Return the gathered events with titles of items, and forget them."""
        batch = EventBatch(self.users, self.items, titles=titles)
        self.users, self.items = [], []
        return batch


def likely_delimiter(lines: Sequence[str]) -> str:
    """Return the separator of the items of lines: the first that most lines contain."""
    filled = [line for line in lines if line.strip()][:1000]
    counts = {each: sum(each in line.strip() for line in filled) for each in DELIMITERS}
    return next((each for each in DELIMITERS if counts[each] > 0.5 * len(filled)), max(counts, key=counts.__getitem__))


def read_lines(
    upload: OpenedUpload, options: SequencesOptions, changes: Changes, tick: Callable[[float], None]
) -> Iterator[EventBatch]:
    """Yield the items of each line as events of one user; the key of a line is its first cell, or its number from 0."""
    delimiter, pending, number = options.delimiter or ",", Pending(), 0
    with open_lines(upload, options, changes) as reader:
        for row, line in enumerate(reader):
            if row < (options.skip_lines or 0) + (options.has_header is True) or not line.strip():
                continue
            cells = line.split() if delimiter == " " else _cells(line, delimiter, quoting=options.quoting is not False)
            if options.key_first and cells:
                pending.add(cells[0].strip() or str(number), [cell for cell in cells[1:] if cell.strip()])
            else:
                pending.add(str(number), [cell for cell in cells if cell.strip()])
            number += 1
            if pending.full():
                yield pending.take()
                tick(reader.share_read)
        yield pending.take()
        tick(1.0)


def _cells(line: str, delimiter: str, *, quoting: bool) -> list[str]:
    if quoting and '"' in line:
        return next(split_rows(iter([line]), delimiter, quoting=True), [])
    return line.split(delimiter)
