"""The inner loops of alternating least squares. Imports Numba: import it inside functions only.

Each row (a user, or an item) is solved by itself, so the result does not depend on how rows are divided among threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.compiled import compiled_fast

Array = npt.NDArray[Any]

#: Rows of a matrix product that sums the outer products of many vectors at once.
_PANEL = 128


@compiled_fast
def _solve_in_place(system: Array, right: Array) -> None:
    """Replace `right` by the solution of a symmetric positive definite system; raises `LinAlgError` otherwise."""
    size = len(right)
    factor = np.linalg.cholesky(system)
    for i in range(size):
        value = right[i]
        for k in range(i):
            value -= factor[i, k] * right[k]
        right[i] = value / factor[i, i]
    for i in range(size - 1, -1, -1):
        value = right[i] / factor[i, i]
        right[i] = value
        for k in range(i):
            right[k] -= factor[i, k] * value


@compiled_fast
def solve_rows(
    starts: Array,
    columns: Array,
    weights: Array,
    others: Array,
    gram: Array,
    penalties: Array,
    priors: Array,
    vectors: Array,
    first: int,
    last: int,
) -> None:
    """Solve rows `first` to `last` exactly, given the vectors of the other side.

    Row r becomes ``(gram + sum w h h' + l_r I)^-1 (sum w h + l_r prior_r)``, the sums over its interactions.

    Parameters
    ----------
    starts, columns, weights
        The interactions of all rows, in the CSR format.
    others
        `(n_others, n_factors)` float32 vectors h of the other side.
    gram
        `(n_factors, n_factors)` float32: ``alpha0 H'H``.
    penalties
        `(n_rows,)` float32 L2 regularization l of each row.
    priors
        `(n_rows, n_factors)` float32 vectors that the L2 regularization pulls to; with 0 rows: zero.
    vectors
        `(n_rows, n_factors)` float32, overwritten.
    """
    size = others.shape[1]
    panel = np.empty((_PANEL, size), np.float32)
    weighted = np.empty((_PANEL, size), np.float32)
    product = np.empty((size, size), np.float32)
    system = np.empty((size, size), np.float32)
    right = np.empty(size, np.float32)
    for row in range(first, last):
        penalty = penalties[row]
        right[:] = 0
        if len(priors):
            for k in range(size):
                right[k] = penalty * priors[row, k]
        elif starts[row] == starts[row + 1]:
            vectors[row, :] = 0
            continue
        system[:, :] = gram
        for k in range(size):
            system[k, k] += penalty
        for begin in range(starts[row], starts[row + 1], _PANEL):
            n = min(_PANEL, starts[row + 1] - begin)
            for place in range(n):
                other, weight = columns[begin + place], weights[begin + place]
                for k in range(size):
                    value = others[other, k]
                    panel[place, k] = value
                    weighted[place, k] = weight * value
                    right[k] += weight * value
            np.dot(panel[:n].T, weighted[:n], product)
            system += product
        _solve_in_place(system, right)
        vectors[row, :] = right


@compiled_fast
def _start_block(
    gram: Array, penalty: float, prior: Array, vector: Array, block_start: int, system: Array, right: Array
) -> None:
    """Set the equations of a block of coordinates to what does not depend on the interactions of a row."""
    width = len(right)
    for i in range(width):
        value = penalty * vector[block_start + i]
        if len(prior):
            value -= penalty * prior[block_start + i]
        for k in range(len(vector)):
            value += gram[block_start + i, k] * vector[k]
        right[i] = value
        for k in range(width):
            system[i, k] = gram[block_start + i, block_start + k]
        system[i, i] += penalty


@compiled_fast
def improve_rows(
    starts: Array,
    columns: Array,
    weights: Array,
    others: Array,
    gram: Array,
    penalties: Array,
    priors: Array,
    vectors: Array,
    block_start: int,
    block_stop: int,
    first: int,
    last: int,
) -> None:
    """Solve a block of coordinates of rows `first` to `last` exactly, given their other coordinates.

    Parameters are those of `solve_rows`; `gram` covers all coordinates.

    Notes
    -----
    Rendle et al., "iALS++: Speeding up Matrix Factorization with Subspace Optimization", 2021.
    """
    size, width = others.shape[1], block_stop - block_start
    panel = np.empty((_PANEL, width), np.float32)
    weighted = np.empty((_PANEL, width), np.float32)
    product = np.empty((width, width), np.float32)
    system = np.empty((width, width), np.float32)
    right = np.empty(width, np.float32)
    for row in range(first, last):
        if not len(priors) and starts[row] == starts[row + 1]:
            vectors[row, :] = 0
            continue
        penalty = penalties[row]
        vector = vectors[row]
        _start_block(
            gram, penalty, priors[row] if len(priors) else priors[:0].ravel(), vector, block_start, system, right
        )
        for begin in range(starts[row], starts[row + 1], _PANEL):
            n = min(_PANEL, starts[row + 1] - begin)
            for place in range(n):
                other, weight = columns[begin + place], weights[begin + place]
                score = np.float32(0.0)
                for k in range(size):
                    score += others[other, k] * vector[k]
                slope = weight * (score - np.float32(1.0))
                for k in range(width):
                    value = others[other, block_start + k]
                    panel[place, k] = value
                    weighted[place, k] = weight * value
                    right[k] += slope * value
            np.dot(panel[:n].T, weighted[:n], product)
            system += product
        _solve_in_place(system, right)
        for k in range(width):
            vector[block_start + k] -= right[k]


@compiled_fast
def observed_error(
    starts: Array, columns: Array, weights: Array, vectors: Array, others: Array, first: int, last: int
) -> float:
    """Return the sum of ``w (1 - score)^2`` over the interactions of rows `first` to `last`."""
    size = vectors.shape[1]
    total = 0.0
    for row in range(first, last):
        for place in range(starts[row], starts[row + 1]):
            score = np.float32(0.0)
            for k in range(size):
                score += vectors[row, k] * others[columns[place], k]
            error = np.float64(score) - 1.0
            total += weights[place] * error * error
    return total
