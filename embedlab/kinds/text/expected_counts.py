"""How many words a text has, before all of it has been read."""

from __future__ import annotations

import math
from collections.abc import Mapping


def expected_counts(counts: Mapping[str, int], share_read: float) -> dict[str, int | float]:
    """Return the counts of a text from those of its first part.

    Documents and words grow with the text, the vocabulary with its square root (Heaps' law: an exponent of about 0.5).
    """
    share = min(1.0, max(share_read, 1e-6))
    grown = {name: round(value / share) for name, value in counts.items()}
    return {**grown, "vocabulary": round(counts["vocabulary"] / math.sqrt(share))}
