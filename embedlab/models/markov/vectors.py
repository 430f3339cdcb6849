"""Vectors of items from the steps between them, for a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def step_vectors(steps: csr_array, vector_size: int, seed: int) -> npt.NDArray[np.float32]:
    """Return `(n_items, vector_size)` float32: items with similar next items get similar vectors.

    The left singular vectors of the positive pointwise mutual information of item and next item, times the square
    roots of the singular values; columns that the matrix has no rank for are 0.

    Notes
    -----
    Levy and Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", 2014.
    """
    from sklearn.utils.extmath import randomized_svd

    n_items = steps.shape[0]
    vectors = np.zeros((n_items, vector_size), np.float32)
    before, after = (np.asarray(steps.sum(axis=axis)).ravel() for axis in (1, 0))
    total = before.sum()
    rows = np.repeat(np.arange(n_items), np.diff(steps.indptr))
    information = steps.copy()
    information.data = np.maximum(0.0, np.log(steps.data * total / (before[rows] * after[steps.indices])))
    information.eliminate_zeros()
    rank = min(vector_size, n_items)
    if information.nnz:
        left, values, _ = randomized_svd(information, rank, random_state=seed)
        vectors[:, :rank] = left * np.sqrt(values)
    return vectors
