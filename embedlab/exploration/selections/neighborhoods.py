"""A key and its true neighbors: those in the embedding, not those on a map."""

from __future__ import annotations

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.core.errors import ParameterError
from embedlab.core.similarity import unit_vector
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.exploration.asking.spelling import find_key
from embedlab.exploration.selections.selection import Mask


def nearest_keys(embedding: Embedding, key: str, k: int, min_count: int = 0) -> Mask:
    """Return `(n_keys,)` the mask of `key` and its `k` nearest neighbors by cosine similarity.

    Raises
    ------
    NotFoundError, InputError, ParameterError
        As `neighbors`.
    """
    mask = np.zeros(embedding.n_keys, dtype=np.bool_)
    rows = [embedding.index(answer.key) for answer in neighbors(embedding, key, k, min_count)]
    mask[[embedding.index(find_key(embedding, key)), *rows]] = True
    return mask


def within_similarity(embedding: Embedding, key: str, least: float) -> Mask:
    """Return `(n_keys,)` the mask of `key` and all keys with a cosine similarity to it of at least `least`.

    Raises
    ------
    ParameterError
        `least` is not between -1 and 1.
    NotFoundError, InputError
        As `neighbors`.
    """
    if not -1 <= least <= 1:
        raise ParameterError(
            "The cosine similarity must be between -1 and 1.", received=least, remedy="Choose one such as 0.5."
        )
    row = embedding.index(find_key(embedding, key))
    # Vectors with NaN have no similarity, so they are never selected.
    with np.errstate(invalid="ignore", over="ignore"):
        cosines = np.asarray(embedding.vectors @ unit_vector(embedding, row)) / embedding.norms
        mask = np.asarray(cosines >= np.float32(least), dtype=np.bool_)
    mask[row] = True
    return mask
