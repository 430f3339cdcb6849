"""Times of events as seconds since 1970: numbers, ISO 8601, and dates in either order."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

Times = npt.NDArray[np.float64]

#: Numbers from the first value on are nano-, micro- or milliseconds rather than seconds.
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
_DAY_FIRST = r"^\s*(?:1[3-9]|2\d|3[01])[-/.]\d{1,2}[-/.]\d{2,4}"


def seconds_of(cells: Sequence[str], *, day_first: bool) -> Times:
    """Return `(n,)` float64 seconds since 1970, or plain numbers as they are; NaN where a cell is neither.

    Times without a zone are read as UTC: only differences and the order count.
    """
    texts = pd.Series(list(cells), dtype="object").astype(str).str.strip()
    seconds = pd.to_numeric(texts, errors="coerce").to_numpy(np.float64, copy=True)
    seconds[~np.isfinite(seconds)] = np.nan
    for bound, factor in _UNITS:
        seconds[np.abs(seconds) >= bound] /= factor
    rest = np.isnan(seconds) & (texts != "").to_numpy()
    if rest.any():
        seconds[rest] = _dates(texts[rest], day_first=day_first)
    return seconds


def _dates(texts: pd.Series[Any], *, day_first: bool) -> Times:
    distinct = texts.drop_duplicates()
    with warnings.catch_warnings():
        # pandas warns about dates whose order contradicts `dayfirst`, which ISO dates do.
        warnings.simplefilter("ignore")
        parsed = pd.to_datetime(distinct, errors="coerce", utc=True, format="mixed", dayfirst=day_first)
    known = pd.Series(parsed.to_numpy(), index=distinct.to_numpy())
    found = cast("Any", texts.map(known).to_numpy()).astype("datetime64[ns]")
    seconds: Times = found.astype(np.int64) / 1e9
    seconds[np.isnat(found)] = np.nan
    return seconds


def are_day_first(cells: Sequence[str]) -> bool:
    """Return whether a cell can only be a date with the day before the month, such as 25/12/2020."""
    return bool(pd.Series(list(cells), dtype="object").astype(str).str.contains(_DAY_FIRST, regex=True).any())


def look_like_times(cells: Sequence[str]) -> bool:
    """Return whether nearly all cells are dates, or numbers of seconds since 1970 after 1990."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled:
        return False
    numbers = pd.to_numeric(pd.Series(filled), errors="coerce").to_numpy()
    seconds = seconds_of(filled, day_first=False)
    recent = (seconds > 631_152_000) & (seconds < 7_258_118_400)
    # A plain number that is not a time of our days, such as a year, is not taken for one.
    plausible = np.where(np.isnan(numbers), np.isfinite(seconds), recent)
    return bool(plausible.mean() >= 0.95)
