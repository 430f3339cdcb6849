"""The largest singular values and vectors of a matrix, computed in steps short enough to be stopped between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float32]

#: Random columns beyond the wanted ones.
_OVERSAMPLES = 10
#: Multiplications between two reports: a fraction of a second.
_BLOCK_PRODUCTS = 100_000_000
#: Below this share of the smaller side, singular values are harder to separate and take more iterations.
_SMALL_SHARE = 0.1
_ITERATIONS, _ITERATIONS_OF_SMALL = 4, 7


def stepwise_svd(
    matrix: npt.NDArray[np.float32] | csr_array,
    size: int,
    seed: int,
    report: Callable[[float], None] = lambda _: None,
    *,
    n_iter: int | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Return the largest singular values and vectors, ``matrix = U diag(s) V'``.

    Equal to scikit-learn's `randomized_svd` with the same seed up to rounding, but a long decomposition can be stopped.

    Parameters
    ----------
    matrix
        `(n, m)` float32, dense or sparse by rows.
    size
        Number of singular values; at most the smaller side.
    seed
        Of the random start.
    report
        Called with the completed share between the steps; may raise to stop.
    n_iter
        Power iterations; None: chosen by the share of the singular values that are wanted.

    Returns
    -------
    `(n, size)`, `(size,)` and `(size, m)` float32: U, s falling, and V'.

    Notes
    -----
    Halko, Martinsson and Tropp, "Finding structure with randomness", 2011.
    """
    from scipy.linalg import lu, qr, svd
    from sklearn.utils.extmath import svd_flip

    n_rows, n_columns = matrix.shape
    is_wide = n_rows < n_columns
    if n_iter is None:
        n_iter = _ITERATIONS_OF_SMALL if size < _SMALL_SHARE * min(n_rows, n_columns) else _ITERATIONS
    products = _Products(matrix, size + _OVERSAMPLES, 2 * n_iter + 2, report)
    forward, backward = (products.of_columns, products.of_rows) if is_wide else (products.of_rows, products.of_columns)
    start = np.random.RandomState(seed).normal(size=(min(n_rows, n_columns), size + _OVERSAMPLES))
    basis = start.astype(np.float32)
    for _ in range(n_iter):
        basis, _ = lu(forward(basis), permute_l=True, check_finite=False)
        basis, _ = lu(backward(basis), permute_l=True, check_finite=False)
    basis, _ = qr(forward(basis), mode="economic", check_finite=False)
    small = backward(basis).T
    left, values, right = svd(small, full_matrices=False)
    left = basis @ left
    left, right = svd_flip(left, right, u_based_decision=not is_wide)
    if is_wide:
        left, right = right.T, left.T
    return left[:, :size], values[:size], right[:size]


class _Products:
    """Products with a matrix and with its transpose, by blocks of rows.

    Parameters
    ----------
    matrix
        `(n, m)`.
    width
        Columns of the other factors.
    n_expected
        Number of products, for the reported share.
    report
        Called before each block.
    """

    def __init__(self, matrix: Any, width: int, n_expected: int, report: Callable[[float], None]) -> None:
        self._matrix, self._n_expected, self._report, self._done = matrix, n_expected, report, 0
        n_rows, n_columns = matrix.shape
        starts = np.arange(n_rows + 1) * n_columns if isinstance(matrix, np.ndarray) else matrix.indptr
        work = starts.astype(np.int64) * width
        n_blocks = max(1, -(-int(work[-1]) // _BLOCK_PRODUCTS))
        cuts = np.searchsorted(work, np.arange(1, n_blocks) * (work[-1] / n_blocks))
        self._bounds = np.unique(np.concatenate([[0], cuts, [n_rows]]))

    def _blocks(self) -> Iterator[slice]:
        n_blocks = len(self._bounds) - 1
        for place in range(n_blocks):
            self._report(min(1.0, (self._done + place / n_blocks) / self._n_expected))
            yield slice(int(self._bounds[place]), int(self._bounds[place + 1]))
        self._done += 1

    def of_rows(self, other: Floats) -> Floats:
        """Return ``matrix @ other``."""
        return np.concatenate([np.asarray(self._matrix[rows] @ other) for rows in self._blocks()])

    def of_columns(self, other: Floats) -> Floats:
        """Return ``matrix' @ other``."""
        found: Floats = np.zeros((self._matrix.shape[1], other.shape[1]), np.float32)
        for rows in self._blocks():
            found += self._matrix[rows].T @ other[rows]
        return found
