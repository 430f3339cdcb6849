"""The embedding of a graph's nodes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import LABEL_COLUMN, Embedding
from embedlab.kinds.graph.dataset import GraphDataset


def node_embedding(vectors: npt.NDArray[np.float32], dataset: GraphDataset) -> Embedding:
    """Return vectors with the nodes' names, labels, and the columns of the dataset; most neighbors first."""
    return Embedding(
        np.ascontiguousarray(vectors, dtype=np.float32),
        dataset.keys,
        dataset.nodes[LABEL_COLUMN].tolist(),
        dataset.description.copy(),
    )
