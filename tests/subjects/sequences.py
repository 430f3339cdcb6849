"""Sequences that walk in a circle of twelve items."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embedlab.kinds.sequences import Histories, SequencesDataset, SequencesOptions, import_sequences
from embedlab.kinds.sequences.dataset import SEQUENCES
from embedlab.models.contract.sequence_abilities import ContinuesSequence
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from tests.subjects.base import Subject


def sequences(folder: Path, rows: Sequence[str] | None = None) -> SequencesDataset:
    """Import sequences given as items separated by spaces."""
    (folder / "set").mkdir(parents=True)
    (folder / "in.txt").write_text("\n".join(_rows() if rows is None else rows) + "\n", encoding="utf-8")
    upload = OpenedUpload(folder / "in.txt", Limits())
    import_sequences(upload, SequencesOptions(shape="lines", delimiter=" "), folder / "set")
    return SequencesDataset.open(folder / "set")


def _rows() -> list[str]:
    rng = np.random.default_rng(0)
    starts, lengths = rng.integers(0, 12, 60), rng.integers(2, 6, 60)
    return [
        " ".join(f"i{(start + step) % 12}" for step in range(length))
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)
    ]


def _next_scores(ability: ContinuesSequence) -> np.ndarray:
    return np.nan_to_num(ability.next_scores(Histories.of([[], [0], [1, 2, 1], [11]])), neginf=-1e6)


SUBJECT = Subject(
    SEQUENCES,
    "".join(f'C,"{user}",{user}\nV,{user % 5},1\nV,{(user + 1) % 5},1\n' for user in range(30)),
    {"events": 10_000, "sequences": 3000, "users": 2000, "items": 400},
    sequences,
    hostile={
        "one-event": ["a"],
        "one-item": ["a a a"] * 12,
        "one-sequence": ["a b c a b c"],
        "no-steps": list("abcdefghijkl"),
        "equal-sequences": ["a b"] * 12,
    },
    questions={ContinuesSequence: _next_scores},
)
