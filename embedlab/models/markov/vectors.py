"""Vectors of items from the steps between them, for a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_SMALLEST = 1e-6


def step_vectors(steps: csr_array, vector_size: int, seed: int) -> npt.NDArray[np.float32]:
    """Return `(n_items, vector_size)` float32 vectors of items.

    Items get similar vectors if steps between them are frequent, or if they have similar next or previous items. They
    are the sum of the left and the right singular vectors of the positive pointwise mutual information of item and next
    item, times the square roots of the singular values; columns that the matrix has no rank for are 0.

    Notes
    -----
    Levy, Goldberg and Dagan, "Improving Distributional Similarity with Lessons Learned from Word Embeddings", 2015 (the
    sum of word and context vectors).
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
        left, values, right = randomized_svd(information, rank, random_state=seed)
        # What rounding leaves of a value of 0 has an arbitrary direction.
        scales = np.sqrt(np.where(values > _SMALLEST * values[0], values, 0))
        # In exact arithmetic, items without a next or a previous one have zeros there.
        vectors[:, :rank] += np.where(before[:, np.newaxis] > 0, left * scales, 0)
        vectors[:, :rank] += np.where(after[:, np.newaxis] > 0, right.T * scales, 0)
    return vectors
