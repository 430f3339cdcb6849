"""The inner loops of counting co-occurrences. Imports Numba: import it inside functions only."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.compiled import compiled

Array = npt.NDArray[Any]


@compiled
def count_pairs(
    tokens: Array,
    start: int,
    weights: Array,
    offsets: Array,
    ends: Array,
    table: Array,
    keys: Array,
    values: Array,
    n_buffered: int,
) -> tuple[int, int]:
    """Count the pairs of `tokens[start:]` with preceding words, until the buffer may be too small for the next word.

    Parameters
    ----------
    tokens
        int32 rows of words; -1 where a document ends.
    weights
        Weight of a pair at distance 1, 2, ...
    offsets, ends, table
        Pairs `(low, high)` of frequent words, `high < ends[low]`, are added to `table[offsets[low] + high]`.
    keys, values, n_buffered
        All other pairs are appended to the buffer, as `low << 32 | high`.

    Returns
    -------
    The position reached, and the number of entries in the buffer.
    """
    window = len(weights)
    capacity = len(keys)
    for position in range(start, len(tokens)):
        token = np.int64(tokens[position])
        if token < 0:
            continue
        if n_buffered + window > capacity:
            return position, n_buffered
        for distance in range(min(window, position)):
            other = np.int64(tokens[position - 1 - distance])
            if other < 0:
                break
            low, high = (token, other) if token < other else (other, token)
            if high < ends[low]:
                table[offsets[low] + high] += weights[distance]
            else:
                keys[n_buffered] = (low << 32) | high
                values[n_buffered] = weights[distance]
                n_buffered += 1
    return len(tokens), n_buffered


@compiled
def table_entries(offsets: Array, ends: Array, table: Array, keys: Array, values: Array) -> int:
    """Write the nonzero cells of the table of frequent words as sorted keys and values; return their number."""
    n_entries = 0
    for low in range(len(ends)):
        for high in range(low, ends[low]):
            value = table[offsets[low] + high]
            if value != 0:
                keys[n_entries] = (np.int64(low) << 32) | np.int64(high)
                values[n_entries] = value
                n_entries += 1
    return n_entries
