"""Numbers as people write them: with signs of currencies, percent signs, separators of thousands, decimal commas."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

#: Larger numbers count as missing: their squares would overflow.
LARGEST_NUMBER: Final = 1e100
_DIGITS: Final = r"(?:\d{1,3}(?:,\d{3})+|\d+)"
_POINT: Final = rf"[+-]?(?:{_DIGITS}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{{1,3}})?"
_COMMA: Final = r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?"
_DECIMAL_COMMA: Final = r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),(?:\d{1,2}|\d{4,})"
#: What may surround a number; space and no-break space included.
_AROUND: Final = r"[\s\u00a0$€£¥₹%]|(?:USD|EUR|GBP|CHF)"


def uses_decimal_comma(cells: pd.Series[str]) -> bool:
    """Return whether numbers are written as `1.234,50`: some can only be read like this, and none only otherwise."""
    stripped = _stripped(cells)
    with_comma = stripped.str.fullmatch(_DECIMAL_COMMA)
    only_point = stripped.str.fullmatch(_POINT) & ~stripped.str.fullmatch(_COMMA)
    return bool(with_comma.any() and not only_point.any())


def parse_numbers(cells: pd.Series[str], *, decimal_comma: bool = False) -> npt.NDArray[np.float64]:
    """Return the `(n,)` float64 numbers of cells; NaN where a cell is not a number of at most `LARGEST_NUMBER`.

    Parameters
    ----------
    cells
        Text: `1200`, `$1,200.50`, `85 %`, `1e-3`.
    decimal_comma
        Whether `1.234,50` is 1234.5.
    """
    stripped = _stripped(cells)
    pattern = _COMMA if decimal_comma else _POINT
    is_number = stripped.str.fullmatch(pattern).fillna(value=False).to_numpy(bool)
    plain = stripped.str.replace("." if decimal_comma else ",", "", regex=False)
    if decimal_comma:
        plain = plain.str.replace(",", ".", regex=False)
    numbers = np.full(len(cells), np.nan)
    if is_number.any():
        numbers[is_number] = plain[is_number].astype(float).to_numpy()
    numbers[~(np.abs(numbers) <= LARGEST_NUMBER)] = np.nan
    return numbers


def has_signs(cells: pd.Series[str]) -> bool:
    """Return whether any cell has a sign of a currency, a percent sign or a separator of thousands."""
    return bool(cells.str.contains(rf"{_AROUND}|\d,\d{{3}}(?!\d)", regex=True).any())


def _stripped(cells: pd.Series[str]) -> pd.Series[str]:
    stripped = cells.fillna("").str.strip()
    marked = stripped.str.contains(_AROUND, regex=True)
    if marked.any():
        stripped = stripped.where(~marked, stripped.str.replace(_AROUND, "", regex=True))
    return stripped
