"""What the cells of a column of a table look like, as far as it matters for ratings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from embedlab.kinds.ratings.rating_values import RatingReader, plain_number, reader_of
from embedlab.kinds.ratings.times import are_times

_MOST_DISTINCT_RATINGS = 30
_FEWEST_FOR_CONSTANT = 10
_MANY_WORDS = 12
_LARGEST_RATING = 1000.0
#: Counts have a long tail: the largest is at least this many times the median, and larger than any usual scale.
_LENGTH_OF_TAIL = 5.0
_FEWEST_AT_END_OF_TAIL = 20.0
_FEWEST_FOR_TAIL = 10
#: Quantities of returned goods are negative.
_SHARE_RETURNED = 0.1


@dataclass(frozen=True)
class Profile:
    """The cells of one column of a sample.

    Parameters
    ----------
    name
        Of the column, or its number.
    cells
        Its filled cells, without spaces around them.
    """

    name: str
    cells: Sequence[str]

    @classmethod
    def of(cls, name: str, cells: Sequence[str | None]) -> Profile:
        """Return the profile of a column; empty cells are left out."""
        return cls(name, [cell.strip() for cell in cells if cell and cell.strip()])

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each distinct cell occurs, in their order; each is parsed once."""
        return Counter(self.cells)

    @cached_property
    def distinct(self) -> list[str]:
        """The distinct cells in their order."""
        return list(self.counts)

    @cached_property
    def numbers(self) -> list[float]:
        """The distinct cells that are numbers."""
        return [number for cell in self.distinct if math.isfinite(number := plain_number(cell))]

    @cached_property
    def is_numeric(self) -> bool:
        """Whether nearly all cells are numbers."""
        n = sum(count for cell, count in self.counts.items() if math.isfinite(plain_number(cell)))
        return bool(self.cells) and n >= 0.8 * len(self.cells)

    @cached_property
    def is_whole(self) -> bool:
        """Whether all numbers are whole."""
        return self.is_numeric and all(number.is_integer() for number in self.numbers)

    @cached_property
    def are_row_numbers(self) -> bool:
        """Whether the cells count the rows."""
        if len(self.cells) < 3 or len(self.distinct) < len(self.cells) or not self.is_whole:
            return False
        steps = zip(self.numbers, self.numbers[1:], strict=False)
        return sum(after - before == 1 for before, after in steps) >= 0.95 * (len(self.numbers) - 1)

    @cached_property
    def are_times(self) -> bool:
        """Whether nearly all cells are dates or seconds since 1970."""
        return are_times(self.distinct)

    @cached_property
    def is_constant(self) -> bool:
        """Whether all of many cells are equal."""
        return len(self.distinct) == 1 and len(self.cells) >= _FEWEST_FOR_CONSTANT

    @cached_property
    def has_long_tail(self) -> bool:
        """Whether nearly all numbers are positive, and a few are far larger than most, as counts and hours are."""
        if not self.is_numeric or self.are_times or self.are_row_numbers:
            return False
        ordered = sorted(
            number
            for cell, count in self.counts.items()
            if math.isfinite(number := plain_number(cell))
            for _ in range(count)
        )
        negative = sum(number < 0 for number in ordered)
        if negative > _SHARE_RETURNED * len(ordered) or len(ordered) < _FEWEST_FOR_TAIL:
            return False
        median = max(1.0, ordered[len(ordered) // 2])
        return ordered[-1] >= max(_FEWEST_AT_END_OF_TAIL, _LENGTH_OF_TAIL * median)

    @cached_property
    def n_words(self) -> float:
        """Mean number of words of a cell."""
        return sum(len(cell.split()) for cell in self.cells) / max(1, len(self.cells))

    @property
    def is_prose(self) -> bool:
        """Whether the cells are sentences or documents."""
        return self.n_words > _MANY_WORDS

    @cached_property
    def reader(self) -> RatingReader | None:
        """Reader of the cells as ratings; None if most are no ratings."""
        return reader_of(self.cells)

    @cached_property
    def rating_score(self) -> int:
        """How much the values look like ratings: 0 not at all, 4 as nothing else does."""
        if self.reader is None or not self.cells or self.are_times or self.is_constant:
            return 0
        values = {value for cell in self.distinct if math.isfinite(value := self.reader(cell))}
        if not self.is_numeric:
            return 4 if len(values) <= _MOST_DISTINCT_RATINGS else 1
        if not values or self.are_row_numbers or max(map(abs, values)) > _LARGEST_RATING:
            return 0
        if len(values) > _MOST_DISTINCT_RATINGS:
            return 0 if self.is_whole else 1
        if max(map(abs, values)) <= 10:
            return 3
        # Percents; other large whole numbers may be ids of a few users.
        return 2 if max(values) <= 100 and all(value % 5 == 0 for value in values) else 1

    def sample(self, n: int = 4) -> str:
        """Return the first distinct cells in one line."""
        return ", ".join(cell[:40] for cell in self.distinct[:n])


def profiles_of(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> list[Profile]:
    """Return the profile of each column of some rows, which may be of unequal length."""
    return [
        Profile.of(name, [row[column] if column < len(row) else None for row in rows])
        for column, name in enumerate(names)
    ]
