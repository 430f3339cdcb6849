"""Guessing the columns of user, item, rating and time: by name, then by content."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.cleaning import parse_number, parse_time
from embedlab.reading.column_names import bare, names_of

_ROLES = ("user", "item", "rating", "time")
_SHARE_NUMERIC = 0.8


def guess_roles(
    names: Sequence[str] | None, rows: Sequence[Sequence[str | None]], chosen: Mapping[str, int] | None = None
) -> dict[str, int | None]:
    """Return the number of the column for each role; the time may have none.

    Parameters
    ----------
    names
        The header, or None if there is none: then the order user, item, rating, time is expected.
    rows
        Some rows, as text.
    chosen
        Roles whose column is already known.

    Raises
    ------
    InputError
        There are fewer than three columns, or none can be the rating.
    """
    n_columns = max(len(names or ()), max((len(row) for row in rows), default=0))
    if n_columns < 3:
        raise InputError(
            "Ratings need at least three columns: user, item and rating.",
            received=f"{n_columns} column{'' if n_columns == 1 else 's'}",
            remedy="Choose another separator, or a file with one rating per row.",
        )
    columns = [[row[column] if column < len(row) else None for row in rows] for column in range(n_columns)]
    roles = dict(chosen or {})
    if names is not None:
        _add_by_name(roles, names)
    free = [column for column in range(n_columns) if column not in roles.values()]
    if "rating" not in roles:
        roles["rating"] = _rating_column(columns, free, sum(role not in roles for role in ("user", "item")))
        free.remove(roles["rating"])
    for role in ("user", "item"):
        if role not in roles:
            if not free:
                raise InputError(f"No column is left for the {role}.", remedy="Choose the columns again.")
            roles[role] = free.pop(0)
    time = roles["time"] if "time" in roles else _time_column(columns, free)
    return {"user": roles["user"], "item": roles["item"], "rating": roles["rating"], "time": time}


def _add_by_name(roles: dict[str, int], names: Sequence[str]) -> None:
    plain = [bare(name) for name in names]
    for role in _ROLES:
        columns = (plain.index(name) for name in names_of(role) if name in plain)
        column = next((column for column in columns if column not in roles.values()), None)
        if role not in roles and column is not None:
            roles[role] = column


def _rating_column(columns: Sequence[Sequence[str | None]], free: Sequence[int], expected: int) -> int:
    """Return the expected column if it holds numbers, else the numeric column with the fewest different values."""
    numeric = [column for column in free if _share_numeric(columns[column]) >= _SHARE_NUMERIC]
    if len(free) > expected and free[expected] in numeric:
        return free[expected]
    if not numeric:
        raise InputError(
            "No column holds numbers that could be ratings.",
            remedy="Choose the column of the rating, or another separator.",
        )
    return min(numeric, key=lambda column: len(set(columns[column])))


def _time_column(columns: Sequence[Sequence[str | None]], free: Sequence[int]) -> int | None:
    """Return the first other column of dates, or of numbers as large as seconds since 1970 (from 1990 on)."""
    for column in free:
        times = [parse_time(value) for value in columns[column] if value]
        if times and sum(time > 631_152_000 for time in times) >= _SHARE_NUMERIC * len(columns[column]):
            return column
    return None


def _share_numeric(values: Sequence[str | None]) -> float:
    numbers = [value is not None and math.isfinite(parse_number(value)) for value in values]
    return sum(numbers) / max(1, len(numbers))
