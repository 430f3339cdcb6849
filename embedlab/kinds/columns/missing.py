"""Cells that stand for a missing value."""

from __future__ import annotations

from typing import Final

import pandas as pd

#: In lower case, without surrounding spaces.
MISSING_MARKS: Final = frozenset(
    {"", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none", "?", "-", "--", "missing"}
)


def is_missing(cells: pd.Series[str]) -> pd.Series[bool]:
    """Return for each cell of text whether it is blank or a common mark of a missing value, such as `NA`."""
    return cells.isna() | cells.fillna("").str.strip().str.lower().isin(MISSING_MARKS)
