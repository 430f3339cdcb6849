"""What the tasks on ratings have in common: sizes of the parts, positive ratings, users and items without ratings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.interactions import InteractionsSplit, default_positive_from, interactions_split
from embedlab.kinds.ratings.splits import RatingsSplit
from embedlab.tasks.base import PartSizes, Positive, RatingScale
from embedlab.workspace.rows import DatasetRow


def scale_of(dataset: DatasetRow) -> RatingScale | None:
    """Return the scale of explicit ratings; None for implicit feedback, and for a damaged description."""
    scale = dataset.details.get("scale")
    if dataset.details.get("feedback") == "implicit" or not isinstance(scale, list | tuple) or len(scale) != 2:
        return None
    if not all(isinstance(bound, int | float) and math.isfinite(bound) for bound in scale):
        return None
    lowest, highest = float(scale[0]), float(scale[1])
    return RatingScale(lowest, highest, default_positive_from((lowest, highest)))


def rating_part_sizes(split: RatingsSplit, positive_from: float | None) -> PartSizes:
    """Count the ratings in the parts, and those that count as positive."""
    n_train = len(split.train) + len(split.validation_history) + len(split.test_history)
    return PartSizes(n_train, len(split.validation), len(split.test), positive=_positive(split, positive_from))


def _positive(split: RatingsSplit, positive_from: float | None) -> Positive | None:
    try:
        found: InteractionsSplit = interactions_split(split, positive_from)
    except InputError:
        # None counts as positive: a model that ranks says so when it is trained.
        return None
    if found.positive_from is None:
        return None
    n_train = len(found.train) + len(found.validation_history) + len(found.test_history)
    return Positive(found.positive_from, n_train, len(found.validation), len(found.test))


def unseen_counts(
    test_users: npt.NDArray[np.int32], test_items: npt.NDArray[np.int32], split: RatingsSplit
) -> dict[str, int]:
    """Return how much of the test part is about users or items without known ratings.

    Parameters
    ----------
    test_users, test_items
        `(n,)` rows of the test ratings.
    split
        Its training and validation parts are known.

    Returns
    -------
    `n_unseen_users` and `n_unseen_items`: different users and items of the test part without a known rating;
    `n_unseen`: test ratings of such a user or item.
    """
    known = split.known
    is_new_user = ~np.isin(test_users, known.users)
    is_new_item = ~np.isin(test_items, known.items)
    return {
        "n_unseen_users": len(np.unique(test_users[is_new_user])),
        "n_unseen_items": len(np.unique(test_items[is_new_item])),
        "n_unseen": int(np.count_nonzero(is_new_user | is_new_item)),
    }


def unseen_note(scores: Mapping[str, Any], *, ranks: bool) -> str:
    """Return in a sentence how much of the test part is about unknown users or items; empty for nothing.

    Parameters
    ----------
    scores
        As stored with a run.
    ranks
        Whether the run ranks items instead of predicting ratings.
    """
    n_users, n_items, n_cases = (_count(scores, f"n_unseen{what}") for what in ("_users", "_items", ""))
    if not n_cases:
        return ""
    who = " or ".join(
        f"{n:,} {noun if n == 1 else f'{noun}s'}" for n, noun in ((n_users, "user"), (n_items, "item")) if n
    )
    what = "choices" if ranks else "ratings"
    of_all = f" of {_count(scores, 'n_test'):,}" if _count(scores, "n_test") else ""
    ends = (
        "Most models cannot find such items."
        if ranks and not n_users
        else "What the model knows of them is not from training."
        if ranks
        else "They are predicted by the mean and the known biases alone."
    )
    verb = "is" if n_cases == 1 else "are"
    return f"{n_cases:,}{of_all} test {what} {verb} of {who} without ratings in training. {ends}"


def _count(scores: Mapping[str, Any], name: str) -> int:
    value = scores.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
