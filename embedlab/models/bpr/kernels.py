"""The inner loop of BPR. Imports Numba: import it inside functions only.

All loops are in this one file, since Numba's cache of machine code does not notice a change in a module that a loop
calls.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.compiled import compiled_fast

Array = npt.NDArray[Any]
#: Compiled code works on NumPy's numbers.
Scalar = Any

_MULTIPLIER = np.uint64(6364136223846793005)
_INCREMENT = np.uint64(1442695040888963407)
_UNIT = 1.0 / (1 << 31)
#: Draws of an adaptive negative before a uniform one is taken.
_MOST_DRAWS = 10


@compiled_fast
def _next(state: Scalar) -> Scalar:
    return state * _MULTIPLIER + _INCREMENT


@compiled_fast
def _uniform(state: Scalar) -> Scalar:
    """Return a number from 0 to below 1 of the upper bits of a state."""
    return np.float64(state >> np.uint64(33)) * _UNIT


@compiled_fast
def unseen_item(starts: Array, columns: Array, user: Scalar, place: Scalar) -> Scalar:
    """Return the item at a place among those the user has not chosen, by bisection of the ascending chosen ones."""
    low, high = starts[user], starts[user + 1]
    first = low
    while low < high:
        middle = (low + high) // 2
        # So many unchosen items are before the chosen one in the middle.
        if columns[middle] - (middle - first) <= place:
            low = middle + 1
        else:
            high = middle
    return place + (low - first)


@compiled_fast
def _is_chosen(starts: Array, columns: Array, user: Scalar, item: Scalar) -> Scalar:
    low, high = starts[user], starts[user + 1]
    end = high
    while low < high:
        middle = (low + high) // 2
        if columns[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low < end and columns[low] == item


@compiled_fast
def _hard_item(
    users: Array, user: Scalar, orders: Array, spreads: Array, mean_place: Scalar, state: Scalar
) -> tuple[Scalar, Scalar]:
    """Return an item that a random factor of the user ranks high, and the next random state."""
    n_factors, n_items = orders.shape
    total = 0.0
    for k in range(n_factors):
        total += abs(users[user, k]) * spreads[k]
    state = _next(state)
    left = _uniform(state) * total
    factor = 0
    for k in range(n_factors):
        left -= abs(users[user, k]) * spreads[k]
        factor = k
        if left < 0:
            break
    state = _next(state)
    # Geometric distribution of the place, as in the publication.
    place = np.int64(-np.log(1.0 - _uniform(state)) * mean_place) % n_items
    if users[user, factor] < 0:
        place = n_items - 1 - place
    return orders[factor, place], state


@compiled_fast
def train_pairs(
    rows: Array,
    pair_users: Array,
    starts: Array,
    columns: Array,
    users: Array,
    items: Array,
    biases: Array,
    orders: Array,
    spreads: Array,
    mean_place: float,
    learning_rate: float,
    l2_user: float,
    l2_positive: float,
    l2_negative: float,
    seed: int,
) -> float:
    """Take one SGD step for each chosen item and a random item that the user has not chosen; return the summed loss.

    Several threads may update the same tables without locks: two threads rarely update the same row at once.

    Parameters
    ----------
    rows
        `(n,)` numbers of the interactions to train on, in this order.
    pair_users
        `(n_interactions,)` users of all interactions, ordered by user.
    starts, columns
        The chosen items of each user, ascending: `columns[starts[u]:starts[u + 1]]`.
    users, items, biases
        `(n_users, n_factors)`, `(n_items, n_factors)` and `(n_items,)` float32, updated in place.
    orders, spreads, mean_place
        For adaptive negatives: `(n_factors, n_items)` items by falling value of each factor, `(n_factors,)` standard
        deviations of the factors, and the mean place of a drawn item. `mean_place` 0: uniform negatives.
    l2_user, l2_positive, l2_negative
        L2 regularization of the user, the chosen item and the other item in each step.
    seed
        64 random bits.
    """
    n_items, n_factors = items.shape
    rate = np.float32(learning_rate)
    for_user, for_positive, for_negative = np.float32(l2_user), np.float32(l2_positive), np.float32(l2_negative)
    state = _next(np.uint64(seed))
    loss = 0.0
    for index in range(len(rows)):
        row = rows[index]
        user, positive = pair_users[row], columns[row]
        n_unseen = n_items - (starts[user + 1] - starts[user])
        if n_unseen <= 0:
            continue
        negative = np.int64(-1)
        if mean_place > 0:
            for _ in range(_MOST_DRAWS):
                drawn, state = _hard_item(users, user, orders, spreads, mean_place, state)
                if not _is_chosen(starts, columns, user, drawn):
                    negative = np.int64(drawn)
                    break
        if negative < 0:
            state = _next(state)
            place = min(np.int64(_uniform(state) * n_unseen), n_unseen - 1)
            negative = np.int64(unseen_item(starts, columns, user, place))
        margin = biases[positive] - biases[negative]
        for k in range(n_factors):
            margin += users[user, k] * (items[positive, k] - items[negative, k])
        # Stable for large margins of either sign.
        exponential = np.exp(-abs(margin))
        loss += max(-margin, np.float32(0)) + np.log1p(exponential)
        slope = rate * (exponential if margin >= 0 else np.float32(1)) / (np.float32(1) + exponential)
        biases[positive] += slope - rate * for_positive * biases[positive]
        biases[negative] -= slope + rate * for_negative * biases[negative]
        for k in range(n_factors):
            u, p, n = users[user, k], items[positive, k], items[negative, k]
            users[user, k] += slope * (p - n) - rate * for_user * u
            items[positive, k] += slope * u - rate * for_positive * p
            items[negative, k] -= slope * u + rate * for_negative * n
    return loss
