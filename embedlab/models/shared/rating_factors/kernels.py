"""Compiled loops of factorizations. Imports Numba: import it inside functions only.

A table holds one row per user or item: `n_factors` factors and, in the last column, the bias.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.compiled import compiled, compiled_fast

Array = npt.NDArray[Any]

#: Ratings whose products are summed at a time, in registers.
_CHUNK = 64


@compiled
def grouped(keys: Array, n_groups: int) -> tuple[Array, Array]:
    """Sort by counting; return the stable order of `(n,)` keys and `(n_groups + 1,)` starts of the groups."""
    starts = np.zeros(n_groups + 1, np.int64)
    for row in range(len(keys)):
        starts[keys[row] + 1] += 1
    for group in range(n_groups):
        starts[group + 1] += starts[group]
    place = starts[:-1].copy()
    order = np.empty(len(keys), np.int64)
    for row in range(len(keys)):
        key = keys[row]
        order[place[key]] = row
        place[key] += 1
    return order, starts


@compiled_fast
def _add_products(n: int, columns: Array, errors: Array, matrix: Array, right: Array) -> None:
    """Add the products of `n` ratings to the lower half of the matrix and the right side of the normal equations."""
    for f in range(len(right)):
        left = columns[f]
        for g in range(f + 1):
            other = columns[g]
            product = np.float32(0.0)
            for j in range(n):
                product += left[j] * other[j]
            matrix[f, g] += product
        product = np.float32(0.0)
        for j in range(n):
            product += left[j] * errors[j]
        right[f] += product


@compiled_fast
def _factorize(matrix: Array) -> None:
    """Replace the lower half of a symmetric matrix by its Cholesky factor."""
    for f in range(len(matrix)):
        for g in range(f + 1):
            value = matrix[f, g]
            for h in range(g):
                value -= matrix[f, h] * matrix[g, h]
            if f == g:
                matrix[f, f] = np.sqrt(max(value, 1e-12))
            else:
                matrix[f, g] = value / matrix[g, g]


@compiled_fast
def _substitute_forward(factor: Array, right: Array) -> None:
    """Solve ``L x = right`` in place."""
    for f in range(len(right)):
        value = right[f]
        for h in range(f):
            value -= factor[f, h] * right[h]
        right[f] = value / factor[f, f]


@compiled_fast
def _substitute_back(factor: Array, right: Array) -> None:
    """Solve ``L' x = right`` in place."""
    for f in range(len(right) - 1, -1, -1):
        value = right[f]
        for h in range(f + 1, len(right)):
            value -= factor[h, f] * right[h]
        right[f] = value / factor[f, f]


@compiled_fast
def _add_ratings(
    begin: int,
    end: int,
    others: Array,
    targets: Array,
    other_table: Array,
    offset: Array,
    columns: Array,
    errors: Array,
    matrix: Array,
    right: Array,
) -> None:
    """Add the ratings of a row to its normal equations; `offset` is added to its factors, or is empty."""
    size = len(right) - 1
    for chunk in range(begin, end, _CHUNK):
        n = min(_CHUNK, end - chunk)
        for j in range(n):
            other = other_table[others[chunk + j]]
            target = targets[chunk + j] - other[size]
            for f in range(size):
                columns[f, j] = other[f]
            for f in range(len(offset)):
                target -= offset[f] * other[f]
            columns[size, j] = np.float32(1.0)
            errors[j] = target
        _add_products(n, columns, errors, matrix, right)


@compiled_fast
def solve_rows(
    first: int,
    stop: int,
    starts: Array,
    others: Array,
    targets: Array,
    other_table: Array,
    offsets: Array,
    precision: Array,
    prior_mean: Array,
    row_scale: Array,
    noise_precision: float,
    noise: Array,
    table: Array,
    means: Array,
) -> None:
    """Solve the ridge regression of each row given the other side, or draw the row from its conditional distribution.

    Parameters
    ----------
    first, stop
        The rows to solve. Rows are independent, so the result does not depend on how they are divided.
    starts, others, targets
        The ratings grouped by row: `(n_rows + 1,)`, and the other side's row and the centered rating of each.
    other_table
        `(n_others, n_factors + 1)` float32.
    offsets
        `(n_rows, n_factors)` float32 added to the factors of a row, or no rows.
    precision, prior_mean
        `(n_factors + 1,)` float64: L2 regularization of each column, and the value it pulls towards.
    row_scale
        `(n_rows,)` float64: factor of the regularization of a row's factors, not of its bias.
    noise_precision
        Weight of the squared errors.
    noise
        `(n_rows, n_factors + 1)` float32 standard normal numbers, or no rows to solve only.
    table, means
        Results: the drawn row (the mean, without noise), and the mean of its conditional distribution.
    """
    width = table.shape[1]
    matrix, right, drawn = np.empty((width, width)), np.empty(width), np.empty(width)
    columns, errors = np.empty((width, _CHUNK), np.float32), np.empty(_CHUNK, np.float32)
    offset = np.empty(0, np.float32)
    for row in range(first, stop):
        if starts[row] == starts[row + 1]:
            continue
        matrix[:] = 0.0
        right[:] = 0.0
        if len(offsets) > 0:
            offset = offsets[row]
        _add_ratings(starts[row], starts[row + 1], others, targets, other_table, offset, columns, errors, matrix, right)
        for f in range(width):
            strength = precision[f] * (row_scale[row] if f < width - 1 else 1.0)
            right[f] = noise_precision * right[f] + strength * prior_mean[f]
            for g in range(f + 1):
                matrix[f, g] *= noise_precision
            # The relative part keeps a row solvable that has fewer ratings than factors and no regularization.
            matrix[f, f] += strength + 1e-6 * matrix[f, f] + 1e-9
        _factorize(matrix)
        _substitute_forward(matrix, right)
        if len(noise) > 0:
            drawn[:] = right + noise[row]
            _substitute_back(matrix, drawn)
        _substitute_back(matrix, right)
        means[row] = right
        table[row] = drawn if len(noise) > 0 else right


@compiled_fast
def residuals(
    first: int, stop: int, starts: Array, others: Array, targets: Array, table: Array, other_table: Array, out: Array
) -> float:
    """Write targets minus predictions of the rows `first` to `stop` into `out`; return the sum of their squares."""
    size = table.shape[1] - 1
    total = 0.0
    for row in range(first, stop):
        own = table[row]
        for place in range(starts[row], starts[row + 1]):
            other = other_table[others[place]]
            error = targets[place] - own[size] - other[size]
            for f in range(size):
                error -= own[f] * other[f]
            out[place] = error
            total += np.float64(error) * error
    return total


@compiled_fast
def predictions(users: Array, items: Array, user_table: Array, item_table: Array, out: Array) -> None:
    """Write the predictions of `(n,)` pairs, all rows known, into `out`."""
    size = user_table.shape[1] - 1
    for place in range(len(users)):
        user, item = user_table[users[place]], item_table[items[place]]
        total = user[size] + item[size]
        for f in range(size):
            total += user[f] * item[f]
        out[place] = total


@compiled_fast
def _sum_by_user(
    f: int,
    starts: Array,
    items_of: Array,
    errors: Array,
    item_table: Array,
    weights: Array,
    squares: Array,
    products: Array,
) -> None:
    """Sum, for each user and weighted, the squares of a factor over the rated items, and its products with errors."""
    for user in range(len(weights)):
        square = product = 0.0
        for place in range(starts[user], starts[user + 1]):
            factor = item_table[items_of[place], f]
            square += factor * factor
            product += factor * errors[place]
        squares[user] = square * weights[user] * weights[user]
        products[user] = product * weights[user]


@compiled_fast
def update_implicit(
    f: int,
    user_starts: Array,
    items_of: Array,
    errors: Array,
    item_starts: Array,
    users_of: Array,
    item_table: Array,
    user_weights: Array,
    noise_precision: float,
    precision: Array,
    prior_mean: Array,
    row_scale: Array,
    noise: Array,
    implicit: Array,
    offsets: Array,
) -> None:
    """Update factor `f` of the vectors that items add to the users who rated them, one item after the other.

    A user's factors are those of the user plus ``user_weights[u] * sum(implicit[j])`` over the rated items j. Sums of
    each user are computed once, so that a factor costs as much as a few passes over the ratings.
    Source: Rendle, "Scaling Factorization Machines to Relational Data", 2013.

    Parameters
    ----------
    user_starts, items_of, errors
        The ratings grouped by user; `errors` is `(n,)` float32 target minus prediction, updated in place.
    item_starts, users_of
        The ratings grouped by item.
    item_table
        `(n_items, n_factors + 1)` float32.
    user_weights
        `(n_users,)` float32.
    noise_precision, precision, prior_mean, row_scale
        As in `solve_rows`; `(n_factors,)` and, for items, `(n_items,)`.
    noise
        `(n_factors, n_items)` float32 standard normal numbers, or no rows.
    implicit, offsets
        `(n_items, n_factors)` and `(n_users, n_factors)` float32, updated in place: the vectors, and what they add to
        each user.
    """
    n_users, n_items = len(user_starts) - 1, len(item_starts) - 1
    squares, products, changes = np.empty(n_users), np.empty(n_users), np.empty(n_users)
    has_noise = len(noise) > 0
    _sum_by_user(f, user_starts, items_of, errors, item_table, user_weights, squares, products)
    changes[:] = 0.0
    for item in range(n_items):
        begin, end = item_starts[item], item_starts[item + 1]
        if begin == end:
            continue
        curvature = slope = 0.0
        for place in range(begin, end):
            curvature += squares[users_of[place]]
            slope += products[users_of[place]]
        strength = precision[f] * row_scale[item]
        total = strength + noise_precision * curvature
        old = implicit[item, f]
        new = (strength * prior_mean[f] + noise_precision * (slope + curvature * old)) / max(total, 1e-12)
        if has_noise:
            new += noise[f, item] / np.sqrt(total)
        implicit[item, f] = new
        change = new - old
        for place in range(begin, end):
            user = users_of[place]
            products[user] -= change * squares[user]
            changes[user] += change
    for user in range(n_users):
        change = changes[user] * user_weights[user]
        offsets[user, f] += change
        for place in range(user_starts[user], user_starts[user + 1]):
            errors[place] -= change * item_table[items_of[place], f]


@compiled_fast
def descend(
    begin: int,
    end: int,
    users: Array,
    items: Array,
    targets: Array,
    user_rows: Array,
    item_rows: Array,
    size: int,
    learning_rate: float,
) -> float:
    """Take one step for each rating, in order, with a step size per row; return the sum of squared errors.

    A row holds `size` factors, the bias, the regularization of factors and bias per rating, and the sums of squared
    gradients of factors and bias. Source of the step size: Chin, Zhuang, Juan and Lin, "A Learning-Rate Schedule for
    Stochastic Gradient Methods to Matrix Factorization", 2015.
    """
    total = 0.0
    rate = np.float32(learning_rate)
    share = np.float32(1.0 / size)
    one = np.float32(1.0)
    for place in range(begin, end):
        user, item = user_rows[users[place]], item_rows[items[place]]
        error = targets[place] - user[size] - item[size]
        for f in range(size):
            error -= user[f] * item[f]
        total += error * error
        user_step, item_step = rate / np.sqrt(user[size + 3]), rate / np.sqrt(item[size + 3])
        user_l2, item_l2 = user[size + 1], item[size + 1]
        # The regularization is solved implicitly, so that it cannot overshoot however strong it is.
        user_shrink, item_shrink = one / (one + user_step * user_l2), one / (one + item_step * item_l2)
        user_sum = item_sum = np.float32(0.0)
        for f in range(size):
            p, q = user[f], item[f]
            user_slope = (user_l2 * p - error * q) * user_shrink
            item_slope = (item_l2 * q - error * p) * item_shrink
            user_sum += user_slope * user_slope
            item_sum += item_slope * item_slope
            user[f] = p - user_step * user_slope
            item[f] = q - item_step * item_slope
        user[size + 3] += share * user_sum
        item[size + 3] += share * item_sum
        user_slope, item_slope = user[size + 2] * user[size] - error, item[size + 2] * item[size] - error
        user[size] -= rate / np.sqrt(user[size + 4]) * user_slope
        item[size] -= rate / np.sqrt(item[size + 4]) * item_slope
        user[size + 4] += user_slope * user_slope
        item[size + 4] += item_slope * item_slope
    return total


@compiled
def sweep_biases(
    users: Array, items: Array, targets: Array, user_biases: Array, item_biases: Array, strength: float
) -> None:
    """Solve the biases of items, then those of users, each given the other, with `strength` neutral pseudo-ratings."""
    for side in range(2):
        rows, others = (items, users) if side == 0 else (users, items)
        own, other = (item_biases, user_biases) if side == 0 else (user_biases, item_biases)
        sums, counts = np.zeros(len(own)), np.zeros(len(own))
        for place in range(len(rows)):
            sums[rows[place]] += targets[place] - other[others[place]]
            counts[rows[place]] += 1.0
        for row in range(len(own)):
            own[row] = sums[row] / (counts[row] + strength) if counts[row] > 0 else 0.0
