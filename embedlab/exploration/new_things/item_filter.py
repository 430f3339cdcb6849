"""Filters of recommended items: genre, year, number of ratings, text in the title."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from embedlab.core.counts import checked_min_count
from embedlab.core.embedding import COUNT_COLUMN, LABEL_COLUMN
from embedlab.core.errors import InputError
from embedlab.exploration.asking.search import fold
from embedlab.exploration.asking.spelling import closest_names, unknown

#: The first of these columns that an items table has is what it can be filtered by.
GENRE_COLUMNS: Final = ("genres", "genre", "categories", "category")
YEAR_COLUMN: Final = "year"
#: Separates the genres of an item, as the import writes them.
_SEPARATOR: Final = "|"
_LONGEST_TEXT: Final = 200


@dataclass(frozen=True)
class ItemFilter:
    """Which items may be recommended; without arguments all.

    Parameters
    ----------
    genres
        Items with at least one of these genres; empty: with any or none.
    first_year, last_year
        Items of these years, both included; an item without a year is left out if one of them is set.
    min_count
        Items with at least this many ratings.
    text
        Items whose title contains the text, ignoring case and accents.
    """

    genres: tuple[str, ...] = ()
    first_year: int | None = None
    last_year: int | None = None
    min_count: int = 0
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it leaves out nothing."""
        return self == ItemFilter() or (not self.text.strip() and self == ItemFilter(text=self.text))


class ItemColumns:
    """The columns of an items table as arrays that filters compare, built when they are first needed.

    Parameters
    ----------
    items
        One row per item: `label`, and if known `count`, `year` and genres joined by `|`.
    """

    def __init__(self, items: pd.DataFrame) -> None:
        self._items = items

    @cached_property
    def counts(self) -> npt.NDArray[np.float64]:
        """`(n_items,)` number of ratings of each item; 0 where unknown."""
        if COUNT_COLUMN not in self._items.columns:
            return np.zeros(len(self._items))
        counts = self._items[COUNT_COLUMN].to_numpy(dtype=np.float64, na_value=0.0)
        return np.asarray(np.nan_to_num(counts))

    @cached_property
    def years(self) -> npt.NDArray[np.float64] | None:
        """`(n_items,)` years, NaN where unknown; None if the table has no numeric years."""
        if YEAR_COLUMN not in self._items.columns or not pd.api.types.is_numeric_dtype(self._items[YEAR_COLUMN]):
            return None
        years: npt.NDArray[np.float64] = self._items[YEAR_COLUMN].to_numpy(dtype=np.float64, na_value=np.nan)
        return years if np.isfinite(years).any() else None

    @cached_property
    def _genres(self) -> tuple[list[str], npt.NDArray[np.intp], npt.NDArray[np.intp]] | None:
        """Names, most frequent first; and pairs of a row and a place in the names."""
        column = next((name for name in GENRE_COLUMNS if name in self._items.columns), None)
        if column is None:
            return None
        values = self._items[column].reset_index(drop=True)
        lists = values.where(values.notna(), "").map(_genre_list)
        pairs = lists.explode()
        pairs = pairs[pairs.notna() & (pairs != "")]
        names = [str(name) for name in pairs.value_counts(sort=True).index]
        places = pd.Index(names).get_indexer(pd.Index(pairs.astype(str))) if names else np.zeros(0, np.intp)
        return names, pairs.index.to_numpy(dtype=np.intp), np.asarray(places, dtype=np.intp)

    @property
    def genre_names(self) -> list[str]:
        """All genres, most frequent first; empty if the table has none."""
        return [] if self._genres is None else self._genres[0]

    @cached_property
    def _titles(self) -> Any:
        return pa.array([fold(str(label)) for label in self._items[LABEL_COLUMN]], pa.string())

    def matches(self, item_filter: ItemFilter) -> npt.NDArray[np.bool_]:
        """Return for each item whether it passes the filter.

        Raises
        ------
        InputError
            The items have no genres or years to filter by, or the first year is after the last.
        NotFoundError
            There is no such genre; the remedy suggests the closest spellings.
        ParameterError
            The minimum count is out of bounds.
        """
        passes = np.ones(len(self._items), bool)
        if checked_min_count(item_filter.min_count):
            passes &= self.counts >= item_filter.min_count
        if item_filter.first_year is not None or item_filter.last_year is not None:
            passes &= self._in_years(item_filter.first_year, item_filter.last_year)
        if item_filter.genres:
            passes &= self._in_genres(item_filter.genres)
        if query := fold(item_filter.text[:_LONGEST_TEXT]):
            passes &= pc.match_substring(self._titles, query).to_numpy(zero_copy_only=False)
        return passes

    def _in_years(self, first: int | None, last: int | None) -> npt.NDArray[np.bool_]:
        if self.years is None:
            raise InputError("The items have no years to filter by.", remedy="Leave the years out.")
        if first is not None and last is not None and first > last:
            raise InputError("The first year is after the last.", received=f"{first} to {last}", remedy="Swap them.")
        with np.errstate(invalid="ignore"):
            inside = np.isfinite(self.years)
            inside &= self.years >= (-np.inf if first is None else first)
            inside &= self.years <= (np.inf if last is None else last)
        return inside

    def _in_genres(self, genres: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        if self._genres is None:
            raise InputError("The items have no genres to filter by.", remedy="Leave the genres out.")
        names, rows, places = self._genres
        by_folded = {fold(name): place for place, name in reversed(list(enumerate(names)))}
        chosen = []
        for genre in genres:
            place = by_folded.get(fold(genre))
            if place is None:
                raise unknown("No item has this genre.", genre, closest_names(genre, names))
            chosen.append(place)
        inside = np.zeros(len(self._items), bool)
        inside[rows[np.isin(places, chosen)]] = True
        return inside


def _genre_list(value: Any) -> list[str]:
    parts = value.split(_SEPARATOR) if isinstance(value, str) else list(value) if np.iterable(value) else [value]
    return [text for part in parts if (text := str(part).strip())]
