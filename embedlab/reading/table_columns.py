"""The columns of a table: their names, their number, and finding one by name or number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from embedlab.core.errors import InputError, NotFoundError, shorten
from embedlab.reading.cells import clean_text

MAX_COLUMNS: Final = 1000


def column_names(header: Sequence[str]) -> list[str]:
    """Return the names of a header row; an empty or repeated name is replaced by the column's 0-based number."""
    given = [clean_text(name).strip() for name in header]
    names: dict[str, None] = {}
    for index, name in enumerate(given):
        if not name or name in names:
            name = str(index)
            while name in names or name in given[index + 1 :]:
                name = f"{name} (column {index})"
        names[name] = None
    return list(names)


def header_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a header as long as the rows below it.

    Where it is one cell shorter, the rows have an index in front (as R writes it), or a separator at their end.
    """
    lengths = [len(row) for row in rows]
    if not lengths or min(lengths) != len(header) + 1 or max(lengths) != min(lengths):
        return list(header)
    return [*header, ""] if not any(row[-1].strip() for row in rows) else ["", *header]


def check_column_count(n_columns: int) -> None:
    """Raise `InputError` for no column, and for more than 1,000."""
    if n_columns < 1:
        raise InputError("The table has no columns.", remedy="Choose a table with at least one column.")
    if n_columns > MAX_COLUMNS:
        raise InputError(
            f"The table has more than {MAX_COLUMNS:,} columns.",
            received=f"{n_columns:,} columns",
            remedy="Check the separator, or keep only the columns that are needed.",
        )


def resolve_column(names: Sequence[str], column: str | int) -> int:
    """Return the 0-based position of a column given by name (tried first) or by number.

    Raises
    ------
    NotFoundError
        There is no such column; the remedy lists the existing ones.
    """
    if isinstance(column, str) and column in names:
        return list(names).index(column)
    text = str(column).strip()
    if text.isascii() and text.isdigit() and len(text) < 6 and int(text) < len(names):
        return int(text)
    known = ", ".join(shorten(name, 40) for name in names[:20])
    raise NotFoundError(
        "The table has no such column.",
        received=column,
        remedy=f"Choose one of: {known}; or a number from 0 to {len(names) - 1}.",
    )
