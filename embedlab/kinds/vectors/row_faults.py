"""Rows that hold no usable vector: a few are left out and counted, many mean that the file is read wrongly."""

from __future__ import annotations

from typing import Final

from embedlab.core.errors import InputError
from embedlab.kinds.reading_report import Changes

#: Largest share of rows that may be left out.
MOST_LEFT_OUT: Final = 0.1
_ENOUGH_ROWS: Final = 10_000

LENGTH = "rows with another number of dimensions"
NOT_NUMBERS = "rows with something that is not a number"
NO_KEY = "rows with an empty key"
NOT_FINITE = "rows with NaN or an infinite number"

_WHAT: Final = {
    LENGTH: "The vectors have different lengths.",
    NOT_NUMBERS: "A vector holds something that is not a number.",
    NO_KEY: "A key is empty.",
    NOT_FINITE: "A vector holds NaN or an infinite number.",
}
_REMEDY: Final = {
    LENGTH: "Give every key the same number of numbers.",
    NOT_NUMBERS: "Correct or remove this row.",
    NO_KEY: "Give every vector a key.",
    NOT_FINITE: "Remove or fix these rows.",
}


class RowFaults:
    """Collects rows that are left out; `positions` are their 0-based numbers among all rows."""

    def __init__(self, changes: Changes) -> None:
        self.positions: list[int] = []
        self._changes = changes
        self._first: tuple[str, str] | None = None

    def add(self, row: int, reason: str, example: str) -> None:
        """Leave out a row (0-based), or raise `InputError` when too many are left out already."""
        self._first = self._first or (reason, example)
        self.positions.append(row)
        self._changes.leave_out(reason, example)
        if row > _ENOUGH_ROWS and len(self.positions) > 0.5 * row:
            raise self._refusal(row + 1)

    def check(self, n_rows: int) -> None:
        """Raise `InputError` when more than a tenth of all rows were left out; it names the first of them."""
        if len(self.positions) > MOST_LEFT_OUT * n_rows:
            raise self._refusal(n_rows)

    def _refusal(self, n_rows: int) -> InputError:
        reason, example = self._first or (LENGTH, "")
        more = f", and {len(self.positions) - 1:,} more of {n_rows:,} rows" if len(self.positions) > 1 else ""
        return InputError(_WHAT[reason], received=f"{example}{more}", remedy=_REMEDY[reason])
