"""What a graph is like: its components, degrees, and whether it is a hierarchy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int32]
#: Sizes of components that are listed.
_MOST_COMPONENTS: Final = 10


@dataclass(frozen=True)
class Hierarchy:
    """A forest: every node has at most one parent, and no node is its own ancestor.

    Parameters
    ----------
    parents
        `(n_nodes,)` int32 row of each node's parent; -1 for roots.
    depths
        `(n_nodes,)` int32 number of edges to the root.
    source_is_parent
        Whether edges run from the parent to the child.
    """

    parents: Indices
    depths: Indices
    source_is_parent: bool

    @property
    def n_roots(self) -> int:
        """Number of nodes without a parent."""
        return int((self.parents < 0).sum())

    @property
    def n_leaves(self) -> int:
        """Number of nodes without children."""
        return len(self.parents) - len(np.unique(self.parents[self.parents >= 0]))


def hierarchy_of(sources: Indices, targets: Indices, n_nodes: int) -> Hierarchy | None:
    """Return the hierarchy that distinct edges form, in one direction or the other; None if they form none.

    If both directions fit, as in a path, edges run from parent to child.
    """
    for parent, child, source_is_parent in ((sources, targets, True), (targets, sources, False)):
        if np.bincount(child, minlength=n_nodes).max(initial=0) > 1:
            continue
        parents = np.full(n_nodes, -1, np.int32)
        parents[child] = parent
        depths = depths_of(parents)
        if depths is not None:
            return Hierarchy(parents, depths, source_is_parent)
    return None


def depths_of(parents: Indices) -> Indices | None:
    """Return `(n,)` int32 the number of steps from each node to its root; None if there is a cycle.

    Notes
    -----
    Pointer doubling: after k rounds every pointer skips 2^k ancestors, so `log2(n)` rounds are enough.
    """
    n_nodes = len(parents)
    pointers = parents.astype(np.int64)
    depths: npt.NDArray[np.int64] = (parents >= 0).astype(np.int64)
    for _ in range(max(1, int(np.ceil(np.log2(max(2, n_nodes)))) + 1)):
        has_parent = pointers >= 0
        if not has_parent.any():
            return depths.astype(np.int32)
        depths[has_parent] += depths[pointers[has_parent]]
        pointers[has_parent] = pointers[pointers[has_parent]]
    return None if (pointers >= 0).any() else depths.astype(np.int32)


def components_of(sources: Indices, targets: Indices, n_nodes: int) -> Indices:
    """Return `(n_nodes,)` int32 the number of each node's connected component, whatever the direction of the edges.

    The largest component has the number 0.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(sources), np.int8)
    _, found = connected_components(coo_array((ones, (sources, targets)), (n_nodes, n_nodes)).tocsr(), directed=False)
    sizes = np.bincount(found)
    rank = np.empty(len(sizes), np.int32)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes), dtype=np.int32)
    ranked: Indices = rank[found]
    return ranked


def degree_histogram(degrees: npt.NDArray[np.int64]) -> dict[str, list[int]]:
    """Return how many nodes have how many neighbors, in bins that double: `{"from": ..., "to": ..., "nodes": ...}`."""
    lows = [1, 2]
    while lows[-1] * 2 <= int(degrees.max(initial=1)):
        lows.append(lows[-1] * 2)
    edges = [*lows, lows[-1] * 2]
    counts, _ = np.histogram(degrees, edges)
    filled = max(1, int(np.flatnonzero(counts).max(initial=0)) + 1)
    return {
        "from": lows[:filled],
        "to": [edge - 1 for edge in edges[1 : filled + 1]],
        "nodes": [int(count) for count in counts[:filled]],
    }


def component_figures(components: Indices) -> dict[str, Any]:
    """Return the number of components, and the sizes of the largest."""
    sizes = np.sort(np.bincount(components))[::-1]
    return {"count": len(sizes), "largest": [int(size) for size in sizes[:_MOST_COMPONENTS]]}
