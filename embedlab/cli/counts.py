"""The counts of a dataset as text."""

from __future__ import annotations

from collections.abc import Mapping


def counts_text(kind: str, counts: Mapping[str, int | float]) -> str:
    """Return the counts of a dataset of a kind in one line: `900 images, 10 labels, 1 color channel`."""
    from embedlab.kinds.registry import kind_or_unknown, noun_of

    own = kind_or_unknown(kind).nouns
    nouns = {name: own.get(name) or noun_of(name) for name in counts}
    return ", ".join(
        f"{value:,} {nouns[name].singular if value == 1 else nouns[name].plural}" for name, value in counts.items()
    )
