"""What the command line says: results on standard output, progress and errors on standard error.

With ``--json`` standard output is one JSON value and nothing else, on errors too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line

_LONGEST_CELL = 60
_SPARSE_SHARE = 0.1
_SPARSE_INTERVAL_S = 10.0


def prepare_streams() -> None:
    """Make both streams take any character, also where the terminal's encoding is a narrow one."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def write_json(value: Any) -> None:
    """Write the command's answer as the one JSON value on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


def write_line(line: str = "") -> None:
    """Write a line for people; what comes from data cannot steer their terminal."""
    sys.stdout.write(one_line(line, 2000) + "\n")


def write_note(line: str) -> None:
    """Write a line for people that is no part of the answer."""
    sys.stderr.write(one_line(line, 2000) + "\n")


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Write a table for people; `empty` says what to do when there is nothing. Headings may come from data too."""
    columns = [one_line(column, _LONGEST_CELL) for column in columns]
    cells = [[one_line(_text(cell), _LONGEST_CELL) for cell in row] for row in rows]
    if not cells:
        write_note(empty)
        return
    widths = [max(len(column), *(len(row[place]) for row in cells)) for place, column in enumerate(columns)]
    for row in (columns, *cells):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def _text(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def error_as_json(error: EmbedLabError) -> dict[str, Any]:
    """Return an error as programs get it."""
    return {"error": {"what": error.what, "received": error.received, "remedy": error.remedy}}


def write_error(error: EmbedLabError, *, as_json: bool, more: Mapping[str, Any] | None = None) -> None:
    """Tell an error: for programs on standard output, for people on standard error."""
    if as_json:
        write_json({**error_as_json(error), **(more or {})})
    else:
        write_note(f"Error: {error}")


class ProgressLine:
    """Progress on standard error: one line that moves on a terminal, now and then a line elsewhere."""

    def __init__(self) -> None:
        self._moves = sys.stderr.isatty()
        self._written = ""
        self._share = -1.0
        self._stage = ""
        self._at = 0.0

    def show(self, share_done: float, stage: str, rate: float | None, rate_unit: str, eta_s: float | None) -> None:
        """Show how far the work is."""
        line = f"{share_done:4.0%}  {stage}"
        if rate is not None:
            line += f"  {rate:,.0f} {rate_unit}"
        if eta_s is not None:
            line += f"  {eta_s:.0f} s to go"
        if self._moves:
            sys.stderr.write("\r" + line.ljust(len(self._written)))
            sys.stderr.flush()
            self._written = line
        elif self._is_worth_a_line(share_done, stage):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
            self._share, self._stage, self._at = share_done, stage, time.monotonic()

    def end(self) -> None:
        """Leave the terminal's line."""
        if self._moves and self._written:
            sys.stderr.write("\r" + " " * len(self._written) + "\r")
            sys.stderr.flush()
            self._written = ""

    def _is_worth_a_line(self, share_done: float, stage: str) -> bool:
        if stage != self._stage or share_done - self._share >= _SPARSE_SHARE:
            return True
        return share_done > self._share and time.monotonic() - self._at > _SPARSE_INTERVAL_S
