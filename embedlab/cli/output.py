"""Output of the command line: results on standard output, progress and errors on standard error.

With ``--json`` standard output is one JSON value and nothing else, even for errors.
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
    """Make both streams accept any character, even if the terminal's encoding does not support it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def write_json(value: Any) -> None:
    """Write the result of a command as the only JSON value on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


def write_line(line: str = "") -> None:
    """Write a line to standard output, without control characters that data may contain."""
    sys.stdout.write(one_line(line, 2000) + "\n")


def write_note(line: str) -> None:
    """Write a line that is not part of the result to standard error."""
    sys.stderr.write(one_line(line, 2000) + "\n")


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Write a table; without rows, write the note `empty` instead. Headings may also come from data."""
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
    """Return an error as JSON values."""
    return {"error": {"what": error.what, "received": error.received, "remedy": error.remedy}}


def write_error(error: EmbedLabError, *, as_json: bool, more: Mapping[str, Any] | None = None) -> None:
    """Write an error: as JSON to standard output, as text to standard error."""
    if as_json:
        write_json({**error_as_json(error), **(more or {})})
    else:
        write_note(f"Error: {error}")


class ProgressLine:
    """Progress on standard error: one updated line on a terminal, an occasional new line elsewhere."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._written = ""
        self._share = -1.0
        self._stage = ""
        self._at = 0.0

    def show(self, share_done: float, stage: str, rate: float | None, rate_unit: str, left: str) -> None:
        """Show the progress; `left` is the remaining time in words."""
        line = f"{share_done:4.0%}  {stage}"
        if rate is not None:
            line += f"  {rate:,.0f} {rate_unit}"
        if left:
            line += f"  {left}"
        if self._is_terminal:
            sys.stderr.write("\r" + line.ljust(len(self._written)))
            sys.stderr.flush()
            self._written = line
        elif self._is_worth_a_line(share_done, stage):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
            self._share, self._stage, self._at = share_done, stage, time.monotonic()

    def end(self) -> None:
        """Clear the terminal's line."""
        if self._is_terminal and self._written:
            sys.stderr.write("\r" + " " * len(self._written) + "\r")
            sys.stderr.flush()
            self._written = ""

    def _is_worth_a_line(self, share_done: float, stage: str) -> bool:
        if stage != self._stage or share_done - self._share >= _SPARSE_SHARE:
            return True
        return share_done > self._share and time.monotonic() - self._at > _SPARSE_INTERVAL_S
