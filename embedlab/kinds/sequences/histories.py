"""Sequences of items as flat arrays: what models learn from, and the histories that they continue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Histories:
    """Sequences of items, oldest first.

    Parameters
    ----------
    items
        `(n_events,)` int32 rows of items.
    starts
        `(n_sequences + 1,)` int64: sequence s is `items[starts[s]:starts[s + 1]]`; it may be empty.
    """

    items: Ints
    starts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> Self:
        """Return lists of items as histories."""
        lengths = [len(each) for each in sequences]
        items = np.array([item for each in sequences for item in each], np.int32)
        return cls(items, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Number of events of each sequence."""
        lengths: npt.NDArray[np.int64] = np.diff(self.starts)
        return lengths

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """`(n_events,)`: the sequence of each event."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def one(self, number: int) -> Ints:
        """Return the items of one sequence."""
        return self.items[self.starts[number] : self.starts[number + 1]]

    def take(self, numbers: npt.NDArray[np.integer]) -> Histories:
        """Return some of the sequences, in the order of `numbers`."""
        lengths = self.lengths[numbers]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        offsets = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        return Histories(self.items[np.repeat(self.starts[numbers], lengths) + offsets], starts)

    def part(self, start: int, stop: int) -> Histories:
        """Return the sequences from `start` to `stop` (excluded), without a copy of their items."""
        starts = self.starts[start : stop + 1]
        return Histories(self.items[starts[0] : starts[-1]], starts - starts[0])

    def newest(self, most: int) -> Histories:
        """Return the last `most` events of each sequence."""
        lengths = np.minimum(self.lengths, most)
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        offsets = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        return Histories(self.items[np.repeat(self.starts[1:] - lengths, lengths) + offsets], starts)

    def without_last(self) -> tuple[Histories, Ints]:
        """Return each sequence without its last event, and these events; every sequence needs at least one."""
        lengths = self.lengths - 1
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        keep = np.ones(len(self.items), bool)
        keep[self.starts[1:] - 1] = False
        return Histories(self.items[keep], starts), self.items[self.starts[1:] - 1]

    def last_items(self) -> Ints:
        """Return the last item of each sequence; -1 for an empty one."""
        last = np.full(len(self), -1, np.int32)
        filled = self.lengths > 0
        last[filled] = self.items[self.starts[1:][filled] - 1]
        return last

    def matrix(self, n_items: int) -> csr_array:
        """Return `(n_sequences, n_items)` sparse float32: 1 for each item that occurs, however often."""
        from scipy.sparse import csr_array

        counted = csr_array((np.ones(len(self.items), np.float32), self.items, self.starts), shape=(len(self), n_items))
        counted.sum_duplicates()
        counted.data[:] = 1
        return counted
