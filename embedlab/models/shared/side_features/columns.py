"""What the columns of a table of users or items are: lists, categories, numbers or texts."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import (
    COUNT_COLUMN,
    KEY_COLUMN,
    LABEL_COLUMN,
    MEAN_COUNT_COLUMN,
    MEAN_RATING_COLUMN,
)

#: Columns that are computed from the ratings, so a model must not learn from them.
_COMPUTED: Final = frozenset({KEY_COLUMN, LABEL_COLUMN, COUNT_COLUMN, MEAN_RATING_COLUMN, MEAN_COUNT_COLUMN})
#: Separates the values of a list, such as genres.
SEPARATOR: Final = "|"
_YEARS: Final = (1000, 2200)
#: A column with at most this many different values is a category even if hardly any value repeats.
_FEW_VALUES: Final = 50
#: Values of a category repeat this often on average.
_LEAST_REPETITION: Final = 3
#: Texts have this many words on average.
_LEAST_WORDS: Final = 3
#: Numbers with more different values are divided into this many ranges of about the same number of rows.
_N_RANGES: Final = 5


class ColumnKind(StrEnum):
    """What the values of a column are."""

    LIST = "list"
    CATEGORY = "category"
    YEAR = "year"
    NUMBER = "number"
    TEXT = "text"
    UNUSABLE = "unusable"


def feature_columns(table: pd.DataFrame) -> dict[str, ColumnKind]:
    """Return the columns of a dataset's table of users or items that describe them, and what they are."""
    kinds = {str(name): _kind(table[name]) for name in table.columns if name not in _COMPUTED}
    return {name: kind for name, kind in kinds.items() if kind != ColumnKind.UNUSABLE}


def _kind(column: pd.Series) -> ColumnKind:
    known = column[column.notna()]
    if len(known) and not pd.api.types.is_numeric_dtype(known):
        known = known[known.astype(str).str.strip() != ""]
    n_different = known.nunique()
    # The same value in all rows says nothing; a missing value is a difference.
    if n_different == 0 or (n_different == 1 and len(known) == len(column)):
        return ColumnKind.UNUSABLE
    if pd.api.types.is_bool_dtype(known):
        return ColumnKind.CATEGORY
    if pd.api.types.is_numeric_dtype(known):
        return _kind_of_numbers(str(column.name), known)
    texts = known.astype(str)
    if texts.str.contains(SEPARATOR, regex=False).any():
        return ColumnKind.LIST
    if n_different <= _FEW_VALUES or len(known) >= _LEAST_REPETITION * n_different:
        return ColumnKind.CATEGORY
    n_words = texts.str.count(r"\w+").mean()
    return ColumnKind.TEXT if n_words >= _LEAST_WORDS else ColumnKind.UNUSABLE


def _kind_of_numbers(name: str, known: pd.Series) -> ColumnKind:
    values = known.to_numpy(np.float64)
    is_whole = bool(np.isfinite(values).all() and (values == np.round(values)).all())
    if "year" in name.lower() and is_whole and values.min() >= _YEARS[0] and values.max() <= _YEARS[1]:
        return ColumnKind.YEAR
    # Whole numbers, different in each row, are ids.
    if is_whole and known.nunique() == len(known) > _FEW_VALUES:
        return ColumnKind.UNUSABLE
    return ColumnKind.NUMBER


def values_of(column: pd.Series, kind: ColumnKind, n_fitted: int | None = None) -> list[list[str]]:
    """Return the values of each row, as text; empty where a value is missing. Not for texts.

    Ranges of numbers are those of the first `n_fitted` rows; None: of all.
    """
    if kind == ColumnKind.NUMBER:
        return _ranges(column, n_fitted)
    if kind == ColumnKind.YEAR:
        return [[] if pd.isna(year) else [f"{int(year) // 10 * 10}s"] for year in column]
    cells = ["" if pd.isna(cell) else str(cell).strip() for cell in column]
    if kind == ColumnKind.CATEGORY:
        return [[cell] if cell else [] for cell in cells]
    lists = ([part.strip() for part in cell.split(SEPARATOR)] for cell in cells)
    return [list(dict.fromkeys(part for part in parts if part)) for parts in lists]


def _ranges(column: pd.Series, n_fitted: int | None) -> list[list[str]]:
    """Return the number of each row, or the range that it is in if there are many different ones."""
    numbers = column.to_numpy(np.float64, na_value=np.nan)
    finite = np.isfinite(numbers)
    fitted = numbers[:n_fitted][finite[:n_fitted]]
    different = np.unique(fitted)
    if len(different) <= 2 * _N_RANGES:
        return [[f"{number:g}"] if known else [] for number, known in zip(numbers, finite, strict=True)]
    cuts = np.unique(np.quantile(fitted, np.linspace(0, 1, _N_RANGES + 1)))
    place = np.clip(np.searchsorted(cuts, numbers, side="right") - 1, 0, max(0, len(cuts) - 2))
    names = _range_names(cuts)
    return [[names[row]] if known else [] for row, known in zip(place, finite, strict=True)]


def _range_names(cuts: npt.NDArray[np.float64]) -> list[str]:
    return [f"{low:g} to {high:g}" for low, high in pairwise(cuts)] or [f"{cuts[0]:g}"]
