"""Embeddings of the items of sequences."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN, Embedding
from embedlab.kinds.sequences.dataset import SequencesDataset
from embedlab.models.contract.base import SNAPSHOT_KEYS

#: Names of embeddings: items as part of a history, and items as the next one.
ITEMS: Final = "sequence_items"
OUTPUTS: Final = "next_items"


def item_embedding(
    dataset: SequencesDataset, vectors: npt.NDArray[np.float32], is_known: npt.NDArray[np.bool_]
) -> Embedding:
    """Return the vectors of the items with events in training, with the number of their events and users.

    Parameters
    ----------
    vectors
        `(n_items, vector_size)` float32.
    is_known
        `(n_items,)` bool.
    """
    rows = np.flatnonzero(is_known)
    known = dataset.items.iloc[rows]
    metadata = known.drop(columns=[KEY_COLUMN, LABEL_COLUMN]).reset_index(drop=True)
    keys, labels = known[KEY_COLUMN].tolist(), known[LABEL_COLUMN].tolist()
    return Embedding(np.ascontiguousarray(vectors[rows], dtype=np.float32), keys, labels, metadata)


def item_snapshot(
    dataset: SequencesDataset, vectors: npt.NDArray[np.float32]
) -> dict[str, tuple[list[str], npt.NDArray[np.float32]]]:
    """Return the vectors of the most frequent items for a frame of the film."""
    return {ITEMS: (dataset.item_keys[:SNAPSHOT_KEYS], vectors[:SNAPSHOT_KEYS].copy())}
