"""Which column holds the keys: detected from names and values, chosen by the user, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from embedlab.core.errors import Choice, InputError, NotFoundError, UnsureError
from embedlab.kinds.vectors.column_roles import column_place, exact_key_name
from embedlab.reading.column_names import bare, names_of
from embedlab.reading.columns import is_number

#: With more distinct values than this, a column holds keys of which a few occur twice; with fewer than the other share
#: it holds classes.
_SHARE_KEYS: Final = 0.9
_SHARE_CLASSES: Final = 0.5
_SHOWN: Final = 3

Keys = Literal["named", "numbered"]


@dataclass(frozen=True)
class KeyColumn:
    """The column of the keys by name, or None where rows are numbered, and why."""

    name: str | None
    reason: str


def choose_key(
    columns: Mapping[str, Sequence[str]], *, named: bool, keys: Keys | None, key_column: str | None
) -> KeyColumn:
    """Choose the column of the keys.

    Parameters
    ----------
    columns
        Cells of the columns that may hold them, by name, in order.
    named
        Whether the file itself names the columns.
    keys, key_column
        What the user chose, where they did.

    Raises
    ------
    NotFoundError
        There is no column `key_column`.
    UnsureError
        A column may hold keys that occur more than once, or classes.
    """
    if key_column is not None:
        place = column_place(list(columns), key_column)
        if place is None:
            raise NotFoundError(
                "There is no such column.", received=key_column, remedy=f"There are: {', '.join(list(columns)[:20])}."
            )
        return KeyColumn(list(columns)[place], "chosen")
    if keys == "numbered" or not columns:
        return KeyColumn(None, "Rows are numbered from 0.")
    if keys == "named":
        return KeyColumn(_most_distinct(columns, named=named), "It has the most different values.")
    return _detected(columns, named=named)


def _detected(columns: Mapping[str, Sequence[str]], *, named: bool) -> KeyColumn:
    if named:
        for usual in names_of("vector key"):
            for name in columns:
                if bare(name) == usual and (exact_key_name(name) or _distinct(columns[name]) == 1):
                    return KeyColumn(name, f"The column is called {name}.")
        first = next(iter(columns))
        if not first.strip() and _distinct(columns[first]) == 1:
            return KeyColumn(first, "The first column has no name and counts or names the rows.")
    best = _most_distinct(columns, named=named)
    is_only = len(columns) == 1 and not named
    if best is None or not (_is_text(columns[best]) or is_only):
        return KeyColumn(None, "No column holds different names: rows are numbered from 0.")
    share = _distinct(columns[best])
    if share == 1:
        return KeyColumn(best, f"All values of {_called(best, columns, named=named)} are different.")
    if share >= _SHARE_KEYS:
        return KeyColumn(best, f"Nearly all values of {_called(best, columns, named=named)} are different.")
    if share <= _SHARE_CLASSES:
        return KeyColumn(None, "No column holds different names: rows are numbered from 0.")
    sample = ", ".join(list(columns[best])[:_SHOWN])
    raise UnsureError(
        f"{_called(best, columns, named=named).capitalize()} may hold keys, some more than once, or classes.",
        choices=[
            Choice("--keys named", "the values are the keys", sample, {"keys": "named"}),
            Choice("--keys numbered", "rows are numbered, the values are a column", "0, 1, 2", {"keys": "numbered"}),
        ],
    )


def _called(name: str, columns: Mapping[str, Sequence[str]], *, named: bool) -> str:
    return f"the column {name}" if named else "the only column" if len(columns) == 1 else f"column {name}"


def _most_distinct(columns: Mapping[str, Sequence[str]], *, named: bool) -> str | None:
    """Return the first of the columns of text with the most different values; of all columns where none holds text."""
    texts = [name for name, cells in columns.items() if _is_text(cells)]
    among = texts or ([next(iter(columns))] if len(columns) == 1 and not named else list(columns))
    return max(among, key=lambda name: _distinct(columns[name]), default=None)


def _distinct(cells: Sequence[str]) -> float:
    filled = [cell for cell in cells if cell]
    return len(set(filled)) / len(filled) if filled else 0.0


def _is_text(cells: Sequence[str]) -> bool:
    return any(cell and not is_number(cell) for cell in cells[:1000])


def ask_first_number(rows: Sequence[Sequence[str]]) -> UnsureError:
    """Return the question whether the first number of each row is its key."""
    shown = [row for row in rows[:_SHOWN] if len(row) > 1]
    keys = ", ".join(row[0] for row in shown)
    first = f"{shown[0][0]} -> {' '.join(shown[0][1:4])} ..." if shown else ""
    return UnsureError(
        "Each row holds numbers alone. The first of them may be the key of the row, or part of the vector.",
        choices=[
            Choice("--keys named", "the first number is the key", f"{keys}; {first}", {"keys": "named"}),
            Choice(
                "--keys numbered",
                "all numbers are the vector and rows are numbered",
                f"0, 1, 2; 0 -> {' '.join(shown[0][:3]) if shown else ''} ...",
                {"keys": "numbered"},
            ),
        ],
    )


def check_not_empty(n: int) -> None:
    """Raise `InputError` for no rows."""
    if not n:
        raise InputError("The file holds no vectors.", remedy="Bring a file of vectors.")
