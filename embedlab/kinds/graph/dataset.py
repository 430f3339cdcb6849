"""A graph as imported: nodes by degree, and edges in compressed sparse rows; and its split for predicting links."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import StorageError
from embedlab.core.kind import Kind
from embedlab.core.stored import damaged, read_array, read_table
from embedlab.kinds.base import Imported
from embedlab.kinds.graph.structure import Hierarchy, hierarchy_of

NODES_FILE: Final = "nodes.parquet"
#: One entry per stored edge, by source: an undirected edge is stored once, from the lower row to the higher one.
OFFSETS_FILE: Final = "edge_offsets.npy"
TARGETS_FILE: Final = "edge_targets.npy"
WEIGHTS_FILE: Final = "edge_weights.npy"


class Edges(NamedTuple):
    """Edges as rows of nodes.

    Parameters
    ----------
    sources, targets
        `(n,)` int32.
    weights
        `(n,)` float32, above 0.
    """

    sources: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.sources)

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Edges:
        """Return some of the edges."""
        return Edges(self.sources[rows], self.targets[rows], self.weights[rows])


class Neighbors(NamedTuple):
    """The neighbors of every node in compressed sparse rows, sorted within a node.

    Parameters
    ----------
    offsets
        `(n_nodes + 1,)` int64: the neighbors of node i are those from `offsets[i]` to `offsets[i + 1]`.
    nodes
        `(n,)` int32 rows of the neighbors.
    weights
        `(n,)` float32.
    """

    offsets: npt.NDArray[np.int64]
    nodes: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]

    @property
    def degrees(self) -> npt.NDArray[np.int64]:
        """`(n_nodes,)` int64 number of neighbors."""
        degrees: npt.NDArray[np.int64] = np.diff(self.offsets)
        return degrees

    def of(self, row: int) -> npt.NDArray[np.int32]:
        """Return the neighbors of a node."""
        return self.nodes[self.offsets[row] : self.offsets[row + 1]]


def neighbors_of(edges: Edges, n_nodes: int, *, both_directions: bool = True) -> Neighbors:
    """Return the neighbors of every node; weights of edges that coincide are summed.

    Parameters
    ----------
    both_directions
        Whether an edge leads to its source, too.
    """
    from scipy.sparse import coo_array

    sources, targets, weights = edges
    if both_directions:
        sources, targets = (
            np.concatenate([edges.sources, edges.targets]),
            np.concatenate([edges.targets, edges.sources]),
        )
        weights = np.concatenate([weights, weights])
    matrix = coo_array((weights, (sources, targets)), (n_nodes, n_nodes)).tocsr()
    matrix.sum_duplicates()
    matrix.sort_indices()
    return Neighbors(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32))


@dataclass(frozen=True, eq=False)
class GraphDataset:
    """An imported graph.

    Parameters
    ----------
    folder
        Its folder.
    imported
        Its description: counts, options, warnings, details.
    """

    folder: Path
    imported: Imported

    @classmethod
    def open(cls, folder: Path) -> GraphDataset:
        """Open what an import wrote; raises `StorageError` if it is missing or damaged."""
        imported = Imported.load(folder)
        if imported.kind != Kind.GRAPH:
            raise StorageError("The folder does not contain a graph.", received=folder.name)
        return cls(folder, imported)

    @cached_property
    def nodes(self) -> pd.DataFrame:
        """One row per node, most neighbors first: `key`, `label`, columns of the nodes file, `count` (neighbors)."""
        return read_table(self.folder / NODES_FILE, {"key": "text", "label": "text", "count": "number"})

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.nodes)

    @cached_property
    def keys(self) -> list[str]:
        """The name of each node's row."""
        keys: list[str] = self.nodes["key"].tolist()
        return keys

    @cached_property
    def description(self) -> pd.DataFrame:
        """What describes the nodes, for colors and filters: the columns of the nodes file and `count` (neighbors)."""
        hidden = ("key", "label", "in_degree", "out_degree")
        return self.nodes.drop(columns=[name for name in hidden if name in self.nodes]).reset_index(drop=True)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each node by its name."""
        return {key: row for row, key in enumerate(self.keys)}

    @property
    def is_directed(self) -> bool:
        """Whether edges have a direction."""
        return self.imported.options.get("directed") is True

    @cached_property
    def edges(self) -> Edges:
        """All edges, each once; an undirected one from the lower row to the higher one."""
        offsets = read_array(self.folder / OFFSETS_FILE, "i", n_dimensions=1)
        targets = read_array(self.folder / TARGETS_FILE, "i", n_dimensions=1)
        weights = read_array(self.folder / WEIGHTS_FILE, "f", n_dimensions=1)
        n_nodes = self.n_nodes
        if (
            len(offsets) != n_nodes + 1
            or len(targets) == 0
            or offsets[0] != 0
            or offsets[-1] != len(targets)
            or (np.diff(offsets) < 0).any()
        ):
            raise damaged(OFFSETS_FILE)
        if not 0 <= targets.min() <= targets.max() < n_nodes:
            raise damaged(TARGETS_FILE)
        if len(weights) != len(targets) or not (np.isfinite(weights).all() and weights.min() > 0):
            raise damaged(WEIGHTS_FILE)
        sources = np.repeat(np.arange(n_nodes, dtype=np.int32), np.diff(offsets))
        return Edges(sources, np.asarray(targets, np.int32), np.asarray(weights, np.float32))

    @cached_property
    def pairs(self) -> Edges:
        """Pairs of linked nodes, each once, from the lower row to the higher one, whatever the direction."""
        return self._pairs[0]

    @cached_property
    def _pairs(self) -> tuple[Edges, npt.NDArray[np.intp]]:
        """Return the pairs, and which of them each edge is."""
        edges = self.edges
        low, high = np.minimum(edges.sources, edges.targets), np.maximum(edges.sources, edges.targets)
        codes, pair_of = np.unique(low.astype(np.int64) * self.n_nodes + high, return_inverse=True)
        weights = np.bincount(pair_of, weights=edges.weights).astype(np.float32)
        pairs = Edges((codes // self.n_nodes).astype(np.int32), (codes % self.n_nodes).astype(np.int32), weights)
        return pairs, pair_of

    @cached_property
    def hierarchy(self) -> Hierarchy | None:
        """The hierarchy that the edges form; None if they form none."""
        if "hierarchy" not in self.imported.details:
            return None
        edges = self.edges
        if self.imported.options.get("directed") is not True:
            return None
        return hierarchy_of(edges.sources, edges.targets, self.n_nodes)

    @cached_property
    def neighbors(self) -> Neighbors:
        """All neighbors of every node, whatever the direction of the edges."""
        return neighbors_of(self.edges, self.n_nodes)

    def split(self, seed: int, *, validation_share: float, test_share: float) -> GraphSplit:
        """Hide linked pairs at random, the same for the same seed; every node keeps at least one link.

        The pair of two edges in opposite directions is hidden or kept as a whole.
        """
        pairs, pair_of = self._pairs
        rank = np.random.default_rng(seed).permutation(pairs.n_edges)
        first = np.full(self.n_nodes, pairs.n_edges)
        np.minimum.at(first, pairs.sources, rank)
        np.minimum.at(first, pairs.targets, rank)
        may_hide = (rank != first[pairs.sources]) & (rank != first[pairs.targets])
        order = np.argsort(rank)
        candidates = order[may_hide[order]]
        wanted = [round(share * pairs.n_edges) for share in (test_share, validation_share)]
        if sum(wanted) > len(candidates):
            wanted = [int(each * len(candidates) / sum(wanted)) for each in wanted]
        test, validation = candidates[: wanted[0]], candidates[wanted[0] : sum(wanted)]
        is_hidden = np.zeros(pairs.n_edges, bool)
        is_hidden[test] = is_hidden[validation] = True
        return GraphSplit(
            self, self.edges.take(~is_hidden[pair_of]), pairs.take(np.sort(validation)), pairs.take(np.sort(test))
        )


@dataclass(frozen=True, eq=False)
class GraphSplit:
    """A graph whose hidden pairs are to be predicted.

    Parameters
    ----------
    dataset
        The whole graph; a model may use its nodes only.
    train
        The edges that remain.
    validation, test
        The hidden pairs, from the lower row to the higher one; `test` is empty in what a model gets.
    """

    dataset: GraphDataset
    train: Edges
    validation: Edges
    test: Edges

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return self.dataset.n_nodes

    @cached_property
    def neighbors(self) -> Neighbors:
        """Neighbors by the edges that remain, whatever their direction."""
        return neighbors_of(self.train, self.n_nodes)

    @cached_property
    def successors(self) -> Neighbors:
        """Neighbors in the direction of the edges that remain."""
        return neighbors_of(self.train, self.n_nodes, both_directions=not self.dataset.is_directed)

    def without_test(self) -> GraphSplit:
        """Return the split as a model gets it."""
        empty = Edges(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))
        return GraphSplit(self.dataset, self.train, self.validation, empty)
