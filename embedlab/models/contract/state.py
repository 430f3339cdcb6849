"""A model's state as arrays and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.files import ARRAY_NAME, atomic_folder, read_json, write_json
from embedlab.core.stored import damaged, read_array


@dataclass(frozen=True)
class State:
    """A model's state as arrays and JSON only: for checkpoints, predictors and resuming. Never pickled."""

    arrays: Mapping[str, npt.NDArray[Any]]
    config: Mapping[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write the state into the new `folder`, whole or not at all."""
        if unusable := [name for name in self.arrays if not ARRAY_NAME.fullmatch(name)]:
            raise ValueError(f"not a valid name for an array: {unusable[0]!r}")
        with atomic_folder(folder) as temporary:
            for name, array in self.arrays.items():
                np.save(temporary / f"{name}.npy", array, allow_pickle=False)
            write_json(temporary / "state.json", {"arrays": sorted(self.arrays), "config": dict(self.config)})

    @classmethod
    def load(cls, folder: Path, *, mapped: bool = False) -> State:
        """Load what `save` wrote; raises `StorageError` if it is missing or damaged.

        With `mapped`, the arrays are memory-mapped and read-only.
        """
        stored = read_json(folder / "state.json")
        names = stored.get("arrays") if isinstance(stored, dict) else None
        config = stored.get("config") if isinstance(stored, dict) else None
        if not isinstance(names, list) or not isinstance(config, dict):
            raise damaged("state.json")
        # A name becomes a path.
        if not all(isinstance(name, str) and ARRAY_NAME.fullmatch(name) for name in names):
            raise damaged("state.json")
        return cls({name: read_array(folder / f"{name}.npy", mapped=mapped) for name in names}, config)
