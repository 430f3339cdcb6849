"""Dates in the usual ways of writing them, and the parts that a model can use: year, month and weekday."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.kinds.columns.numbers import matches

_DIGITS_ONLY: Final = "%Y%m%d"
#: Pattern of a cell, and the format of `datetime.strptime`.
_FORMATS: Final = (
    (r"\d{4}-\d{1,2}-\d{1,2}", "%Y-%m-%d"),
    (r"\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?", "ISO8601"),
    (r"\d{8}T\d{6}", "%Y%m%dT%H%M%S"),
    (r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%m/%d/%Y"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
    (r"[A-Za-z]{3} \d{1,2}, \d{4}", "%b %d, %Y"),
    (r"(?:19|20)\d{6}", _DIGITS_ONLY),
)  # fmt: skip
_SHARE_OF_DATES: Final = 0.95
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class DateParts:
    """The parts of dates: `(n,)` arrays.

    Parameters
    ----------
    years
        float64, NaN where missing.
    months, weekdays
        int32 positions in `MONTHS` and `WEEKDAYS`, -1 where missing.
    """

    years: npt.NDArray[np.float64]
    months: npt.NDArray[np.int32]
    weekdays: npt.NDArray[np.int32]


def date_format(
    cells: pd.Series[str],
    counts: npt.NDArray[np.int64] | None = None,
    is_plain: npt.NDArray[np.bool_] | None = None,
) -> str | None:
    """Return the format of cells that are dates, nearly all in the same format; None if they are not dates.

    Parameters
    ----------
    cells
        Text without missing cells; distinct ones suffice.
    counts
        How often each occurs; once if left out.
    is_plain
        Which cells are plain numbers, as `numbers.plain_numbers` returns them; none if left out.
    """
    if cells.empty:
        return None
    weights = np.ones(len(cells)) if counts is None else counts.astype(np.float64)
    is_plain = np.zeros(len(cells), bool) if is_plain is None else is_plain
    stripped = cells.str.strip()
    fewest = _SHARE_OF_DATES * weights.sum()
    for pattern, written in _FORMATS:
        # Of plain numbers, only those without any sign can be dates.
        may_be = np.ones(len(cells), bool) if written == _DIGITS_ONLY else ~is_plain
        if weights[may_be].sum() < fewest:
            continue
        is_like = np.zeros(len(cells), bool)
        is_like[may_be] = matches(stripped[may_be], pattern, is_plain[may_be])
        if weights[is_like].sum() < fewest:
            continue
        is_date = ~np.isnat(parse_dates(cells, written))
        if weights[is_date].sum() >= fewest:
            return written
    return None


def parse_dates(cells: pd.Series[str], written: str) -> npt.NDArray[np.datetime64]:
    """Return the `(n,)` datetime64[s] of cells in a format, in UTC; NaT where a cell is not such a date."""
    parsed = pd.to_datetime(cells.fillna("").str.strip(), format=written, errors="coerce", utc=True)
    return parsed.dt.tz_localize(None).to_numpy().astype("datetime64[s]")


def date_parts(dates: npt.NDArray[np.datetime64]) -> DateParts:
    """Return year, month and weekday of dates."""
    known = ~np.isnat(dates)
    index = pd.DatetimeIndex(dates)
    return DateParts(
        np.where(known, index.year.to_numpy(np.float64, na_value=np.nan), np.nan),
        np.where(known, np.nan_to_num(index.month.to_numpy(np.float64)) - 1, -1).astype(np.int32),
        np.where(known, np.nan_to_num(index.day_of_week.to_numpy(np.float64)), -1).astype(np.int32),
    )
