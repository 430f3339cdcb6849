"""The item-to-item weights of EASE and EDLAE in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.interactions import Interactions
from embedlab.models.ease.ranker import ItemWeightsRanker

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def item_weights(interactions: csr_array, l2: float, dropout: float = 0.0) -> npt.NDArray[np.float32]:
    """Return the weights ``B`` that minimize ``|X - X B|^2 + l2 |B|^2`` with a diagonal of zeros.

    ``B[i, j]`` is what having chosen item i contributes to the score of item j. Needs two matrices of
    `(n_items, n_items)` float32 in memory.

    Parameters
    ----------
    interactions
        `(n_users, n_items)` sparse weights X.
    l2
        L2 regularization, above 0.
    dropout
        EDLAE: share of each user's items that are dropped at random in training; 0 for EASE.

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
    from scipy.linalg import lapack

    gram = np.asarray((interactions.T @ interactions).todense(), dtype=np.float32, order="F")
    diagonal = np.diag_indices(len(gram))
    gram[diagonal] += l2 + dropout / (1 - dropout) * gram[diagonal]
    # In place: the Cholesky factor, then the inverse, in the lower triangle.
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    if not failed:
        inverse, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise InputError(
            "The item-to-item weights cannot be computed.", received=f"l2={l2:g}", remedy="Choose a larger l2."
        )
    _mirror(inverse)
    weights: npt.NDArray[np.float32] = inverse
    weights /= -np.array(weights[diagonal])
    weights[diagonal] = 0
    return weights


def fit_ease(
    interactions: Interactions, shape: tuple[int, int], l2: float, *, dropout: float = 0.0, most_items: int
) -> ItemWeightsRanker:
    """Fit EASE to the most popular items.

    Parameters
    ----------
    interactions
        What users chose.
    shape
        Number of users and items in the dataset.
    l2, dropout
        As in `item_weights`.
    most_items
        Maximum number of items.
    """
    counts = np.bincount(interactions.items, minlength=shape[1])
    items = np.sort(np.argsort(-counts, kind="stable")[:most_items])
    items = items[counts[items] > 0]
    histories = interactions.matrix(*shape)[:, items]
    return ItemWeightsRanker(items.astype(np.int32), item_weights(histories, l2, dropout), histories, shape[1])


def _mirror(matrix: npt.NDArray[np.float32], block: int = 1024) -> None:
    """Copy the lower triangle to the upper one, block by block."""
    n = len(matrix)
    for start in range(0, n, block):
        stop = min(start + block, n)
        square = np.tril(matrix[start:stop, start:stop])
        matrix[start:stop, start:stop] = square + np.tril(square, -1).T
        matrix[start:stop, stop:] = matrix[stop:, start:stop].T
