"""What all kinds of datasets share: the kinds, the outcome of an import, and the folder they live in."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from embedlab.core.files import read_json, write_json
from embedlab.core.kind import Kind
from embedlab.core.stored import damage_told, damaged

DATASET_FILE = "dataset.json"


@dataclass(frozen=True)
class Imported:
    """What an import found; written as `dataset.json` into the dataset's folder.

    Parameters
    ----------
    kind
        The dataset's kind.
    counts
        Text: `documents, tokens, vocabulary`; ratings: `ratings, users, items`; vectors: `keys, vector_size`.
    options
        The options the import was made with, as JSON.
    warnings
        Plain sentences about what is odd (left-out rows, a text too small to learn from).
    details
        Further figures of the kind, as JSON.
    """

    kind: Kind
    counts: dict[str, int | float]
    options: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write the description into the dataset's folder."""
        write_json(folder / DATASET_FILE, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> Imported:
        """Read the description of the dataset in `folder`; raises `StorageError` when it is damaged."""
        stored = read_json(folder / DATASET_FILE)
        with damage_told(DATASET_FILE):
            imported = cls(**{**stored, "kind": Kind(stored["kind"])})
            counts = imported.counts.values()
            if not all(isinstance(count, int | float) and not isinstance(count, bool) for count in counts):
                raise damaged(DATASET_FILE)
            if not (isinstance(imported.options, dict) and isinstance(imported.details, dict)):
                raise damaged(DATASET_FILE)
            if not all(isinstance(warning, str) for warning in imported.warnings):
                raise damaged(DATASET_FILE)
            return imported
