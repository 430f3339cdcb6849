"""Link prediction by the neighborhoods of two nodes alone: simple rules that are hard to beat."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.kinds.graph.dataset import Neighbors

Rows = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]


class SharedNeighbors:
    """Sums a weight over the common neighbors of two nodes.

    Notes
    -----
    Liben-Nowell, D. and Kleinberg, J. (2007). The link-prediction problem for social networks.
    """

    def __init__(self, neighbors: Neighbors, weights: npt.NDArray[np.float32]) -> None:
        from scipy.sparse import csr_array

        n_nodes = len(neighbors.offsets) - 1
        ones = np.ones(len(neighbors.nodes), np.float32)
        self._links: Any = csr_array((ones, neighbors.nodes, neighbors.offsets), (n_nodes, n_nodes))
        self._weighted: Any = self._links.multiply(weights[np.newaxis, :]).tocsr()

    def pair_scores(self, first: Rows, second: Rows) -> Scores:
        """Return `(n,)` float32 scores of pairs."""
        scores = np.empty(len(first), np.float32)
        for start in range(0, len(first), 10_000):
            part = slice(start, start + 10_000)
            products = self._weighted[first[part]].multiply(self._links[second[part]])
            scores[part] = np.asarray(products.sum(axis=1)).ravel()
        return scores

    def scores(self, nodes: Rows) -> Scores:
        """Return `(n, n_nodes)` float32 scores of all nodes."""
        dense: Scores = (self._weighted[nodes] @ self._links).toarray().astype(np.float32)
        return dense


def common_neighbors(neighbors: Neighbors) -> SharedNeighbors:
    """Return the number of common neighbors as a score."""
    return SharedNeighbors(neighbors, np.ones(len(neighbors.offsets) - 1, np.float32))


def adamic_adar(neighbors: Neighbors) -> SharedNeighbors:
    """Return the sum of 1 / log(degree) over the common neighbors as a score.

    Notes
    -----
    Adamic, L. A. and Adar, E. (2003). Friends and neighbors on the Web.
    """
    # A common neighbor has at least two neighbors.
    logs = np.log(np.maximum(neighbors.degrees, 2))
    return SharedNeighbors(neighbors, (1 / logs).astype(np.float32))


class PreferentialAttachment:
    """The product of the degrees: nodes with many links get more.

    Notes
    -----
    Barabasi, A.-L. and Albert, R. (1999). Emergence of scaling in random networks.
    """

    def __init__(self, neighbors: Neighbors) -> None:
        self._degrees = neighbors.degrees.astype(np.float32)

    def pair_scores(self, first: Rows, second: Rows) -> Scores:
        """Return `(n,)` float32 scores of pairs."""
        return self._degrees[first] * self._degrees[second]

    def scores(self, nodes: Rows) -> Scores:
        """Return `(n, n_nodes)` float32 scores of all nodes."""
        return self._degrees[nodes, np.newaxis] * self._degrees[np.newaxis, :]
