"""Ratings in memory, standing where an imported dataset would."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from embedlab.kinds.ratings.splits import Ratings, RatingsSplit, split_rows


def dataset_of(rows: Any, *, times: Any = None, feedback: str = "explicit", options: Any = None) -> Any:
    """Return a dataset of `(user, item, rating)` rows; users and items are numbered from 0."""
    users, items, values = (np.array(column) for column in zip(*rows, strict=True))
    ratings = Ratings(
        users.astype(np.int32),
        items.astype(np.int32),
        values.astype(np.float32),
        None if times is None else np.array(times, np.float64),
    )
    n_users, n_items = int(users.max()) + 1, int(items.max()) + 1
    user_keys, item_keys = [f"u{row}" for row in range(n_users)], [f"i{row}" for row in range(n_items)]

    def split(seed: int, *, validation_share: float, test_share: float) -> RatingsSplit:
        parts = split_rows(len(ratings), seed, validation_share, test_share)
        train, validation, test = (ratings.take(part) for part in parts)
        return RatingsSplit(dataset, train, validation, test)

    dataset = SimpleNamespace(
        ratings=ratings,
        users=pd.DataFrame({"key": user_keys}),
        items=pd.DataFrame({"key": item_keys, "label": [f"Film {row}" for row in range(n_items)]}),
        user_keys=user_keys,
        item_keys=item_keys,
        scale=(float(ratings.ratings.min()), float(ratings.ratings.max())),
        feedback=feedback,
        imported=SimpleNamespace(options=options or {}, details={}),
        split=split,
    )
    return dataset


def random_rows(n_users: int = 40, n_items: int = 25, share: float = 0.4, seed: int = 0) -> list[tuple[int, int, int]]:
    """Return ratings from 1 to 5 of random pairs in random order, each pair once."""
    random = np.random.default_rng(seed)
    pairs = np.argwhere(random.random((n_users, n_items)) < share)
    random.shuffle(pairs)
    return [(int(user), int(item), int(random.integers(1, 6))) for user, item in pairs]
