"""The columns of a table: their names, their number, and finding one by name or number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from embedlab.core.errors import InputError, NotFoundError, shorten
from embedlab.reading.cells import clean_text

MAX_COLUMNS: Final = 1000
_MOST_SHOWN: Final = 5
_LONGEST_SHOWN: Final = 40
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def column_names(header: Sequence[str]) -> list[str]:
    """Return the names of a header row, all different: an empty name becomes that of its place, and repeats a number.

    Examples
    --------
    >>> column_names(["", "price", "city", "price"])
    ['column 1', 'price', 'city', 'price (2)']
    """
    given = [clean_text(name).strip() for name in header]
    all_given = set(given)
    names: dict[str, None] = {}
    for place, name in enumerate(given):
        first = name or unnamed_column(place)
        unique, n = first, 2
        while unique in names or (unique != name and unique in all_given):
            unique, n = f"{first} ({n})", n + 1
        names[unique] = None
    return list(names)


def unnamed_column(place: int) -> str:
    """Return what a column without a name is called, from its 0-based position.

    Examples
    --------
    >>> unnamed_column(0)
    'column 1'
    """
    return f"column {place + 1}"


def column_in_sentence(names: Sequence[str], place: int, *, named: bool) -> str:
    """Return a column as people speak of it: by its name, or else by its place.

    Options and flags count columns without a header from 0, so a sentence does not show a number that looks like one.

    Examples
    --------
    >>> column_in_sentence(["user", "count"], 1, named=True)
    'column count'
    >>> column_in_sentence(["0", "1"], 1, named=False)
    'second column'
    """
    if named:
        return f"column {names[place]}"
    return f"{_ORDINALS[place] if place < len(_ORDINALS) else _ordinal(place + 1)} column"


def _ordinal(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ends.get(number % 10, 'th')}"


def renamed_columns(header: Sequence[str], names: Sequence[str]) -> str:
    """Return in a sentence which columns of a header have other names; empty if none has.

    Parameters
    ----------
    header, names
        The cells of the header row, and what `column_names` made of them.
    """
    given = [clean_text(cell).strip() for cell in header]
    changed = [name for cell, name in zip(given, names, strict=True) if cell != name]
    if not changed:
        return ""
    n_empty = sum(not cell for cell in given)
    n_repeated = len(changed) - n_empty
    parts = [(n_empty, "has no name", "have no name"), (n_repeated, "repeats a name", "repeat a name")]
    said = " and ".join(f"{n:,} {one if n == 1 else several}" for n, one, several in parts if n)
    shown = ", ".join(shorten(name, _LONGEST_SHOWN) for name in changed[:_MOST_SHOWN])
    rest = f" and {len(changed) - _MOST_SHOWN:,} more" if len(changed) > _MOST_SHOWN else ""
    return f"Of the columns, {said}: now called {shown}{rest}."


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
