"""Numbers as people write them: with signs of currencies, percent signs, separators of thousands, decimal commas."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

#: Larger numbers count as missing: their squares would overflow.
LARGEST_NUMBER: Final = 1e100
_DIGITS: Final = r"(?:\d{1,3}(?:,\d{3})+|\d+)"
_POINT: Final = rf"[+-]?(?:{_DIGITS}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{{1,3}})?"
_COMMA: Final = r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?"
_DECIMAL_COMMA: Final = r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),(?:\d{1,2}|\d{4,})"
#: What may surround a number; space and no-break space included.
_AROUND: Final = r"[\s\u00a0$€£¥₹%]|(?:USD|EUR|GBP|CHF)"

#: Numbers that are read without looking at each: digits, perhaps with a point and an exponent; none is infinite.
_PLAIN: Final = r"^-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?$"


def plain_numbers(cells: pd.Series[str]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the `(n,)` float64 numbers of cells that are plainly written, NaN for the others, and which these are.

    Plain are digits, perhaps with a minus sign, a decimal point and an exponent. Whole columns are parsed at once,
    hundred times faster than cell by cell.
    """
    texts = pa.array(cells, pa.large_string(), from_pandas=True)
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.utf8_trim_whitespace(texts)
    is_plain = np.asarray(pc.match_substring_regex(texts, _PLAIN).fill_null(False))
    if not is_plain.all():
        texts = pc.if_else(pa.array(is_plain), texts, pa.scalar(None, pa.large_string()))
    numbers = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
    return np.array(numbers, np.float64), is_plain


def matches(cells: pd.Series[str], pattern: str, is_plain: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return for each cell whether all of it matches a pattern of digits.

    Parameters
    ----------
    is_plain
        `(n,)` which cells consist of ASCII letters and digits, as `plain_numbers` returns them.
    """
    found = np.zeros(len(cells), bool)
    if is_plain.any():
        plain = pa.array(cells[is_plain], pa.large_string(), from_pandas=True)
        found[is_plain] = np.asarray(pc.match_substring_regex(plain, f"^(?:{pattern})$"))
    if not is_plain.all():
        found[~is_plain] = cells[~is_plain].astype(object).str.fullmatch(pattern).to_numpy(bool)
    return found


def uses_decimal_comma(cells: pd.Series[str]) -> bool:
    """Return whether numbers are written as `1.234,50`: some can only be read like this, and none only otherwise."""
    # A plain number has no comma.
    _, is_plain = plain_numbers(cells)
    others = _stripped(cells[~is_plain])
    if not others.str.fullmatch(_DECIMAL_COMMA).any():
        return False
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
    if not decimal_comma:
        numbers, is_plain = plain_numbers(cells)
        if not is_plain.all():
            numbers[~is_plain] = _parsed(cells[~is_plain], decimal_comma=False)
        return numbers
    return _parsed(cells, decimal_comma=True)


def _parsed(cells: pd.Series[str], *, decimal_comma: bool) -> npt.NDArray[np.float64]:
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
    stripped = cells.fillna("").astype(object).str.strip()
    marked = stripped.str.contains(_AROUND, regex=True)
    if marked.any():
        stripped = stripped.where(~marked, stripped.str.replace(_AROUND, "", regex=True))
    return stripped
