"""The parts of a ratings dataset from a table, for the scripts of models whose training is ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from embedlab.core.embedding import KEY_COLUMN
from embedlab.core.errors import InputError
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit

if TYPE_CHECKING:
    from embedlab.kinds.ratings.dataset import RatingsDataset

_COLUMNS = ("user", "item", "rating", "part")
_PARTS = ("train", "validation", "test", "validation_history", "test_history")


@dataclass(frozen=True)
class _Tables:
    """The two tables that models use of a dataset: `key` and `count`, most rated first."""

    users: pd.DataFrame
    items: pd.DataFrame


def split_from_table(table: pd.DataFrame) -> RatingsSplit:
    """Return the parts of a table with the columns `user, item, rating, part` and perhaps `time`: `split_table`.

    Raises
    ------
    InputError
        A column is missing.
    """
    if missing := [name for name in _COLUMNS if name not in table.columns]:
        raise InputError("The table of ratings lacks a column.", received=list(table.columns), remedy=missing[0])
    sides = {side: table[side].astype(str).value_counts() for side in ("user", "item")}
    keys = {
        side: pd.DataFrame({KEY_COLUMN: counts.index, "count": counts.to_numpy()}) for side, counts in sides.items()
    }
    rows = {
        side: pd.Categorical(table[side].astype(str), counts.index).codes.astype(np.int32)
        for side, counts in sides.items()
    }
    values = table["rating"].to_numpy(np.float32)
    times = pd.to_numeric(table["time"], errors="coerce").to_numpy(np.float64) if "time" in table else None

    def part(name: str) -> Ratings:
        chosen = np.flatnonzero((table["part"] == name).to_numpy())
        chosen_times = None if times is None else times[chosen]
        return Ratings(rows["user"][chosen], rows["item"][chosen], values[chosen], chosen_times)

    dataset = cast("RatingsDataset", _Tables(keys["user"], keys["item"]))
    return RatingsSplit(dataset, *(part(name) for name in _PARTS))
