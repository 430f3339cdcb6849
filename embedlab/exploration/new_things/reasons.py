"""Why an item is recommended: contributions of the user's items that add up to the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.exploration.new_things.own_ratings import OwnRatings
from embedlab.exploration.new_things.recommender import Recommended, Recommender
from embedlab.models.contract.abilities import ExplainsScores

#: Contributions that are listed one by one.
MOST_LISTED = 8


class Contribution(NamedTuple):
    """What one of the user's items adds to the score: the item, its rating, and the amount."""

    key: str
    label: str
    rating: float
    amount: float


@dataclass(frozen=True)
class Explanation:
    """Why an item has its score.

    Parameters
    ----------
    key, label
        The item.
    base
        What does not depend on the user's items, such as biases.
    contributions
        The strongest contributions, positive or negative, strongest first.
    n_others, others
        Number of further contributing items, and their sum.
    score
        The score in the list. It differs from `total` by rounding; by clipping to the rating scale; or if the run
        trained a vector of the user that the reasons compute again from the ratings.
    """

    key: str
    label: str
    base: float
    contributions: tuple[Contribution, ...]
    n_others: int
    others: float
    score: float

    @property
    def total(self) -> float:
        """The sum of the base and all contributions."""
        return self.base + sum(each.amount for each in self.contributions) + self.others

    @property
    def is_score(self) -> bool:
        """Whether the sum is the score in the list, up to rounding."""
        return bool(abs(self.total - self.score) <= 1e-3 * max(abs(self.score), abs(self.total)) + 1e-6)


def explain_user(
    recommender: Recommender, user_key: str, recommended: Recommended, most: int = MOST_LISTED
) -> Explanation:
    """Explain an item that is recommended to a user of the dataset.

    Raises
    ------
    InputError
        The run cannot explain its recommendations.
    NotFoundError
        There is no such user.
    """
    history = recommender.history(recommender.user_row(user_key))
    given = history.is_given
    return _explain(recommender, history.items[given], history.ratings[given], recommended, most)


def explain_own(
    recommender: Recommender, own: OwnRatings, recommended: Recommended, most: int = MOST_LISTED
) -> Explanation:
    """Explain an item that is recommended to somebody new; raises as `explain_user` does."""
    return _explain(recommender, *own.arrays, recommended, most)


def _explain(
    recommender: Recommender,
    items: npt.NDArray[np.int32],
    ratings: npt.NDArray[np.float32],
    recommended: Recommended,
    most: int,
) -> Explanation:
    explains = recommender.ability(ExplainsScores)
    if explains is None:
        raise InputError(ExplainsScores.refusal, remedy="Choose a run of a model that explains its scores.")
    read = recommender.model_input(items, ratings)
    reasons = explains.reasons(read.items, read.values, recommended.row)
    amounts = np.asarray(reasons.contributions, dtype=np.float64)
    order = np.argsort(-np.abs(amounts), kind="stable")
    order = order[amounts[order] != 0]
    keys, labels = recommender.catalog.keys, recommender.catalog.labels
    used_ratings = ratings[read.is_used]
    listed = tuple(
        Contribution(
            keys[int(read.items[place])],
            labels[int(read.items[place])],
            float(used_ratings[place]),
            float(amounts[place]),
        )
        for place in order[:most]
    )
    rest = order[most:]
    return Explanation(
        recommended.key,
        recommended.label,
        float(reasons.base),
        listed,
        len(rest),
        float(amounts[rest].sum()),
        recommended.score,
    )
