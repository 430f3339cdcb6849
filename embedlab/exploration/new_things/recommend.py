"""Recommendations: predicted ratings of the items that a user has not rated."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, KEY_COLUMN, LABEL_COLUMN
from embedlab.core.similarity import Answer, checked_topn
from embedlab.exploration.asking.spelling import closest_names, unknown


class RatingPredictor(Protocol):
    """Anything that predicts ratings for pairs of rows."""

    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Return `(n,)` predicted ratings of `(n,)` users and items."""
        ...

    def knows_items(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Return for each of `(n,)` items whether the training data had ratings of it."""
        ...


class RatingTriples(Protocol):
    """Ratings as row numbers of users and items."""

    @property
    def users(self) -> npt.NDArray[np.int32]:
        """`(n_ratings,)` rows of users."""
        ...

    @property
    def items(self) -> npt.NDArray[np.int32]:
        """`(n_ratings,)` rows of items."""
        ...


class RatedItems(Protocol):
    """The parts of a ratings dataset that recommendations need."""

    @property
    def user_keys(self) -> Any:
        """Keys of all users, in the order of their rows."""
        ...

    @property
    def items(self) -> pd.DataFrame:
        """One row per item: key, label, count ..."""
        ...

    @property
    def ratings(self) -> RatingTriples:
        """All ratings except those of a published test part."""
        ...

    @property
    def published_test(self) -> RatingTriples | None:
        """The ratings of a published test part; None without one."""
        ...


def user_row(dataset: RatedItems, user_key: str) -> int:
    """Return the row of a user; raises `NotFoundError`, which suggests the closest spellings."""
    keys = list(dataset.user_keys)
    try:
        return keys.index(user_key)
    except ValueError:
        raise unknown("There is no such user.", user_key, closest_names(user_key, keys)) from None


def recommend(
    predictor: RatingPredictor, dataset: RatedItems, user_key: str, topn: int = 10, *, with_test_items: bool = False
) -> list[Answer]:
    """Return the items that a user has not rated, with the highest predicted rating first.

    Parameters
    ----------
    predictor
        A trained model's predictor.
    dataset
        The ratings of the run. Items that the user rated in any part, including a published test part, are left out,
        and so are items without ratings in the training data.
    topn
        Number of answers, 1 to `MOST_ANSWERS`.
    with_test_items
        Include items of the published test part, to compare with the user's ratings there.

    Returns
    -------
    Key, label and predicted rating of items. Many predictions may be equal, since they are clipped to the scale: then
    the item with more ratings comes first, then the one that is first in the dataset. Empty if the user has rated every
    known item. Predictions that are not finite are left out.

    Raises
    ------
    NotFoundError
        There is no such user; the remedy suggests the closest spellings.
    """
    checked_topn(topn)
    user = user_row(dataset, user_key)
    items = dataset.items
    is_new = np.ones(len(items), dtype=bool)
    for part in (dataset.ratings, None if with_test_items else dataset.published_test):
        if part is not None:
            is_new[part.items[part.users == user]] = False
    rows = np.flatnonzero(is_new)
    rows = rows[predictor.knows_items(rows.astype(np.int32))]
    predicted = predictor.predict(np.full(len(rows), user, dtype=np.int32), rows.astype(np.int32))
    # A diverged training predicts NaN: such items cannot be recommended.
    finite = np.isfinite(predicted)
    rows, predicted = rows[finite], predicted[finite]
    counts = items[COUNT_COLUMN].to_numpy()[rows] if COUNT_COLUMN in items else np.zeros(len(rows))
    best = np.lexsort((rows, -counts, -predicted))[:topn]
    chosen = items.iloc[rows[best]]
    return [
        Answer(str(key), str(label), float(score))
        for key, label, score in zip(chosen[KEY_COLUMN], chosen[LABEL_COLUMN], predicted[best], strict=True)
    ]
