"""Sequences of events: what the rest of EmbedLab needs of them, in one place."""

from __future__ import annotations

from embedlab.kinds.sequences.dataset import SequencesDataset
from embedlab.kinds.sequences.histories import Histories
from embedlab.kinds.sequences.importing import import_sequences
from embedlab.kinds.sequences.options import SequencesOptions
from embedlab.kinds.sequences.splits import Cases, SequencesSplit, split_sequences

__all__ = [
    "Cases",
    "Histories",
    "SequencesDataset",
    "SequencesOptions",
    "SequencesSplit",
    "import_sequences",
    "split_sequences",
]
