"""Which items users chose: implicit feedback, or the positive ratings of explicit feedback, in the parts of a split.

Ranking models learn from interactions and are evaluated on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from embedlab.kinds.ratings.dataset import RatingsDataset

#: How counts, such as plays or hours, become weights: their logarithm, themselves, or 1.
CountScaling = Literal["log", "linear", "binary"]
DEFAULT_COUNT_SCALING: Final[CountScaling] = "log"
_FIVE_STARS: Final = 5.0
_POSITIVE_STARS: Final = 4.0
_TOP_FIFTHS: Final = 2 / 5


@dataclass(frozen=True)
class Interactions:
    """Pairs of a user and a chosen item, with a weight.

    Parameters
    ----------
    users, items
        `(n,)` int32 rows of the dataset's users and items; each pair at most once.
    weights
        `(n,)` float32, above 0; 1 for ratings and choices.
    """

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.users)

    @classmethod
    def empty(cls) -> Interactions:
        """Return no interactions."""
        return cls(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))

    @classmethod
    def joined(cls, *parts: Interactions) -> Interactions:
        """Return the interactions of several parts as one."""
        users, items, weights = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("users", "items", "weights")
        )
        return cls(users, items, weights)

    def matrix(self, n_users: int, n_items: int) -> csr_array:
        """Return the `(n_users, n_items)` float32 sparse matrix of weights, with sorted indices."""
        from scipy.sparse import csr_array

        matrix = csr_array((self.weights, (self.users, self.items)), shape=(n_users, n_items), dtype=np.float32)
        matrix.sort_indices()
        return matrix


@dataclass(frozen=True)
class InteractionsSplit:
    """The interactions in the parts of a dataset: what ranking models learn from, and what they are evaluated on.

    Parameters
    ----------
    dataset
        The dataset.
    train, validation, test
        Interactions of each part. Models learn from `train`, are selected on `validation`, and tested once on `test`.
    validation_history, test_history
        If whole users are held out: the known interactions of the users of each part. Otherwise empty.
    rated
        The split of all ratings, positive or not: what a user has rated is not recommended again.
    positive_from
        The lowest positive rating; None for implicit feedback.
    """

    dataset: RatingsDataset
    train: Interactions
    validation: Interactions
    test: Interactions
    rated: RatingsSplit
    positive_from: float | None
    validation_history: Interactions = field(default_factory=Interactions.empty)
    test_history: Interactions = field(default_factory=Interactions.empty)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of users and items in the dataset."""
        return len(self.dataset.users), len(self.dataset.items)

    @cached_property
    def known(self) -> Interactions:
        """All interactions that a model may train on in the end: training and validation."""
        return Interactions.joined(self.train, self.validation_history, self.validation)

    @property
    def holds_out_users(self) -> bool:
        """Whether the users of the test part are unknown in training."""
        # Also if none of their ratings that are given counts as positive.
        return len(self.rated.validation_history) + len(self.rated.test_history) > 0

    def without_test(self) -> InteractionsSplit:
        """Return the split with an empty test part: what a model may use."""
        return replace(
            self, test=Interactions.empty(), test_history=Interactions.empty(), rated=self.rated.without_test()
        )


def interactions_split(split: RatingsSplit, positive_from: float | None = None) -> InteractionsSplit:
    """Return the interactions in the parts of split ratings.

    Parameters
    ----------
    positive_from
        The lowest positive rating; None: `default_positive_from` of the dataset's scale. Ignored for implicit feedback,
        where every row is an interaction.

    Raises
    ------
    InputError
        No rating outside the test part is positive.
    """
    dataset = split.dataset
    if dataset.feedback == "implicit":
        lowest = None
        scaling = count_scaling_of(dataset.imported.options.get("count_scaling"))
    else:
        lowest = default_positive_from(dataset.scale) if positive_from is None else positive_from
        scaling = "binary"

    def positive(part: Ratings) -> Interactions:
        return to_interactions(part, lowest, scaling)

    train = positive(split.train)
    if len(train) == 0:
        raise InputError(
            "No rating counts as positive, so there is nothing to recommend.",
            received=f"highest rating {split.scale[1]:g}, positive from {lowest:g}"
            if lowest is not None
            else f"{len(split.train):,} rows",
            remedy="Lower the rating from which items count as positive.",
        )
    return InteractionsSplit(
        dataset,
        train,
        positive(split.validation),
        positive(split.test),
        split,
        lowest,
        positive(split.validation_history),
        positive(split.test_history),
    )


def to_interactions(part: Ratings, positive_from: float | None, scaling: CountScaling) -> Interactions:
    """Return the positive rows of ratings with their weights.

    Parameters
    ----------
    positive_from
        The lowest positive rating; None for implicit feedback: all rows with a value above 0.
    scaling
        How the values become weights; see `scaled_counts`.
    """
    is_positive = part.ratings > 0 if positive_from is None else part.ratings >= positive_from
    rows = np.flatnonzero(is_positive)
    return Interactions(
        np.asarray(part.users[rows]), np.asarray(part.items[rows]), scaled_counts(part.ratings[rows], scaling)
    )


def scaled_counts(values: npt.NDArray[np.float32], scaling: CountScaling) -> npt.NDArray[np.float32]:
    """Return weights of counts.

    `log`: ``1 + log(1 + value) - log(2)``, so that 1 stays 1; `linear`: as they are; `binary`: 1.

    Source: the logarithmic confidence of Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback
    Datasets", 2008, section 4.
    """
    if scaling == "binary":
        return np.ones(len(values), np.float32)
    if scaling == "linear":
        return np.asarray(values, dtype=np.float32)
    scaled: npt.NDArray[np.float32] = (1 + np.log1p(values.astype(np.float64)) - np.log(2)).astype(np.float32)
    return scaled


def count_scaling_of(stored: Any) -> CountScaling:
    """Return a stored count scaling, or the default if there is none."""
    return stored if stored in ("log", "linear", "binary") else DEFAULT_COUNT_SCALING


def default_positive_from(scale: tuple[float, float]) -> float:
    """Return the lowest positive rating of a scale: 4 of five stars, otherwise the top two fifths."""
    lowest, highest = scale
    if highest == _FIVE_STARS and 0 <= lowest <= 1:
        return _POSITIVE_STARS
    return highest - _TOP_FIFTHS * (highest - lowest)
