"""Typed lines: `A` describes an item, `C` begins a case (a user), `V` is a vote (an event of that case).

Source: the DST format of Microsoft Research, as in "Anonymous Microsoft Web Data" of the UCI repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from embedlab.kinds.reading_report import Changes
from embedlab.kinds.sequences.events import EventBatch
from embedlab.kinds.sequences.options import SequencesOptions
from embedlab.kinds.sequences.shapes.lines import Pending, open_lines
from embedlab.reading.delimited import split_rows
from embedlab.reading.opened import OpenedUpload

_TYPED: Final = re.compile(r"[A-Z],")
_SHARE: Final = 0.98


def are_typed(lines: Sequence[str]) -> bool:
    """Return whether lines have types, with cases and votes among them."""
    filled = [line for line in lines if line.strip()]
    types = [line[0] for line in filled if _TYPED.match(line)]
    return len(types) >= max(3, _SHARE * len(filled)) and {"C", "V"} <= set(types)


def read_typed(
    upload: OpenedUpload, options: SequencesOptions, changes: Changes, tick: Callable[[float], None]
) -> Iterator[EventBatch]:
    """Yield the votes of each case, with the titles of the items so far."""
    pending, titles, user, n_empty, n_events = Pending(), dict[str, str](), "", 0, 0
    with open_lines(upload, options, changes) as reader:
        for number, line in enumerate(reader):
            kind = line[:2]
            if kind == "V,":
                item = line[2:].split(",", 1)[0].strip()
                pending.add(user, [item])
                n_events += 1
                if pending.full():
                    yield pending.take(titles)
                    tick(reader.share_read)
            elif kind == "C,":
                n_empty += bool(user) and not n_events
                cells = _cells(line)
                # The quoted and the plain number are the same; a case without a number is named by its line.
                user, n_events = next((cell for cell in cells[1:] if cell), f"line {number}"), 0
            elif kind == "A,":
                cells = _cells(line)
                if len(cells) > 3 and cells[1] and cells[3]:
                    titles[cells[1]] = cells[3]
        n_empty += bool(user) and not n_events
    if n_empty:
        changes.leave_out("cases without an event", user, n_empty)
    yield pending.take(titles)
    tick(1.0)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(split_rows(iter([line]), ",", quoting=True), [])]
