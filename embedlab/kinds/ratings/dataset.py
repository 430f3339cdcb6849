"""Ratings of items by users: the validated dataset that rating models learn from.

In its folder: `users.npy`, `items.npy` (int32), `ratings.npy` (float32) and, where known, `times.npy` (float64) hold
one rating per row, `test_*.npy` those of a published test part; `users.parquet` and `items.parquet` describe the users
and items, most rated first, and `unrated_items.parquet`, if there are any, items of the items file that nobody rated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from embedlab.core.embedding import MEAN_COUNT_COLUMN, MEAN_RATING_COLUMN
from embedlab.core.errors import StorageError
from embedlab.core.kind import Kind
from embedlab.core.stored import damage_errors, damaged, read_array, read_table
from embedlab.kinds.base import DATASET_FILE, Imported
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit, split_rows

#: The kinds of numbers in each array, as in `numpy.dtype.kind`.
_ARRAYS = {"users": "i", "items": "i", "ratings": "f"}
_OF_A_KEY = {"key": "text", "count": "number", MEAN_RATING_COLUMN: "number"}
_TEST = "test_"
_TIMES = "times"
UNRATED_FILE = "unrated_items.parquet"

#: `explicit`: users gave ratings. `implicit`: only choices are known, or how often or how long an item was used.
Feedback = Literal["explicit", "implicit"]


def save_ratings(folder: Path, ratings: Ratings, *, test: bool = False) -> None:
    """Write the arrays of the ratings, or of the published test part, into the dataset's folder."""
    for name in _ARRAYS:
        np.save(folder / f"{_TEST * test}{name}.npy", getattr(ratings, name), allow_pickle=False)
    if ratings.times is not None:
        np.save(folder / f"{_TEST * test}{_TIMES}.npy", ratings.times, allow_pickle=False)


def _load_ratings(folder: Path, *, test: bool = False) -> Ratings:
    arrays = [
        read_array(folder / f"{_TEST * test}{name}.npy", kinds, n_dimensions=1) for name, kinds in _ARRAYS.items()
    ]
    times_file = folder / f"{_TEST * test}{_TIMES}.npy"
    times = read_array(times_file, "f", n_dimensions=1) if times_file.exists() else None
    with damage_errors("ratings.npy"):
        return Ratings(arrays[0], arrays[1], arrays[2], times)


@dataclass(frozen=True)
class RatingsDataset:
    """An imported ratings dataset; the arrays stay on disk and are mapped into memory.

    Attributes
    ----------
    folder
        Its folder.
    imported
        Its description: counts, options, warnings, statistics.
    """

    folder: Path
    imported: Imported

    @classmethod
    def open(cls, folder: Path) -> RatingsDataset:
        """Open what `import_ratings` wrote; raises `StorageError` when it is missing or damaged."""
        imported = Imported.load(folder)
        if imported.kind != Kind.RATINGS:
            raise StorageError("The folder does not hold a dataset of ratings.", received=folder.name)
        return cls(folder, imported)

    @cached_property
    def users(self) -> pd.DataFrame:
        """One row per user, most ratings first: `key`, `count`, and `mean_rating`, or `mean_count` if implicit."""
        return self._with_mean_name(read_table(self.folder / "users.parquet", _OF_A_KEY))

    @cached_property
    def items(self) -> pd.DataFrame:
        """One row per item, most rated first: `key`, `label`, and the columns of `users` and of the items file."""
        return self._with_mean_name(read_table(self.folder / "items.parquet", {**_OF_A_KEY, "label": "text"}))

    def _with_mean_name(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table whose means are called what they are: the stored name is the same for counts and ratings."""
        is_implicit = self.feedback == "implicit"
        return table.rename(columns={MEAN_RATING_COLUMN: MEAN_COUNT_COLUMN}) if is_implicit else table

    @cached_property
    def unrated_items(self) -> pd.DataFrame:
        """Items of the items file that nobody rated, with the columns of `items`; the number of them is bounded."""
        if not (self.folder / UNRATED_FILE).exists():
            return self.items.iloc[:0]
        return self._with_mean_name(read_table(self.folder / UNRATED_FILE, {**_OF_A_KEY, "label": "text"}))

    @cached_property
    def all_items(self) -> pd.DataFrame:
        """`items`, then `unrated_items`: what models of descriptions can place."""
        unrated = self.unrated_items
        return pd.concat([self.items, unrated], ignore_index=True) if len(unrated) else self.items

    @cached_property
    def user_keys(self) -> list[str]:
        """Key of each user's row."""
        keys: list[str] = self.users["key"].tolist()
        return keys

    @cached_property
    def item_keys(self) -> list[str]:
        """Key of each item's row."""
        keys: list[str] = self.items["key"].tolist()
        return keys

    @cached_property
    def ratings(self) -> Ratings:
        """All ratings in the order of the file, without those of a published test part."""
        return self._checked(_load_ratings(self.folder))

    @cached_property
    def published_test(self) -> Ratings | None:
        """The published test part, if the dataset has one."""
        return self._checked(_load_ratings(self.folder, test=True)) if self.has_published_split else None

    def _checked(self, ratings: Ratings) -> Ratings:
        """Return the ratings if all users and items exist; others would read beyond the tables."""
        for rows, table, name in ((ratings.users, self.users, "users.npy"), (ratings.items, self.items, "items.npy")):
            if len(rows) and not (rows.min() >= 0 and rows.max() < len(table)):
                raise damaged(name)
        return ratings

    @property
    def feedback(self) -> Feedback:
        """Whether users gave ratings, or only their choices are known."""
        return "implicit" if self.imported.details.get("feedback") == "implicit" else "explicit"

    @property
    def has_published_split(self) -> bool:
        """Whether the dataset has its own test part."""
        return (self.folder / f"{_TEST}ratings.npy").exists()

    @cached_property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating, without those of a published test part.

        Models learn and clip by `RatingsSplit.scale`, which leaves out a random test part too.
        """
        if self.has_published_split:
            # Earlier versions stored the range with the test part included.
            return float(self.ratings.ratings.min()), float(self.ratings.ratings.max())
        with damage_errors(DATASET_FILE):
            lowest, highest = self.imported.details["scale"]
            return float(lowest), float(highest)

    def split(self, seed: int, *, validation_share: float = 0.1, test_share: float = 0.1) -> RatingsSplit:
        """Split the ratings at random into train, validation and test, the same for the same seed.

        A published test part is used as it is; `test_share` is then ignored and only the validation part is drawn.

        Raises
        ------
        ParameterError
            The shares leave nothing for training.
        """
        published = self.published_test
        train, validation, test = split_rows(
            len(self.ratings), seed, validation_share, test_share if published is None else 0.0
        )
        return RatingsSplit(
            self,
            self.ratings.take(train),
            self.ratings.take(validation),
            self.ratings.take(test) if published is None else published,
        )
