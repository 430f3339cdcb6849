"""Training examples: in every sequence, each item but the first is predicted from those before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.kinds.sequences.histories import Histories

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Batch:
    """Predictions of one step, sequence after sequence.

    Parameters
    ----------
    inputs
        `(n,)` int32: the last item of each history.
    firsts
        `(n,)` int32: the place in `inputs` where the history of each prediction begins; it ends at its own place.
    targets
        `(n,)` int32: the items that came next.
    """

    inputs: Ints
    firsts: Ints
    targets: Ints


def pieces(sequences: Histories, max_length: int) -> Histories:
    """Return the sequences of at least two events; longer ones are cut into pieces of `max_length` predictions.

    The last event of a piece is the first of the next one, so that every step is predicted once.
    """
    several = sequences.take(np.flatnonzero(sequences.lengths >= 2))
    n_pieces = -(-(several.lengths - 1) // max_length)
    rows = np.repeat(np.arange(len(several)), n_pieces)
    number = np.arange(len(rows)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    first = several.starts[:-1][rows] + number * max_length
    lengths = np.minimum(several.starts[1:][rows] - first, max_length + 1)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    offsets = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
    return Histories(several.items[np.repeat(first, lengths) + offsets], starts)


def batches(sequences: Histories, batch_size: int, random: np.random.Generator) -> Iterator[Batch]:
    """Yield all predictions in random order of their sequences, whole sequences with about `batch_size` predictions."""
    order = random.permutation(len(sequences))
    ends = np.cumsum(sequences.lengths[order] - 1)
    bounds = np.searchsorted(ends, np.arange(batch_size, ends[-1], batch_size), side="left") + 1
    edges = np.unique(np.concatenate([[0], bounds, [len(order)]]))
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield _batch(sequences.take(order[start:stop]))


def _batch(part: Histories) -> Batch:
    histories, _ = part.without_last()
    is_first = np.zeros(len(part.items), bool)
    is_first[part.starts[:-1]] = True
    firsts = histories.starts[:-1][histories.rows]
    return Batch(histories.items, firsts.astype(np.int32), part.items[~is_first])
