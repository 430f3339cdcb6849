"""All cosine similarities among several keys, in clustered order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.several_keys import find_keys, unit_rows


@dataclass(frozen=True)
class SimilarityMatrix:
    """Cosine similarities among keys.

    Parameters
    ----------
    keys, labels
        In clustered order.
    cosines
        `(n, n)` float32, symmetric, -1 to 1; row and column follow `keys`.
    """

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    cosines: npt.NDArray[np.float32]

    def pairs(self) -> list[tuple[int, int, float]]:
        """Return all pairs of rows with their cosine, the most similar first."""
        first, second = np.triu_indices(len(self.keys), k=1)
        values = self.cosines[first, second]
        order = np.argsort(-values, kind="stable")
        return [(int(first[at]), int(second[at]), float(values[at])) for at in order]


def similarity_matrix(embedding: Embedding, keys: Sequence[str], *, clustered: bool = True) -> SimilarityMatrix:
    """Return the cosine similarity of every pair of `keys`.

    Parameters
    ----------
    keys
        Keys or labels, at most `several_keys.MOST_KEYS`; repeats are left out.
    clustered
        Whether to sort the keys in clustered order, or keep their order.

    Raises
    ------
    NotFoundError
        A key is not in the vocabulary; the remedy suggests the closest spellings.
    InputError
        There are no keys, or too many.
    """
    unique = find_keys(embedding, keys)
    units = unit_rows(embedding, unique)
    cosines = np.clip(units @ units.T, -1, 1).astype(np.float32)
    order = clustered_order(cosines) if clustered else list(range(len(unique)))
    ordered = tuple(unique[at] for at in order)
    return SimilarityMatrix(ordered, tuple(embedding.label(key) for key in ordered), cosines[np.ix_(order, order)])


def clustered_order(cosines: npt.NDArray[np.floating]) -> list[int]:
    """Return the rows in the leaf order of their hierarchical clustering, so that similar rows are adjacent.

    Average linkage of cosine distances, with optimal leaf ordering: the order of the tree with the smallest distances
    between adjacent rows.

    Parameters
    ----------
    cosines
        `(n, n)`, symmetric.

    Notes
    -----
    Bar-Joseph, Z., Gifford, D. K., Jaakkola, T. S. (2001). Fast optimal leaf ordering for hierarchical clustering.
    Bioinformatics 17. Both from SciPy.
    """
    n = len(cosines)
    # One or two rows have only one order, and SciPy cannot build a tree of one leaf.
    if n < 3:
        return list(range(n))
    from scipy.cluster.hierarchy import leaves_list, linkage

    first, second = np.triu_indices(n, k=1)
    distances = np.maximum(1 - cosines[first, second].astype(np.float64), 0)
    return [int(row) for row in leaves_list(linkage(distances, method="average", optimal_ordering=True))]
