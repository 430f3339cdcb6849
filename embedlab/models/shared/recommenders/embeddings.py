"""Embeddings of the users and the items of a ratings dataset."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN, Embedding


def side_embedding(
    table: pd.DataFrame,
    vectors: npt.NDArray[np.float32],
    is_known: npt.NDArray[np.bool_],
    metadata: Mapping[str, npt.NDArray[np.float32]] | None = None,
) -> Embedding:
    """Return the vectors of the users or the items, with the dataset's table as metadata.

    Parameters
    ----------
    table
        `dataset.users` or `dataset.items`.
    vectors
        `(n, vector_size)` float32, one row for each row of the table.
    is_known
        `(n,)` bool; rows that no training data were about are left out.
    metadata
        Further columns by name, `(n,)` each, such as a bias.
    """
    rows = np.flatnonzero(is_known)
    known = table.iloc[rows]
    columns = known.drop(columns=[KEY_COLUMN, LABEL_COLUMN], errors="ignore").reset_index(drop=True)
    for name, values in (metadata or {}).items():
        columns[name] = values[rows]
    keys = known[KEY_COLUMN].tolist()
    labels = known[LABEL_COLUMN].tolist() if LABEL_COLUMN in known.columns else keys
    return Embedding(np.ascontiguousarray(vectors[rows], dtype=np.float32), keys, labels, columns)
