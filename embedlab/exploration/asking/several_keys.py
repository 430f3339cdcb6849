"""Lookup of several keys at once, without repeats and bounded in number, and the direction of their mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError, TooLargeError
from embedlab.core.similarity import unit_vectors
from embedlab.exploration.asking.spelling import find_key

#: Maximum number of keys of a query; a heatmap of more is unreadable.
MOST_KEYS = 60
# Unit vectors that cancel out leave only the rounding of float32.
_SHORTEST_MEAN = 1e-6


def find_keys(embedding: Embedding, texts: Sequence[str], least: int = 1) -> list[str]:
    """Return the keys for `texts` (keys or labels), in this order, each once.

    Raises
    ------
    NotFoundError
        A text is not in the vocabulary; the remedy suggests the closest spellings.
    InputError
        There are fewer than `least` different keys.
    TooLargeError
        There are more than `MOST_KEYS` texts.
    """
    if len(texts) > MOST_KEYS:
        raise TooLargeError(
            f"A query may have at most {MOST_KEYS} keys.", received=len(texts), remedy="Choose fewer keys."
        )
    keys = list(dict.fromkeys(find_key(embedding, text) for text in texts))
    if len(keys) < least:
        raise InputError(
            f"This query needs at least {least} different keys.", received=", ".join(keys), remedy="Add another key."
        )
    return keys


def unit_rows(embedding: Embedding, keys: Sequence[str]) -> Vectors:
    """Return `(len(keys), vector_size)` vectors of length 1, as `neighbors.unit_vectors` does."""
    return unit_vectors(embedding, [embedding.index(key) for key in keys])


def mean_direction(units: Vectors, weights: npt.ArrayLike | None = None) -> Vectors:
    """Return the weighted mean of unit vectors, normalized to length 1.

    Parameters
    ----------
    units
        `(n, vector_size)`.
    weights
        `(n,)` finite; by default all 1. Negative weights subtract.

    Raises
    ------
    InputError
        The vectors cancel out, so the mean has no direction.
    """
    shares = np.ones(len(units)) if weights is None else np.asarray(weights, dtype=np.float64)
    total = np.abs(shares).sum()
    mean = shares @ units.astype(np.float64) / (total if total > 0 else 1.0)
    length = float(np.linalg.norm(mean))
    if length < _SHORTEST_MEAN:
        raise InputError(
            "The mean has no direction: the keys cancel out, or their vectors are zero.",
            remedy="Remove a key, or change the weights.",
        )
    direction: Vectors = (mean / length).astype(np.float32)
    return direction
