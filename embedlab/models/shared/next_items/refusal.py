"""The error for sequences from which nothing can be learned about what comes next."""

from __future__ import annotations

from embedlab.core.errors import InputError
from embedlab.kinds.sequences.histories import Histories


def nothing_to_learn(sequences: Histories) -> InputError:
    """Return the error for training sequences of one event each."""
    return InputError(
        "No sequence of the training part has two events, so there is no next item to learn from.",
        received=f"{len(sequences.items):,} events in {len(sequences):,} sequences",
        remedy="Check the column of the user and the pause that separates sequences, or hold out fewer users.",
    )
