"""The item-to-item weights of RP3beta: the probability of a random walk from item to user to item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.models.shared.item_weights.fitting import LargestInRows, dense_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def walk_weights(
    interactions: csr_array,
    alpha: float,
    betas: Sequence[float],
    n_neighbors: Sequence[int],
    report: Callable[[float], None] = lambda _: None,
) -> list[csr_array]:
    """Return the weights for one `alpha` and several pairs of `beta` and number of neighbors, from one product.

    ``W[i, j] = n_j^-beta sum_u P(u | i)^alpha P(j | u)^alpha``, with the probabilities of a step from an item to one of
    its users and from a user to one of their items, in proportion to the weights of the interactions. The diagonal is 0
    and each item keeps its largest weights.

    Parameters
    ----------
    interactions
        `(n_users, n_items)` sparse weights; each item has at least one.
    alpha
        Exponent of the probabilities.
    betas, n_neighbors
        Exponents of the penalty for popular items; maximum numbers of weights of an item, for each of them.
    report
        Called with the completed share; may raise to stop.

    Notes
    -----
    Paudel, Christoffel, Newell and Bernstein, "Updatable, Accurate, Diverse, and Scalable Recommendations for
    Interactive Applications", 2017.
    """
    to_items = _probabilities(interactions, alpha)
    to_users = _probabilities(interactions.T.tocsr(), alpha)
    popularity = np.bincount(interactions.indices, minlength=interactions.shape[1]).astype(np.float32)
    penalties = [(np.maximum(popularity, 1) ** -beta).astype(np.float32) for beta in betas]
    found = [LargestInRows(len(popularity), k) for k in n_neighbors]
    for start, rows in dense_rows(to_users, to_items, report):
        places = np.arange(len(rows))
        rows[places, start + places] = 0
        for penalty, largest in zip(penalties, found, strict=True):
            largest.add(rows * penalty)
    return [largest.matrix() for largest in found]


def _probabilities(matrix: csr_array, exponent: float) -> csr_array:
    """Return the rows of weights as probabilities, each to the power of an exponent."""
    from scipy.sparse import csr_array

    sums: npt.NDArray[np.float64] = np.asarray(matrix.sum(axis=1, dtype=np.float64))
    shares = matrix.data / np.repeat(sums, np.diff(matrix.indptr))
    return csr_array(((shares**exponent).astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
