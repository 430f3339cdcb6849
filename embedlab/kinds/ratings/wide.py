"""Wide tables of ratings: a row for each user and a column for each item, or the other way around."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from embedlab.kinds.ratings.columns import Profile, profiles_of
from embedlab.kinds.ratings.rating_values import is_missing, marks_of, plain_number
from embedlab.reading.column_names import holds_by_name, holds_other_numbers, rank_of_name, words_of_name

_FEWEST_ITEMS: Final = 3
_MOST_OTHER_COLUMNS: Final = 3
_MOST_DISTINCT: Final = 25
#: Cells looked at; a table of a thousand columns has a thousand of them in each row.
_MOST_CELLS: Final = 200_000
_FEWEST_ROWS: Final = 50
_ROWS_FOR_VECTORS: Final = 20
_LARGEST: Final = 100.0
_LARGEST_MARK: Final = 10_000.0
#: What numbered columns of measurements are called; items have ids or titles.
_NUMBERED_FEATURES: Final = frozenset(
    {
        "pixel", "pixels", "px", "pix", "x", "feature", "features", "feat", "f", "var", "attribute", "attr", "att",
        "dim", "dimension", "component", "pc", "band", "bin", "channel", "sensor", "coef", "coefficient",
    }
)  # fmt: skip
#: Values of the scale of a table without any name: 0 for no rating, and ten stars or halves of five.
_MOST_WITHOUT_NAMES: Final = 12
_SHARE_OF_FEATURES: Final = 0.6
_SHARE_OF_OTHERS: Final = 0.3
_FEATURES: Final = frozenset({"is", "has", "gender", "sex", "male", "female", "churn", "target", "label", "active"})


@dataclass(frozen=True)
class Wide:
    """The columns of a wide table.

    Parameters
    ----------
    key
        Column of the user (or item) of each row; None if rows are numbered from 0.
    values
        Columns of ratings.
    rows_are_items
        Whether rows are items and columns are users.
    """

    key: int | None
    values: tuple[int, ...]
    rows_are_items: bool = False


def find_wide(names: Sequence[str], rows: Sequence[Sequence[str | None]], *, named: bool) -> Wide | None:
    """Return the columns of a wide table of ratings, or None if the table is none."""
    if len(names) < _FEWEST_ITEMS + 1 or len(rows) < 2 or _are_vectors(rows[:_ROWS_FOR_VECTORS]):
        return None
    if named and any(rank_of_name(name, "rating") is not None and _is_exact(name) for name in names):
        return None
    profiles = profiles_of(names, rows[: max(_FEWEST_ROWS, _MOST_CELLS // len(names))])
    values = [place for place, profile in enumerate(profiles) if _may_be_ratings(profile)]
    key = _key_column(names, profiles, values, named=named)
    if key is not None:
        values = [place for place in values if place != key]
    empty = {place for place, profile in enumerate(profiles) if not profile.cells}
    others = [place for place in range(len(names)) if place not in values and place != key and place not in empty]
    if len(values) < max(_FEWEST_ITEMS, 0.6 * (len(names) - len(empty))) or len(others) > _MOST_OTHER_COLUMNS:
        return None
    if not named and len(names) <= 4:
        # User, item, rating and time are far more frequent.
        return None
    if named and _are_features([names[place] for place in values]):
        return None
    scaled = [profiles[place] for place in values]
    of_users = key is not None and named and rank_of_name(names[key], "user") is not None
    is_bare = key is None and not named
    if not _have_one_scale(scaled, is_bare=is_bare) and not (of_users and _are_flags(scaled)):
        # Jester's first column counts the ratings of its row.
        values = values[1:]
        if named or key is not None or len(values) < _FEWEST_ITEMS or not profiles[0].is_whole:
            return None
        if not _have_one_scale([profiles[place] for place in values], is_bare=is_bare):
            return None
    # Columns between the ratings that are empty in the sample are items without a rating there.
    first, last = min(values), max(values)
    values = sorted({*values, *(place for place in empty if first < place <= last and named)})
    rows_are_items = key is not None and named and rank_of_name(names[key], "item") is not None
    return Wide(key, tuple(values), rows_are_items and rank_of_name(names[key or 0], "user") is None)


def _are_features(names: Sequence[str]) -> bool:
    """Return whether names are those of other numbers, or of numbered features, such as `pixel_0_1` or `1x28`."""
    if sum(map(holds_other_numbers, names)) > _SHARE_OF_OTHERS * len(names):
        return True
    numbered = [name.strip().isdecimal() for name in names]
    if sum(numbered) > _SHARE_OF_FEATURES * len(names) and any(holds_by_name(name) == "label" for name in names):
        return True
    bare = [re.sub(r"\d+", "", name).strip(" _.-()[]").lower() for name in names if re.search(r"\d", name)]
    return sum(word.replace("_", "") in _NUMBERED_FEATURES for word in bare) > _SHARE_OF_FEATURES * len(names)


def _is_exact(name: str) -> bool:
    rank = rank_of_name(name, "rating")
    return rank is not None and name.strip().lower() not in {"r", "value", "points", "grade"}


def _are_vectors(rows: Sequence[Sequence[str | None]]) -> bool:
    """Return whether most numbers have more decimals than ratings, and none is a mark, so that the rest is not read."""
    numbers = [number for row in rows for cell in row if math.isfinite(number := plain_number(cell or ""))]
    if any(abs(number) in {99.0, 999.0} for number in numbers):
        return False
    return sum(not (2 * number).is_integer() for number in numbers) > 0.6 * len(numbers)


def _may_be_ratings(profile: Profile) -> bool:
    if not profile.cells or profile.are_times or profile.are_row_numbers or profile.reader is None:
        return False
    filled = {cell: count for cell, count in profile.counts.items() if not is_missing(cell)}
    values = {value: count for cell, count in filled.items() if math.isfinite(value := profile.reader(cell))}
    n_ratings = sum(count for cell, count in filled.items() if math.isfinite(profile.reader(cell)))
    return bool(values) and n_ratings >= 0.95 * sum(filled.values()) and max(map(abs, values)) <= _LARGEST_MARK


def _key_column(names: Sequence[str], profiles: Sequence[Profile], values: Sequence[int], *, named: bool) -> int | None:
    """Return the column of different values that names the rows."""
    unique = [
        place
        for place, profile in enumerate(profiles[: _MOST_OTHER_COLUMNS + 1])
        if profile.cells
        and len(profile.distinct) == len(profile.cells)
        and not (profile.is_numeric and not profile.is_whole)
    ]
    if named:
        by_name = [
            place
            for place, name in enumerate(names)
            if (rank_of_name(name, "user") is not None or rank_of_name(name, "item") is not None)
            and place < len(profiles) and place in unique
        ]  # fmt: skip
        if by_name:
            return by_name[0]
    texts = [place for place in unique if not profiles[place].is_numeric and place not in values]
    if texts:
        return texts[0]
    numbers = [place for place in unique if profiles[place].are_row_numbers or place not in values]
    if numbers:
        return numbers[0]
    # Ids of a few rows: larger than every rating.
    if unique and unique[0] == 0 and values:
        others = [number for place in values if place != 0 for number in profiles[place].numbers]
        if others and min(profiles[0].numbers, default=0) > max(others):
            return 0
    return None


def _have_one_scale(profiles: Sequence[Profile], *, is_bare: bool = False) -> bool:
    """Return whether all columns share a scale of few values, or have a mark for cells without a rating.

    `is_bare`: neither rows nor columns have names, so that only a usual scale shows that these are ratings.
    """
    counts: dict[float, int] = {}
    for profile in profiles:
        for value, count in _values(profile).items():
            counts[value] = counts.get(value, 0) + count
    marks, _ = marks_of({value: count for value, count in counts.items() if value != 0})
    left = {value: count for value, count in counts.items() if value not in marks}
    if not left or max(map(abs, left)) > _LARGEST or len(left) < 3:
        return False
    marked = sum(counts[mark] for mark in marks if abs(mark) >= 9) / sum(counts.values())
    if len(left) > _MOST_WITHOUT_NAMES and is_bare:
        return False
    lowest, highest = min(left), max(left)
    whole_or_half = all((2 * value).is_integer() for value in left)
    if len(left) > _MOST_DISTINCT or not whole_or_half:
        # Decimals are ratings only with a mark for the others, as in Jester; else they are vectors or measurements.
        return marked > 0.05 and highest <= 10 and lowest >= -10
    if highest > 20 or lowest < -10 or len(left) < 3:
        return False
    ranges = [set(_values(profile)) & set(left) for profile in profiles if len(profile.cells) >= 10]
    # Features of a table have scales of their own; ratings of items use nearly all of one.
    alike = [
        len(values) >= min(3, len(left)) and max(values) > lowest + 0.4 * (highest - lowest)
        for values in ranges
        if values
    ]
    return sum(alike) >= 0.8 * len(alike)


def _are_flags(profiles: Sequence[Profile]) -> bool:
    """Return whether all cells are 0 and 1, and both are in most columns: which items users chose."""
    values = [set(_values(profile)) for profile in profiles]
    both = sum(each == {0.0, 1.0} for each in values)
    # Features of people: is_student, has_car, gender, churn.
    if any(_FEATURES & set(words_of_name(profile.name)) for profile in profiles):
        return False
    return all(each <= {0.0, 1.0} for each in values) and both >= 0.5 * len(values)


def _values(profile: Profile) -> Counter[float]:
    """Return how often each rating occurs in a column."""
    counts: Counter[float] = Counter()
    if profile.reader is not None:
        for cell, count in profile.counts.items():
            if math.isfinite(value := profile.reader(cell)):
                counts[value] += count
    return counts


def long_batches(batches: Iterator[pa.RecordBatch], wide: Wide, names: Sequence[str]) -> Iterator[list[pa.Array]]:
    """Yield user, item and rating columns of the filled cells of a wide table, in the order of its rows.

    Parameters
    ----------
    batches
        Of the columns `wide.values`, preceded by `wide.key` if there is one.
    wide
        The columns.
    names
        Of the columns `wide.values`.
    """
    n_rows = 0
    for batch in batches:
        columns = [batch.column(index).to_pylist() for index in range(batch.num_columns)]
        keys = columns.pop(0) if wide.key is not None else [str(n_rows + row) for row in range(batch.num_rows)]
        n_rows += batch.num_rows
        rows, items, ratings = [], [], []
        for row, cells in enumerate(zip(*columns, strict=True)):
            for name, cell in zip(names, cells, strict=True):
                if not is_missing(cell):
                    rows.append(keys[row])
                    items.append(name)
                    ratings.append(cell)
        users, columns_of = (items, rows) if wide.rows_are_items else (rows, items)
        yield [pa.array(users, pa.string()), pa.array(columns_of, pa.string()), pa.array(ratings, pa.string())]
