"""Sequences of events: the validated dataset that models of the next item learn from.

In its folder: `items.npy` (int32) holds one event after the other, `starts.npy` (int64) where each sequence begins,
`sequence_users.npy` (int32) the user of each, `times.npy` (float64), where known, the seconds since 1970 of each event;
`items.parquet` and `users.parquet` describe the items and users, most frequent first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import StorageError
from embedlab.core.kind import Kind
from embedlab.core.stored import damaged, read_array, read_table
from embedlab.kinds.base import Imported
from embedlab.kinds.sequences.histories import Histories

#: Name of the kind.
SEQUENCES: Final = Kind("sequences")


@dataclass(frozen=True)
class SequencesDataset:
    """An imported dataset of sequences; the arrays stay on disk and are mapped into memory.

    Attributes
    ----------
    folder
        Its folder.
    imported
        Its description: counts, options, warnings, details.
    """

    folder: Path
    imported: Imported

    @classmethod
    def open(cls, folder: Path) -> SequencesDataset:
        """Open what an import wrote; raises `StorageError` when it is missing or damaged."""
        imported = Imported.load(folder)
        if imported.kind != SEQUENCES:
            raise StorageError("The folder does not hold a dataset of sequences.", received=folder.name)
        return cls(folder, imported)

    @cached_property
    def items(self) -> pd.DataFrame:
        """One row per item, most events first: `key`, `label`, `count` (events), `users`."""
        return read_table(self.folder / "items.parquet", {"key": "text", "label": "text", "count": "number"})

    @cached_property
    def users(self) -> pd.DataFrame:
        """One row per user, most events first: `key`, `count`."""
        return read_table(self.folder / "users.parquet", {"key": "text", "count": "number"})

    @cached_property
    def item_keys(self) -> list[str]:
        """Key of each item's row."""
        keys: list[str] = self.items["key"].tolist()
        return keys

    @cached_property
    def sequences(self) -> Histories:
        """All sequences."""
        items = read_array(self.folder / "items.npy", "i", n_dimensions=1)
        starts = read_array(self.folder / "starts.npy", "i", n_dimensions=1)
        if len(starts) < 2 or starts[0] != 0 or starts[-1] != len(items) or (np.diff(starts) < 1).any():
            raise damaged("starts.npy")
        if not (items.min() >= 0 and items.max() < len(self.items)):
            raise damaged("items.npy")
        return Histories(items, starts)

    @cached_property
    def sequence_users(self) -> npt.NDArray[np.int32]:
        """`(n_sequences,)` int32 row of the user of each sequence."""
        users = read_array(self.folder / "sequence_users.npy", "i", n_dimensions=1)
        if len(users) != len(self.sequences) or not (users.min() >= 0 and users.max() < len(self.users)):
            raise damaged("sequence_users.npy")
        return users

    @cached_property
    def times(self) -> npt.NDArray[np.float64] | None:
        """`(n_events,)` float64 seconds since 1970; None if the file had no times."""
        if not (self.folder / "times.npy").exists():
            return None
        times = read_array(self.folder / "times.npy", "f", n_dimensions=1)
        if len(times) != len(self.sequences.items):
            raise damaged("times.npy")
        return times

    @property
    def predicts_repeats(self) -> bool:
        """Whether an item that has occurred in a sequence may be the next one."""
        return bool(self.imported.details.get("predict_repeats", False))
