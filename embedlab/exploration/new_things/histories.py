"""What each user rated, and in which part of the split: one pass over the ratings, then a slice per user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.splits import RatingsSplit

#: Parts by their code. Models learn from the first three; the histories belong to users who are held out as a whole.
PARTS: Final = ("train", "validation_history", "validation", "test_history", "test")
_TEST_HISTORY: Final = PARTS.index("test_history")
_TEST: Final = PARTS.index("test")


@dataclass(frozen=True)
class History:
    """The ratings of one user, in the order of the parts.

    Parameters
    ----------
    items, ratings
        `(n,)` int32 rows of items and float32 ratings.
    parts
        `(n,)` uint8 codes of `PARTS`.
    """

    items: npt.NDArray[np.int32]
    ratings: npt.NDArray[np.float32]
    parts: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.items)

    @property
    def is_learned(self) -> npt.NDArray[np.bool_]:
        """Which of them the model was trained with, or selected by."""
        learned: npt.NDArray[np.bool_] = self.parts < _TEST_HISTORY
        return learned

    @property
    def is_given(self) -> npt.NDArray[np.bool_]:
        """Which of them the model may use for this user: learned, or the given part of a user held out as a whole."""
        given: npt.NDArray[np.bool_] = self.parts < _TEST
        return given

    @property
    def is_test(self) -> npt.NDArray[np.bool_]:
        """Which of them are in the test part."""
        test: npt.NDArray[np.bool_] = self.parts == _TEST
        return test


@dataclass(frozen=True)
class Histories:
    """The ratings of all users, sorted by user.

    Parameters
    ----------
    starts
        `(n_users + 1,)` int64: the ratings of user u are in rows `starts[u]` to `starts[u + 1]`.
    items, ratings, parts
        As in `History`, `(n_ratings,)`.
    """

    starts: npt.NDArray[np.int64]
    items: npt.NDArray[np.int32]
    ratings: npt.NDArray[np.float32]
    parts: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, split: RatingsSplit) -> Self:
        """Sort the ratings of a split by user."""
        parts = [getattr(split, name) for name in PARTS]
        users = np.concatenate([part.users for part in parts])
        order = np.argsort(users, kind="stable")
        counts = np.bincount(users, minlength=len(split.dataset.users))
        codes = np.repeat(np.arange(len(parts), dtype=np.uint8), [len(part) for part in parts])
        return cls(
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.concatenate([part.items for part in parts]).astype(np.int32)[order],
            np.concatenate([part.ratings for part in parts]).astype(np.float32)[order],
            codes[order],
        )

    def of_user(self, user: int) -> History:
        """Return the ratings of the user in this row."""
        rows = slice(self.starts[user], self.starts[user + 1])
        return History(self.items[rows], self.ratings[rows], self.parts[rows])

    def is_test_only(self, user: int) -> bool:
        """Return whether the model has learned nothing about a user, but a part of the ratings is given."""
        history = self.of_user(user)
        return bool(not history.is_learned.any() and history.is_given.any())
