"""Training examples: lists of items that users chose, some held out as targets, and the candidates of a softmax."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.interactions import Interactions

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

#: Items of one user in an epoch; of a longer list, this many are drawn anew in each epoch.
MOST_ITEMS_OF_USER = 1_000


@dataclass(frozen=True)
class ItemLists:
    """The items of each user as lists of different lengths, not as dense rows of zeros and ones.

    Parameters
    ----------
    starts
        `(n_users + 1,)` int64: the items of user u are `items[starts[u]:starts[u + 1]]`.
    items
        `(n,)` int32 rows of items.
    weights
        `(n,)` float32.
    n_items
        Number of items in the dataset.
    """

    starts: npt.NDArray[np.int64]
    items: Ints
    weights: Floats
    n_items: int

    @classmethod
    def of(cls, interactions: Interactions, shape: tuple[int, int]) -> ItemLists:
        """Group interactions by user."""
        matrix: csr_array = interactions.matrix(*shape)
        return cls(
            matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32), shape[1]
        )

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Number of items of each user."""
        lengths: npt.NDArray[np.int64] = np.diff(self.starts)
        return lengths

    def sizes_text(self) -> str:
        """Return how long a list is, beside the dense row it stands for."""
        lengths = self.lengths[self.lengths > 0]
        n_numbers, n_dense = int(lengths.sum()), len(lengths) * self.n_items
        return (
            f"The items of a user are a list of {np.median(lengths):,.0f} numbers (median; at most {lengths.max():,}); "
            f"a dense row would have {self.n_items:,}. All users: {n_numbers:,} numbers instead of {n_dense:,}, "
            f"{n_dense / n_numbers:,.0f} times as many."
        )


@dataclass(frozen=True)
class Batch:
    """Lists of some users, split into inputs and targets.

    Parameters
    ----------
    inputs, input_users, input_weights
        `(n,)` items, the place of their user in the batch, and shares that add up to 1 for each user.
    targets, target_users, target_weights
        The same of the held-out items; shares add up to 1 for each user.
    n_users
        Users in the batch.
    """

    inputs: Ints
    input_users: Ints
    input_weights: Floats
    targets: Ints
    target_users: Ints
    target_weights: Floats
    n_users: int


def batches(lists: ItemLists, *, batch_size: int, target_share: float, random: np.random.Generator) -> Iterator[Batch]:
    """Yield the users with at least two items in random order, each with some of the items as targets.

    Parameters
    ----------
    batch_size
        Users per batch.
    target_share
        Share of a user's items that are targets, at least one, and never all; they are left out of the input.
    """
    users = random.permutation(np.flatnonzero(lists.lengths >= 2))
    for start in range(0, len(users), batch_size):
        yield _batch(lists, users[start : start + batch_size], target_share, random)


def _batch(lists: ItemLists, users: npt.NDArray[np.intp], target_share: float, random: np.random.Generator) -> Batch:
    lengths = lists.lengths[users]
    places = np.repeat(np.arange(len(users), dtype=np.int32), lengths)
    offsets = np.arange(len(places)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows = np.repeat(lists.starts[users], lengths) + offsets
    # The items of each user in random order: the first ones are the targets.
    order = np.lexsort((random.random(len(rows)), places))
    rows = rows[order]
    used = np.minimum(lengths, MOST_ITEMS_OF_USER)
    n_targets = np.clip(np.round(target_share * used), 1, used - 1)
    is_target = offsets < np.repeat(n_targets, lengths)
    is_input = ~is_target & (offsets < MOST_ITEMS_OF_USER)

    def part(chosen: npt.NDArray[np.bool_]) -> tuple[Ints, Ints, Floats]:
        of, weights = places[chosen], lists.weights[rows[chosen]]
        totals = np.bincount(of, weights, len(users)).astype(np.float32)
        return lists.items[rows[chosen]], of, weights / totals[of]

    return Batch(*part(is_input), *part(is_target), len(users))


def no_two_items(n_choices: int, n_users: int) -> InputError:
    """Return the error for users of whom nobody chose two items."""
    return InputError(
        "No user chose two items, so there is nothing to predict from the others.",
        received=f"{n_choices:,} choices of {n_users:,} users",
        remedy="Add users with several items, or train a popularity model.",
    )
