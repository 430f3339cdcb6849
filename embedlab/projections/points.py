"""Validation and block-wise reading of vectors to project, and the type of their coordinates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError

#: `(n_points, n_components)` float32.
Coordinates = npt.NDArray[np.float32]

#: Numbers of the vectors in memory at a time (8 MB of float64).
_BLOCK_NUMBERS = 1 << 20


def check_points(vectors: Vectors) -> None:
    """Raise `InputError` unless the vectors are a non-empty matrix of finite numbers."""
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise InputError("A projection needs at least one vector.", received=vectors.shape)
    # The maximum and the minimum are enough: NaN propagates through both.
    if not all(np.isfinite(block.max()) and np.isfinite(block.min()) for _, block in blocks_of(vectors)):
        n_unusable = sum(int((~np.isfinite(block).all(axis=1)).sum()) for _, block in blocks_of(vectors))
        raise InputError(
            "The vectors contain numbers that are not finite (NaN or infinity), so they cannot be projected.",
            received=f"{n_unusable} of {len(vectors)} vectors",
            remedy="The training may have diverged: train again with a lower learning rate.",
        )


def blocks_of(vectors: Vectors) -> Iterator[tuple[slice, Vectors]]:
    """Yield the vectors, possibly memory-mapped, in blocks of a few megabytes with the rows of each."""
    step = max(1, _BLOCK_NUMBERS // vectors.shape[1])
    for start in range(0, len(vectors), step):
        rows = slice(start, min(start + step, len(vectors)))
        yield rows, np.asarray(vectors[rows])
