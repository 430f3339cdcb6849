"""Selecting by metadata: categories, ranges of numbers, and missing values."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError
from embedlab.core.plain import one_line
from embedlab.exploration.selections.columns import categories_of, cells, column_named, is_numeric
from embedlab.exploration.selections.selection import Mask

_OPERATOR = re.compile(r"\s*(>=|<=|!=|==|=|>|<)\s*")
_RANGE = re.compile(r"(.*?)\.\.(.*)", re.DOTALL)
_EXAMPLES = 'For example "genre=Drama", "year=1990..1999", "rating>=4" or "genre!=Drama".'
_LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Filter:
    """A condition on one metadata column; an entry says which keys meet it."""

    column: str

    def mask(self, embedding: Embedding) -> Mask:
        """Return `(n_keys,)` whether each key meets the condition; raises `NotFoundError` for an unknown column."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The condition in a few words."""
        raise NotImplementedError

    @property
    def _title(self) -> str:
        return one_line(self.column, _LONGEST_SHOWN)


@dataclass(frozen=True)
class CategoryFilter(Filter):
    """Keys that have any of some categories; a cell `Comedy|Drama` has both.

    Parameters
    ----------
    categories
        Compared exactly.
    excluded
        Select the keys that have none of them instead; a missing cell has none.
    """

    categories: tuple[str, ...] = ()
    excluded: bool = False

    def mask(self, embedding: Embedding) -> Mask:
        """Return the keys with one of the categories."""
        encoded = cells(embedding, self.column)
        wanted = set(self.categories)
        has_any = [
            text in wanted or not wanted.isdisjoint(categories_of(text)) for text in encoded.dictionary.to_pylist()
        ]
        found = pc.fill_null(pc.take(pa.array(has_any, pa.bool_()), encoded.indices), False)
        mask: Mask = np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)
        return ~mask if self.excluded else mask

    @property
    def text(self) -> str:
        """The condition in a few words."""
        shown = " or ".join(one_line(each, _LONGEST_SHOWN) for each in self.categories[:3])
        more = f" or {len(self.categories) - 3} more" if len(self.categories) > 3 else ""
        return f"{self._title} {'is not' if self.excluded else 'is'} {shown}{more}"


@dataclass(frozen=True)
class RangeFilter(Filter):
    """Keys whose number is in a range; missing numbers and NaN are in no range.

    Parameters
    ----------
    least, most
        The ends of the range, which belong to it; None: no limit.
    excluded
        Select the numbers outside of the range instead.
    """

    least: float | None = None
    most: float | None = None
    excluded: bool = False

    def mask(self, embedding: Embedding) -> Mask:
        """Return the keys with a number in the range; raises `InputError` for a column without numbers."""
        numbers = _numbers(embedding, self.column)
        with np.errstate(invalid="ignore"):
            least = -math.inf if self.least is None else self.least
            most = math.inf if self.most is None else self.most
            mask: Mask = (numbers >= least) & (numbers <= most)
        return ~mask & ~np.isnan(numbers) if self.excluded else mask

    @property
    def text(self) -> str:
        """The condition in a few words."""
        is_in = "is not" if self.excluded else "is"
        if self.least is not None and self.least == self.most:
            return f"{self._title} {is_in} {self.least:g}"
        if self.most is None:
            return f"{self._title} {is_in} at least {-math.inf if self.least is None else self.least:g}"
        return f"{self._title} {is_in} " + (
            f"at most {self.most:g}" if self.least is None else f"from {self.least:g} to {self.most:g}"
        )


@dataclass(frozen=True)
class BoundFilter(Filter):
    """Keys whose number is above or below a limit that does not belong to the range."""

    limit: float = 0.0
    symbol: str = ">"
    _compare: ClassVar[dict[str, Callable[[Any, Any], Any]]] = {">": operator.gt, "<": operator.lt}

    def mask(self, embedding: Embedding) -> Mask:
        """Return the keys beyond the limit; raises `InputError` for a column without numbers."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self._compare[self.symbol](_numbers(embedding, self.column), self.limit), dtype=np.bool_)

    @property
    def text(self) -> str:
        """The condition in a few words."""
        return f"{self._title} is {'above' if self.symbol == '>' else 'below'} {self.limit:g}"


@dataclass(frozen=True)
class MissingFilter(Filter):
    """Keys without a value (or NaN) in a column; `excluded`: keys with one."""

    excluded: bool = False

    def mask(self, embedding: Embedding) -> Mask:
        """Return the keys without a value."""
        missing: Mask = column_named(embedding.metadata, self.column).isna().to_numpy(dtype=np.bool_)
        return ~missing if self.excluded else missing

    @property
    def text(self) -> str:
        """The condition in a few words."""
        return f"{self._title} is {'known' if self.excluded else 'missing'}"


def _numbers(embedding: Embedding, name: str) -> Any:
    series = column_named(embedding.metadata, name)
    if not is_numeric(series):
        raise InputError(
            "This column has no numbers, so it has no ranges.", received=name, remedy="Select some of its categories."
        )
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def parse_filter(text: str, metadata: pd.DataFrame) -> Filter:
    """Return the condition that a user typed.

    Parameters
    ----------
    text
        A column, `=`, `!=`, `>=`, `<=`, `>` or `<`, and a value: a category (or several, separated by `|`), a number, a
        range `a..b` that may be open (`..b`), or nothing for missing values (`year=`).
    metadata
        The table with the columns, whose names may contain such signs.

    Raises
    ------
    InputError
        It has no operator, or its value does not fit the column.
    NotFoundError
        There is no such column.
    """
    names = sorted(map(str, metadata.columns), key=len, reverse=True)
    for name in names:
        sign = _OPERATOR.match(text, len(name)) if text.startswith(name) else None
        if sign is not None:
            return _filter(name, sign[1], text[sign.end() :].strip(), is_numeric(column_named(metadata, name)))
    found = _OPERATOR.search(text)
    if found is None:
        raise InputError("A condition needs a column, an operator and a value.", received=text, remedy=_EXAMPLES)
    column_named(metadata, text[: found.start()].strip())
    raise NotFoundError("There is no such column.", received=text, remedy=_EXAMPLES)


def _filter(name: str, sign: str, value: str, numeric: bool) -> Filter:
    excluded = sign == "!="
    if sign in {">", "<"}:
        return BoundFilter(name, _number(value), sign)
    if sign == ">=":
        return RangeFilter(name, least=_number(value))
    if sign == "<=":
        return RangeFilter(name, most=_number(value))
    if not value:
        return MissingFilter(name, excluded)
    if not numeric:
        return CategoryFilter(name, tuple(dict.fromkeys([value, *categories_of(value)])), excluded)
    if ends := _RANGE.fullmatch(value):
        least, most = (None if not end.strip() else _number(end) for end in ends.groups())
        if least is not None and most is not None and least > most:
            raise InputError(
                "A range starts with its smaller number.", received=value, remedy=f"Write {most}..{least}."
            )
        return RangeFilter(name, least, most, excluded)
    number = _number(value)
    return RangeFilter(name, number, number, excluded)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise InputError("This is not a number.", received=text, remedy=_EXAMPLES)
    return number


def meeting_all(embedding: Embedding, filters: Sequence[Filter]) -> Mask:
    """Return `(n_keys,)` which keys meet all of the conditions; without conditions, all keys."""
    mask = np.ones(embedding.n_keys, dtype=np.bool_)
    for each in filters:
        mask &= each.mask(embedding)
    return mask
