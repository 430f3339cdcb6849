"""How often keys occur or are rated, and which of them are too rare to trust."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, MEAN_COUNT_COLUMN, Embedding
from embedlab.core.errors import InputError, ParameterError
from embedlab.core.roles import role

#: Largest minimum count.
LARGEST_MIN_COUNT = 1_000_000_000
#: An embedding with fewer keys is too small for a default: a minimum would concern most of it.
LEAST_KEYS = 1000


def key_counts(embedding: Embedding) -> npt.NDArray[np.float64] | None:
    """Return the `(n_keys,)` float64 counts of the metadata, NaN where unknown; None if there are no numeric counts."""
    if COUNT_COLUMN not in embedding.metadata.columns:
        return None
    counts = embedding.metadata[COUNT_COLUMN]
    if isinstance(counts, pd.DataFrame) or pd.api.types.is_bool_dtype(counts):
        return None
    if not pd.api.types.is_numeric_dtype(counts):
        return None
    return counts.to_numpy(dtype=np.float64, na_value=np.nan)


def counted_noun(embedding: Embedding, role_name: str) -> str:
    """Return the plural noun for what the counts of an embedding count: choices if its data are implicit feedback."""
    return "choices" if MEAN_COUNT_COLUMN in embedding.metadata.columns else role(role_name).counted


def count_of(embedding: Embedding, key: str) -> int | None:
    """Return the count of `key`; None if it is unknown."""
    counts = key_counts(embedding)
    count = np.nan if counts is None else counts[embedding.index(key)]
    return int(count) if np.isfinite(count) else None


def checked_min_count(min_count: int) -> int:
    """Return `min_count`, or raise `ParameterError` if it is not between 0 and `LARGEST_MIN_COUNT`."""
    if not 0 <= min_count <= LARGEST_MIN_COUNT:
        raise ParameterError(
            f"The minimum count must be between 0 and {LARGEST_MIN_COUNT:,}.",
            received=min_count,
            remedy="Use 0 for all keys." if min_count < 0 else "Use a smaller one.",
        )
    return min_count


def rare_rows(embedding: Embedding, min_count: int) -> npt.NDArray[np.bool_]:
    """Return for each key whether its count is below `min_count` or unknown; none is if `min_count` is 0.

    Raises
    ------
    InputError
        `min_count` is positive, but the embedding has no counts.
    ParameterError
        `min_count` is out of bounds.
    """
    if checked_min_count(min_count) == 0:
        return np.zeros(embedding.n_keys, dtype=bool)
    counts = key_counts(embedding)
    if counts is None:
        raise InputError(
            "This embedding has no counts, so a minimum count selects nothing.",
            received=min_count,
            remedy="Leave the minimum count out.",
        )
    # Comparison with NaN is false: a key with an unknown count is not known to be frequent enough.
    return ~(counts >= min_count)


def default_min_count(embedding: Embedding, role_name: str) -> int:
    """Return the count below which neighbors are muted by default; 0 on small data or without counts."""
    if embedding.n_keys < LEAST_KEYS or key_counts(embedding) is None:
        return 0
    return role(role_name).rare_below
