"""What a program has, as an `Embedding`: gensim `KeyedVectors`, a model with vectors, or an array with names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, KEY_COLUMN, LABEL_COLUMN, Embedding
from embedlab.core.errors import InputError


def as_embedding(
    vectors: Any, names: Sequence[object] | None = None, metadata: pd.DataFrame | None = None
) -> Embedding:
    """Return vectors of a program as an embedding.

    Parameters
    ----------
    vectors
        gensim `KeyedVectors`, a gensim model (its `wv`), an `Embedding`, or `(n_keys, vector_size)` numbers.
    names
        The keys of an array; None for the numbers of its rows. Vectors with keys of their own need none.
    metadata
        One row per vector, in the same order. A column `label` holds names to show instead of the keys.

    Raises
    ------
    InputError
        The vectors are not a table of finite numbers, or names and metadata do not fit them.
    """
    if isinstance(vectors, Embedding):
        return vectors
    keyed = getattr(vectors, "wv", vectors)
    counts: Any = None
    if hasattr(keyed, "index_to_key"):
        if names is not None:
            raise InputError("These vectors have keys of their own.", remedy="Leave out the names.")
        names = list(keyed.index_to_key)
        counts = getattr(keyed, "expandos", {}).get(COUNT_COLUMN)
        vectors = keyed.vectors
    array = _array(vectors)
    keys = [str(name) for name in (range(len(array)) if names is None else names)]
    table = pd.DataFrame(index=range(len(array))) if metadata is None else metadata.reset_index(drop=True)
    table = table.rename(columns=str)
    if counts is not None and len(counts) == len(table) and COUNT_COLUMN not in table.columns:
        table.insert(0, COUNT_COLUMN, np.asarray(counts, dtype=np.int64))
    labels = [str(label) for label in table[LABEL_COLUMN]] if LABEL_COLUMN in table.columns else []
    table = table.drop(columns=[name for name in (LABEL_COLUMN, KEY_COLUMN) if name in table.columns])
    return Embedding.checked(array, keys, labels, table)


def _array(vectors: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    try:
        array = np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(
            "These are not vectors.",
            received=type(vectors).__name__,
            remedy="Pass gensim KeyedVectors, or a table of numbers with one row per key.",
        ) from error
    if array.ndim != 2:
        remedy = "Pass one row of numbers per key."
        raise InputError("Vectors need two dimensions.", received=f"shape {array.shape}", remedy=remedy)
    return array
