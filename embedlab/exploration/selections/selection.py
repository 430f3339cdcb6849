"""A selection: rows of an embedding, and how they were selected."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from embedlab.core.plain import one_line

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

#: Steps that a selection remembers, and the length of each.
MOST_STEPS = 12
_LONGEST_STEP = 160


class Combination(StrEnum):
    """How a new selection changes the current one."""

    REPLACE = "replace"
    ADD = "add"
    REMOVE = "remove"
    INTERSECT = "intersect"


_VERBS = {Combination.ADD: "add", Combination.REMOVE: "remove", Combination.INTERSECT: "keep only"}


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows of an embedding, one bit for each key, so that half of a million keys takes 125 kB.

    Parameters
    ----------
    bits
        `ceil(n_keys / 8)` bytes: bit `row % 8` (the lowest is 0) of byte `row // 8` is 1 for selected rows.
    n_keys
        Number of keys of the embedding.
    steps
        How it was made, in the order of the steps: short plain texts.
    """

    bits: bytes
    n_keys: int
    steps: tuple[str, ...] = ()

    @classmethod
    def of_mask(cls, mask: Mask, *steps: str) -> Self:
        """Return the selection of a `(n_keys,)` mask."""
        bits = np.packbits(mask, bitorder="little").tobytes()
        return cls(bits, len(mask), tuple(one_line(step, _LONGEST_STEP) for step in steps))

    @classmethod
    def of_rows(cls, rows: Iterable[int], n_keys: int, *steps: str) -> Self:
        """Return the selection of some rows, which must exist."""
        mask = np.zeros(n_keys, dtype=np.bool_)
        mask[np.fromiter(rows, dtype=np.int64)] = True
        return cls.of_mask(mask, *steps)

    @classmethod
    def empty(cls, n_keys: int) -> Self:
        """Return the selection of no rows."""
        return cls(bytes(-(-n_keys // 8)), n_keys)

    @property
    def mask(self) -> Mask:
        """`(n_keys,)` whether each row is selected."""
        packed = np.frombuffer(self.bits, dtype=np.uint8)
        return np.unpackbits(packed, count=self.n_keys, bitorder="little").astype(np.bool_)

    @property
    def rows(self) -> Rows:
        """The selected rows, ascending."""
        return np.flatnonzero(self.mask).astype(np.int64)

    @cached_property
    def count(self) -> int:
        """Number of selected rows."""
        return int.from_bytes(self.bits, "little").bit_count()

    @cached_property
    def digest(self) -> str:
        """Id of the rows: equal for equal sets of rows of embeddings of the same size."""
        return hashlib.sha256(f"{self.n_keys}:".encode() + self.bits).hexdigest()[:24]

    def combined(self, other: Selection, how: Combination) -> Selection:
        """Return this selection changed by another of the same embedding."""
        if how is Combination.REPLACE:
            return other
        mask, changes = self.mask, other.mask
        if how is Combination.ADD:
            mask |= changes
        elif how is Combination.REMOVE:
            mask &= ~changes
        else:
            mask &= changes
        what = "; ".join(other.steps) or f"{other.count:,} points"
        return Selection.of_mask(mask, *self._steps_and(f"{_VERBS[how]}: {what}"))

    def toggled(self, row: int, name: str = "") -> Selection:
        """Return this selection with `row` added, or removed if it is selected."""
        mask = self.mask
        mask[row] = not mask[row]
        verb = _VERBS[Combination.ADD if mask[row] else Combination.REMOVE]
        return Selection.of_mask(mask, *self._steps_and(f"{verb}: {name or f'point {row + 1}'}"))

    def inverted(self) -> Selection:
        """Return all rows that are not selected."""
        return Selection.of_mask(~self.mask, *self._steps_and("invert"))

    def _steps_and(self, step: str) -> tuple[str, ...]:
        steps = (*self.steps, step)
        return steps if len(steps) <= MOST_STEPS else ("…", *steps[1 - MOST_STEPS :])
