"""Importing small files of sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from embedlab.kinds.sequences import SequencesDataset, SequencesOptions, import_sequences
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload


def imported(folder: Path, content: str | bytes, **options: Any) -> SequencesDataset:
    """Import a file with this content into a new folder below `folder`."""
    number = len(list(folder.iterdir()))
    path, target = folder / f"file-{number}", folder / f"dataset-{number}"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    target.mkdir()
    import_sequences(OpenedUpload(path, Limits()), SequencesOptions(**options), target)
    return SequencesDataset.open(target)


def lists(dataset: SequencesDataset) -> list[list[str]]:
    """Return the keys of the items of each sequence."""
    keys = dataset.item_keys
    return [[keys[row] for row in dataset.sequences.one(number)] for number in range(len(dataset.sequences))]
