"""The similarity of items by the users who chose them, and the nearest neighbors of each item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

from embedlab.models.shared.item_weights.fitting import LargestInRows, dense_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: How the interactions are weighted before items are compared.
Weighting = Literal["none", "tf-idf", "bm25"]
#: Saturation of the weights and influence of an item's popularity, the usual values of BM25.
BM25_K1: Final = 1.2
BM25_B: Final = 0.75


def weighted(interactions: csr_array, weighting: Weighting) -> csr_array:
    """Return the interactions with the weights of text retrieval: items are documents, and users are their words.

    A user who chooses many items says less about each of them: ``idf_u = log(1 + n_items / n_u)``. `tf-idf` is
    ``sqrt(weight) idf_u``; `bm25` saturates large weights and those of popular items.

    Parameters
    ----------
    interactions
        `(n_users, n_items)` sparse, above 0.

    Notes
    -----
    Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
    """
    from scipy.sparse import csr_array

    if weighting == "none":
        return interactions
    per_user = np.diff(interactions.indptr)
    idf = np.log1p(interactions.shape[1] / np.maximum(per_user, 1))[np.repeat(np.arange(len(per_user)), per_user)]
    values = interactions.data.astype(np.float64)
    if weighting == "tf-idf":
        values = np.sqrt(values) * idf
    else:
        sums = np.bincount(interactions.indices, values, minlength=interactions.shape[1])
        lengths = (1 - BM25_B + BM25_B * sums / sums.mean())[interactions.indices]
        values = values * (BM25_K1 + 1) / (BM25_K1 * lengths + values) * idf
    return csr_array((values.astype(np.float32), interactions.indices, interactions.indptr), shape=interactions.shape)


def neighbor_weights(
    interactions: csr_array,
    n_neighbors: Sequence[int],
    *,
    asymmetry: float,
    shrinkage: float,
    report: Callable[[float], None] = lambda _: None,
) -> list[csr_array]:
    """Return the similarities of each item to its nearest neighbors, for several numbers of neighbors.

    ``W[i, j] = x_i . x_j / (|x_i|^(2 a) |x_j|^(2 (1 - a)) + shrinkage)`` with the columns x of the interactions: the
    cosine for ``a = 0.5``. The diagonal is 0, and each column keeps its largest values: the neighbors i of the scored
    item j.

    Parameters
    ----------
    interactions
        `(n_users, n_items)` sparse.
    n_neighbors
        Maximum numbers of neighbors.
    asymmetry
        Exponent a, from 0 to 1: above 0.5, neighbors that are popular count less, and popular items score higher.
    shrinkage
        Above 0, similarities that few users support count less.
    report
        Called with the completed share; may raise to stop.

    Notes
    -----
    Asymmetric cosine: Aiolli, "Efficient Top-N Recommendation for Very Large Scale Binary Rated Datasets", 2013.
    """
    transposed = interactions.T.tocsr()
    n_items = interactions.shape[1]
    squares = np.bincount(interactions.indices, interactions.data.astype(np.float64) ** 2, minlength=n_items)
    of_neighbor, of_target = squares**asymmetry, squares ** (1 - asymmetry)
    found = [LargestInRows(n_items, k) for k in n_neighbors]
    # Rows are the scored items here.
    for start, rows in dense_rows(transposed, interactions, report):
        places = np.arange(len(rows))
        rows[places, start + places] = 0
        norms = np.outer(of_target[start : start + len(rows)], of_neighbor) + shrinkage
        similar: npt.NDArray[np.float32] = np.divide(
            rows, norms, out=np.zeros_like(rows), where=norms > 0, casting="same_kind"
        )
        for largest in found:
            largest.add(similar)
    return [largest.matrix().T.tocsr() for largest in found]
