"""From what a file holds to keys and vectors that an embedding can have: each change is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.vectors.row_faults import NO_KEY, NOT_FINITE, RowFaults
from embedlab.kinds.vectors.rows import Wanted, none_wanted

Duplicates = Literal["first", "last", "mean", "refuse"]


@dataclass(frozen=True)
class Parts:
    """The parts of an embedding."""

    vectors: Vectors
    keys: list[str]
    labels: list[str]
    metadata: pd.DataFrame

    def take(self, rows: Sequence[int]) -> Parts:
        """Return some of the rows."""
        return Parts(
            self.vectors[list(rows)],
            [self.keys[row] for row in rows],
            [self.labels[row] for row in rows] if self.labels else [],
            self.metadata.iloc[list(rows)].reset_index(drop=True),
        )


def without_faults(parts: Parts, changes: Changes, n_left_out: int) -> Parts:
    """Leave out rows with NaN or infinite numbers or an empty key.

    `n_left_out` rows were left out before; together they may be at most a tenth.

    Raises
    ------
    InputError
        They are more.
    """
    finite: npt.NDArray[np.bool_] = np.asarray(np.isfinite(parts.vectors).all(axis=1))
    if finite.all() and "" not in parts.keys:
        return parts
    faults = RowFaults(changes)
    kept = []
    for row, key in enumerate(parts.keys):
        if not finite[row]:
            faults.add(row, NOT_FINITE, f"row {row + 1}, key {key}")
        elif not key:
            faults.add(row, NO_KEY, f"row {row + 1:,}")
        else:
            kept.append(row)
    faults.check(len(parts.keys) - n_left_out)
    return parts.take(kept)


def wanted_only(parts: Parts, wanted: Wanted | None) -> Parts:
    """Leave out keys that are not wanted; raises `InputError` when none is."""
    if wanted is None:
        return parts
    kept = [row for row, key in enumerate(parts.keys) if wanted(key)]
    if not kept:
        raise none_wanted(len(parts.keys))
    return parts.take(kept) if len(kept) < len(parts.keys) else parts


def without_duplicates(parts: Parts, duplicates: Duplicates, changes: Changes) -> Parts:
    """Keep one vector for each key: the first, the last, or the mean of all; keys stay where they are first.

    Raises
    ------
    InputError
        A key occurs twice, and `duplicates` is `refuse`.
    """
    if len(set(parts.keys)) == len(parts.keys):
        return parts
    rows_of: dict[str, list[int]] = {}
    for row, key in enumerate(parts.keys):
        rows_of.setdefault(key, []).append(row)
    repeated = {key: rows for key, rows in rows_of.items() if len(rows) > 1}
    if duplicates == "refuse":
        raise InputError(
            "A key occurs twice.",
            received=next(iter(repeated)),
            remedy="Keep one vector for each key, or choose which.",
        )
    what = {"first": "the first is kept", "last": "the last is kept", "mean": "their mean is kept"}[duplicates]
    for key, rows in repeated.items():
        changes.merge(f"rows with a key that occurs before, {what}", key, len(rows) - 1)
    kept = parts.take([rows[-1] if duplicates == "last" else rows[0] for rows in rows_of.values()])
    if duplicates == "mean":
        place = {key: number for number, key in enumerate(rows_of)}
        for key, rows in repeated.items():
            kept.vectors[place[key]] = parts.vectors[rows].mean(axis=0, dtype=np.float64)
    return kept
