"""The type of the cells of a column, detected from some of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum


class ColumnType(StrEnum):
    """What most cells of a column are."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    EMPTY = "empty"


_INTEGER = re.compile(r"[+-]?\d{1,18}")


def is_number(text: str) -> bool:
    """Return whether a cell is a number; `nan` and `inf` are, too."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def column_type(values: Sequence[str]) -> ColumnType:
    """Return the type of a column from some of its cells; up to one cell in twenty may be of another type."""
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return ColumnType.EMPTY
    if sum(_INTEGER.fullmatch(value) is not None for value in filled) >= 0.95 * len(filled):
        return ColumnType.INTEGER
    return ColumnType.NUMBER if sum(map(is_number, filled)) >= 0.95 * len(filled) else ColumnType.TEXT
