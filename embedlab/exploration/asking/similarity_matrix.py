"""All cosine similarities among several keys, in an order in which what is alike stands together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.several import find_keys, unit_rows


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
    """Return the cosine similarity of every two of `keys`.

    Parameters
    ----------
    keys
        Keys or labels, at most `several.MOST_KEYS`; repeats are left out.
    clustered
        Whether the keys are put in clustered order, or stay as given.

    Raises
    ------
    NotFoundError
        One is not in the vocabulary; the remedy offers the closest spellings.
    InputError
        No key, or too many.
    """
    found = find_keys(embedding, keys)
    units = unit_rows(embedding, found)
    cosines = np.clip(units @ units.T, -1, 1).astype(np.float32)
    order = clustered_order(cosines) if clustered else list(range(len(found)))
    ordered = tuple(found[at] for at in order)
    return SimilarityMatrix(ordered, tuple(embedding.label(key) for key in ordered), cosines[np.ix_(order, order)])


def clustered_order(cosines: npt.NDArray[np.floating]) -> list[int]:
    """Return the rows in the order of the leaves of their hierarchical clustering, like next to like.

    Average linkage of cosine distances; of all orders that the tree allows the one with the least distances between
    neighbors.

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
    # Of one or two there is only one order, and a tree of one leaf cannot be built.
    if n < 3:
        return list(range(n))
    from scipy.cluster.hierarchy import leaves_list, linkage

    first, second = np.triu_indices(n, k=1)
    distances = np.maximum(1 - cosines[first, second].astype(np.float64), 0)
    return [int(row) for row in leaves_list(linkage(distances, method="average", optimal_ordering=True))]
