"""Recognizing a table of ratings: by the names of its columns, else by their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from embedlab.kinds.guess import Guess
from embedlab.reading.column_names import holds_by_name
from embedlab.reading.columns import ColumnType, column_type, is_number
from embedlab.reading.opened import TableSample

_NEEDED: Final = frozenset({"user", "item", "rating"})
_EARLIEST_TIME_S: Final = 1e8
_MOST_RATING_VALUES: Final = 30
_LARGEST_RATING: Final = 1000


def ratings_in_table(kind: str, table: TableSample) -> Guess | None:
    """Return a guess if columns hold user, item and rating; `kind` is the name that the guess carries."""
    cells = [[row[index] for row in table.rows] for index in range(len(table.names))]
    types = [column_type(values) for values in cells]
    roles, reason = (_by_name(table.names, types), "named") if table.table_format.has_header else ({}, "")
    if not roles:
        roles, reason = _by_value(cells, types), "found by their values"
    if not roles:
        return None
    return Guess.of_table(kind, table, roles, f"The columns of user, item and rating are {reason}.")


def _by_name(names: Sequence[str], types: Sequence[ColumnType]) -> dict[int, str]:
    roles: dict[int, str] = {}
    for index, name in enumerate(names):
        role = holds_by_name(name)
        if role in {*_NEEDED, "time"} and role not in roles.values():
            if role == "rating" and types[index] == ColumnType.TEXT:
                continue
            roles[index] = role
    return roles if set(roles.values()) >= _NEEDED else {}


def _by_value(cells: Sequence[Sequence[str]], types: Sequence[ColumnType]) -> dict[int, str]:
    """Return roles for user, item, rating[, time] in this order, the order of all published files without a header."""
    if len(cells) not in {3, 4} or not (_are_ids(cells[0], types[0]) and _are_ids(cells[1], types[1])):
        return {}
    if types[2] not in {ColumnType.INTEGER, ColumnType.NUMBER} or not _are_ratings(cells[2]):
        return {}
    roles = {0: "user", 1: "item", 2: "rating"}
    if len(cells) == 4:
        if types[3] != ColumnType.TEXT and not _are_times(cells[3]):
            return {}
        roles[3] = "time"
    return roles


def _are_ids(values: Sequence[str], column_type: ColumnType) -> bool:
    if column_type == ColumnType.INTEGER:
        return not _are_times(values)
    return column_type == ColumnType.TEXT and sum(" " not in value for value in values) > 0.9 * len(values)


def _are_ratings(values: Sequence[str]) -> bool:
    numbers = {float(value) for value in values if is_number(value)}
    finite = [number for number in numbers if abs(number) < float("inf")]
    return len(numbers) <= _MOST_RATING_VALUES and all(abs(number) <= _LARGEST_RATING for number in finite)


def _are_times(values: Sequence[str]) -> bool:
    numbers = [float(value) for value in values if is_number(value)]
    return bool(numbers) and min(numbers) > _EARLIEST_TIME_S
