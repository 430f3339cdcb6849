"""How much text is little: below it counting beats sampling."""

from __future__ import annotations

from embedlab.core.kind import Counts

#: Words of a text below which counts give better vectors than sampled windows, and the same every time.
SMALL_TEXT_TOKENS = 200_000


def is_small_text(counts: Counts) -> bool:
    """Return whether a text of these counts is small."""
    return counts.get("tokens", 0) < SMALL_TEXT_TOKENS
