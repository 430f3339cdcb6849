"""Rows as a short text, for the address of a page, a browser, a file and a job."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable

import numpy as np

from embedlab.exploration.selections.selection import Selection

#: A selection of more points is not part of an address, and is sent to the browser as bits.
MOST_ROWS = 2000
#: Longer ranges are packed.
_LONGEST_RANGES = 40_000
_PACKED = "~"
_PART = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


def encode(rows: Iterable[int]) -> str:
    """Return rows as ascending ranges.

    Examples
    --------
    >>> encode([7, 0, 1, 2, 3])
    '0-3.7'
    """
    ascending = np.unique(np.fromiter(rows, dtype=np.int64))
    if not len(ascending):
        return ""
    gaps = np.flatnonzero(np.diff(ascending) > 1)
    starts = ascending[np.r_[0, gaps + 1]].tolist()
    ends = ascending[np.r_[gaps, len(ascending) - 1]].tolist()
    return ".".join(f"{start}-{end}" if end > start else f"{start}" for start, end in zip(starts, ends, strict=True))


def decode(text: str, n_points: int, most: int = MOST_ROWS) -> tuple[int, ...] | None:
    """Return the rows of a text; None if it is not valid, or names more than `most` or rows that do not exist.

    Parameters
    ----------
    text
        From a browser or an address, so anything.
    n_points
        Number of rows of the embedding.
    """
    rows: list[int] = []
    for part in text.split(".", most + 1):
        match = _PART.fullmatch(part)
        if match is None or not match[0].isascii():
            return None
        start, end = int(match[1]), int(match[2] or match[1])
        previous = rows[-1] if rows else -1
        if not previous < start <= end < n_points or len(rows) + end - start + 1 > most:
            return None
        rows.extend(range(start, end + 1))
    return tuple(rows)


def as_text(selection: Selection) -> str:
    """Return a selection of any size as text: ranges, or compressed bits if those would be long."""
    rows = selection.rows
    n_ranges = 1 + np.count_nonzero(np.diff(rows) > 1)
    if 2 * n_ranges <= _LONGEST_RANGES and len(text := encode(rows)) <= _LONGEST_RANGES:
        return text
    return _PACKED + base64.b64encode(zlib.compress(selection.bits, 6)).decode()


def from_text(text: str, n_keys: int, *steps: str) -> Selection | None:
    """Return the selection of a text of `as_text`; None if it is not valid for this number of keys."""
    if not text.startswith(_PACKED):
        rows = decode(text, n_keys, n_keys)
        return None if rows is None else Selection.of_rows(rows, n_keys, *steps)
    n_bytes = -(-n_keys // 8)
    try:
        unpacking = zlib.decompressobj()
        bits = unpacking.decompress(base64.b64decode(text[1:].encode("ascii"), validate=True), n_bytes + 1)
    except (binascii.Error, zlib.error, UnicodeEncodeError):
        return None
    if len(bits) != n_bytes or int.from_bytes(bits, "little") >> n_keys:
        return None
    return Selection(bits, n_keys, steps)
