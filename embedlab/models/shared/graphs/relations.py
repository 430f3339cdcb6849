"""What a hyperbolic embedding learns from: pairs of a node and what is more general than it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.graph.dataset import Edges, GraphDataset, Neighbors, neighbors_of
from embedlab.kinds.graph.structure import Hierarchy

Rows = npt.NDArray[np.int32]
#: More take more than a gigabyte; a chain of 10,000 nodes has 50 million.
MOST_RELATIONS: Final = 50_000_000


def relations_of(dataset: GraphDataset, *, all_ancestors: bool) -> tuple[Rows, Rows]:
    """Return `(n,)` int32 rows of nodes, and of what is more general than each.

    Of a hierarchy, its parents, or with `all_ancestors` all ancestors; of another directed graph, the target of each
    edge; of an undirected graph, both ends of each edge.

    Raises
    ------
    InputError
        There are more than `MOST_RELATIONS`.
    """
    hierarchy, edges = dataset.hierarchy, dataset.edges
    if hierarchy is not None:
        return ancestors_of(hierarchy) if all_ancestors else parents_of(hierarchy)
    if dataset.is_directed:
        return edges.sources, edges.targets
    return np.concatenate([edges.sources, edges.targets]), np.concatenate([edges.targets, edges.sources])


def parents_of(hierarchy: Hierarchy) -> tuple[Rows, Rows]:
    """Return every node that has a parent, and its parent."""
    children = np.flatnonzero(hierarchy.parents >= 0).astype(np.int32)
    return children, hierarchy.parents[children]


def ancestors_of(hierarchy: Hierarchy) -> tuple[Rows, Rows]:
    """Return every node once for each of its ancestors, nearest ancestors first, and the ancestors."""
    n_relations = int(hierarchy.depths.sum(dtype=np.int64))
    if n_relations > MOST_RELATIONS:
        raise InputError(
            "The hierarchy is too deep to learn from all ancestors.",
            received=f"{n_relations:,} pairs of a node and an ancestor",
            remedy="Turn “All ancestors” off.",
        )
    nodes, found = parents_of(hierarchy)
    all_nodes, all_found = [nodes], [found]
    while len(nodes):
        has_more = hierarchy.parents[found] >= 0
        nodes, found = nodes[has_more], hierarchy.parents[found[has_more]]
        all_nodes.append(nodes)
        all_found.append(found)
    return np.concatenate(all_nodes), np.concatenate(all_found)


def related_to(nodes: Rows, others: Rows, n_nodes: int) -> Neighbors:
    """Return what each node is related to, in the direction of the relations."""
    weights = np.ones(len(nodes), np.float32)
    return neighbors_of(Edges(nodes, others, weights), n_nodes, both_directions=False)
