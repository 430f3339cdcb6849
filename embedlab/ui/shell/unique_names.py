"""Distinct names for the options of a select box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from embedlab.core.plain import one_line


def unique_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names by id without duplicates, since the browser identifies an option by its text.

    Equal names get as much of the id as makes them different.
    """
    unique = dict(names)
    for longest in (4, 20, 200):
        counts = Counter(unique.values())
        shared = [row_id for row_id, name in unique.items() if counts[name] > 1]
        unique |= {row_id: f"{names[row_id]} · {one_line(row_id, 200)[:longest]}" for row_id in shared}
    counts = Counter(unique.values())
    # Some ids differ only in characters that are not shown.
    return {
        row_id: name if counts[name] == 1 else f"{name} · {number}"
        for number, (row_id, name) in enumerate(unique.items())
    }
