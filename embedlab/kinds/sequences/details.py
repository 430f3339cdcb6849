"""The stored details of sequences, as far as pages read them."""

from __future__ import annotations

from embedlab.kinds.stored_details import Number, Share, StoredDetails, StoredPart


class _Order(StoredPart):
    sentence: str = ""


class _Lengths(StoredPart):
    median: Number = 0
    longest: Number = 0
    share_of_one: Share = 0


class SequencesDetails(StoredDetails):
    """Lengths, repeats, and whether the order matters."""

    order: _Order | None = None
    lengths: _Lengths | None = None
    share_of_repeats: Share | None = None
    predict_repeats: bool = False
