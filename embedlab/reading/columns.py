"""What the columns of a table hold: whole numbers, numbers or text, told from some of their cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

_INTEGER = re.compile(r"[+-]?\d{1,18}")


def is_number(text: str) -> bool:
    """Tell whether a cell reads as a number; `nan` and `inf` do too."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def column_type(values: Sequence[str]) -> str:
    """Return `integer`, `number`, `text` or `empty`; up to one cell in twenty may be something else."""
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return "empty"
    if sum(_INTEGER.fullmatch(value) is not None for value in filled) >= 0.95 * len(filled):
        return "integer"
    return "number" if sum(map(is_number, filled)) >= 0.95 * len(filled) else "text"
