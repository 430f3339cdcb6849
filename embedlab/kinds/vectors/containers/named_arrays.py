"""Choosing one of several named arrays of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from embedlab.core.errors import Choice, InputError, NotFoundError, UnsureError

_USUAL: Final = ("embedding", "embed", "wte", "vector", "word")
_SHOWN: Final = 8


def choose_array(shapes: Mapping[str, tuple[int, ...]], wanted: str | None) -> str:
    """Return the name of the array that holds the vectors.

    Parameters
    ----------
    shapes
        Of the arrays of real numbers, by name.
    wanted
        What the user chose.

    Raises
    ------
    NotFoundError
        There is no array `wanted`.
    InputError
        None is a table.
    UnsureError
        Several are, and their names do not tell which holds the vectors.
    """
    tables = {name: shape for name, shape in shapes.items() if len(shape) == 2 and min(shape) > 0}
    if wanted is not None:
        if wanted not in tables:
            raise NotFoundError(
                "The file has no such table of numbers.",
                received=wanted,
                remedy=f"It has: {', '.join(list(tables)[:20]) or 'none'}.",
            )
        return wanted
    if not tables:
        raise InputError(
            "The file holds no table of vectors.",
            received=", ".join(f"{name} {shape}" for name, shape in list(shapes.items())[:10])
            or "no arrays of numbers",
            remedy="Save an array with a row for each key and a column for each dimension.",
        )
    usual = [name for name in tables if any(word in name.lower() for word in _USUAL)]
    candidates = usual if len(tables) > 1 and usual else list(tables)
    if len(candidates) > 1:
        raise UnsureError(
            "The file holds several tables of numbers, any of which may be the vectors.",
            choices=[
                Choice(f"--array {name}", "this table", _shown(tables[name]), {"array": name})
                for name in candidates[:_SHOWN]
            ],
        )
    return candidates[0]


def _shown(shape: tuple[int, ...]) -> str:
    return f"{shape[0]:,} vectors of {shape[1]:,} numbers"
