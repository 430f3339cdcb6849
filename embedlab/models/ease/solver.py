"""The item-to-item weights of EASE and EDLAE in closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.interactions import Interactions
from embedlab.models.shared.item_weights.fitting import dense_rows, known_items
from embedlab.models.shared.item_weights.ranker import ItemWeightsRanker

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Rows and columns that are inverted at a time.
_BLOCK = 256


def item_weights(
    interactions: csr_array, l2: float, dropout: float = 0.0, report: Callable[[float], None] = lambda _: None
) -> npt.NDArray[np.float32]:
    """Return the weights ``B`` that minimize ``|X - X B|^2 + l2 |B|^2`` with a diagonal of zeros.

    ``B[i, j]`` is what having chosen item i contributes to the score of item j. Needs one matrix of
    `(n_items, n_items)` float32 in memory, and a part of a second one.

    Parameters
    ----------
    interactions
        `(n_users, n_items)` sparse weights X.
    l2
        L2 regularization, above 0.
    dropout
        EDLAE: share of each user's items that are dropped at random in training; 0 for EASE. It adds
        ``dropout / (1 - dropout) X'X`` to the diagonal of the regularization.
    report
        Called with the completed share; may raise to stop.

    Returns
    -------
    `(n_items, n_items)` float32.

    Raises
    ------
    InputError
        The matrix cannot be inverted: `l2` is too small.

    Notes
    -----
    Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", 2019, equation 8; Steck, "Autoencoders that don't
    overfit towards the Identity", 2020, section 3.
    """
    n_items = interactions.shape[1]
    gram = np.empty((n_items, n_items), np.float32)
    transposed = interactions.T.tocsr()
    for start, rows in dense_rows(transposed, interactions, lambda share: report(share / 2)):
        gram[start : start + len(rows)] = rows
    diagonal = np.diag_indices(n_items)
    gram[diagonal] += l2 + dropout / (1 - dropout) * gram[diagonal]
    try:
        negative_inverse(gram, lambda share: report((1 + share) / 2))
    except np.linalg.LinAlgError as error:
        raise InputError(
            "The item-to-item weights cannot be computed.",
            received=f"l2={l2:g}",
            remedy="Choose a larger l2, or import counts with their logarithms as weights.",
        ) from error
    gram /= -np.array(gram[diagonal])
    gram[diagonal] = 0
    return gram


def negative_inverse(
    matrix: npt.NDArray[np.float32], report: Callable[[float], None] = lambda _: None, block: int = _BLOCK
) -> None:
    """Replace a symmetric positive definite matrix by the negative of its inverse, in place.

    Sweeps one block of rows and columns after the other, so that a long inversion can be stopped; only the lower
    triangle is read, and both are written.

    Parameters
    ----------
    matrix
        `(n, n)` float32.
    report
        Called with the completed share before each block; may raise to stop.
    block
        Rows and columns at a time.

    Raises
    ------
    numpy.linalg.LinAlgError
        The matrix is not positive definite.

    Notes
    -----
    Goodnight, "A Tutorial on the SWEEP Operator", 1979.
    """
    from scipy.linalg import cho_factor, cho_solve

    n = len(matrix)
    for start in range(0, n, block):
        report(start / n)
        stop = min(start + block, n)
        # The columns of the block, from the lower triangle.
        panel = np.concatenate([matrix[start:stop, :start].T, matrix[start:, start:stop]])
        corner = panel[start:stop]
        corner[:] = np.tril(corner) + np.tril(corner, -1).T
        pivot = cho_factor(corner.astype(np.float64), lower=True)
        inverse = cho_solve(pivot, np.eye(stop - start)).astype(np.float32)
        swept = panel @ inverse
        for first in range(0, n, block):
            last = min(first + block, n)
            matrix[first:last, :last] -= swept[first:last] @ panel[:last].T
        matrix[start:stop, :start] = swept[:start].T
        matrix[start:, start:stop] = swept[start:]
        matrix[start:stop, start:stop] = -inverse
    _mirror(matrix)


def fit_ease(
    interactions: Interactions,
    shape: tuple[int, int],
    l2: float,
    *,
    dropout: float = 0.0,
    most_items: int,
    report: Callable[[float], None] = lambda _: None,
) -> ItemWeightsRanker:
    """Fit EASE to the most popular items.

    Parameters
    ----------
    interactions
        What users chose.
    shape
        Number of users and items in the dataset.
    l2, dropout, report
        As in `item_weights`.
    most_items
        Maximum number of items.
    """
    items = known_items(interactions, shape[1], most_items)
    histories = interactions.matrix(*shape)[:, items]
    return ItemWeightsRanker(items, item_weights(histories, l2, dropout, report), histories, shape[1])


def _mirror(matrix: npt.NDArray[np.float32], block: int = 1024) -> None:
    """Copy the lower triangle to the upper one, block by block."""
    n = len(matrix)
    for start in range(0, n, block):
        stop = min(start + block, n)
        square = np.tril(matrix[start:stop, start:stop])
        matrix[start:stop, start:stop] = square + np.tril(square, -1).T
        matrix[start:stop, stop:] = matrix[stop:, start:stop].T
