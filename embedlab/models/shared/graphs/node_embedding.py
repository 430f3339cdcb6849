"""The embedding of a graph's nodes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN, Embedding
from embedlab.kinds.graph.dataset import GraphDataset

#: Columns that the dataset computes, besides the number of neighbors.
_COMPUTED = ("in_degree", "out_degree")


def node_embedding(vectors: npt.NDArray[np.float32], dataset: GraphDataset) -> Embedding:
    """Return vectors with the nodes' names, labels, and the columns of the dataset; most neighbors first."""
    nodes = dataset.nodes
    metadata = nodes.drop(columns=[KEY_COLUMN, LABEL_COLUMN, *(name for name in _COMPUTED if name in nodes)])
    return Embedding(
        np.ascontiguousarray(vectors, dtype=np.float32),
        dataset.keys,
        nodes[LABEL_COLUMN].tolist(),
        metadata.reset_index(drop=True),
    )
