"""Selected points as a short text for the address and the browser, as pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: A selection of more points is not sent to the browser, kept under a name, or restored from an address.
MOST_ROWS = 2000
_PART = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


def encode(rows: Iterable[int]) -> str:
    """Return rows as ascending ranges.

    Examples
    --------
    >>> encode([7, 0, 1, 2, 3])
    '0-3.7'
    """
    ranges: list[list[int]] = []
    for row in sorted({int(row) for row in rows}):
        if ranges and row == ranges[-1][1] + 1:
            ranges[-1][1] = row
        else:
            ranges.append([row, row])
    return ".".join(f"{start}-{end}" if end > start else f"{start}" for start, end in ranges)


def decode(text: str, n_points: int) -> tuple[int, ...] | None:
    """Return the rows of a text; None if it is not valid, or names more than `MOST_ROWS` or rows that do not exist.

    Parameters
    ----------
    text
        From a browser or an address, so anything.
    n_points
        Number of rows of the embedding.
    """
    rows: list[int] = []
    for part in text.split(".", MOST_ROWS + 1):
        match = _PART.fullmatch(part)
        if match is None or not match[0].isascii():
            return None
        start, end = int(match[1]), int(match[2] or match[1])
        previous = rows[-1] if rows else -1
        if not previous < start <= end < n_points or len(rows) + end - start + 1 > MOST_ROWS:
            return None
        rows.extend(range(start, end + 1))
    return tuple(rows)
