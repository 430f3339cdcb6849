"""How many words the cells of a column have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: A word of a script without spaces has about this many letters.
_LETTERS_OF_WORD: Final = 4


def mean_words(cells: Sequence[str]) -> float:
    """Return the mean number of words of the cells that are not empty; 0 if all are."""
    n_words = sum(max(len(cell.split()), _n_wide(cell) / _LETTERS_OF_WORD) for cell in cells)
    return n_words / max(1, sum(bool(cell) for cell in cells))


def _n_wide(cell: str) -> int:
    """Return the number of letters of scripts that are written without spaces."""
    return 0 if cell.isascii() else sum("\u0e00" <= letter <= "\u0eff" or letter >= "\u1000" for letter in cell)
