"""Lookup of the row of a word from a user or a test set."""

from __future__ import annotations

from embedlab.core.embedding import Embedding


class RowLookup:
    """Finds rows by words.

    A word matches, in this order: an equal key; its lower case; the most frequent key that differs only in case; a
    label (a film's title), first with case and then without.
    """

    def __init__(self, embedding: Embedding) -> None:
        self._rows = embedding.key_to_index
        self._folded: dict[str, int] = {}
        for row, key in enumerate(embedding.keys):
            self._folded.setdefault(key.casefold(), row)
        self._labels: dict[str, int] = {}
        if embedding.labels is not embedding.keys and list(embedding.labels) != list(embedding.keys):
            for row, label in enumerate(embedding.labels):
                self._labels.setdefault(label, row)
            for row, label in enumerate(embedding.labels):
                self._labels.setdefault(label.casefold(), row)

    def __call__(self, word: str) -> int | None:
        """Return the row, or None for an unknown word."""
        folded = word.casefold()
        for rows, name in (
            (self._rows, word),
            (self._rows, word.lower()),
            (self._folded, folded),
            (self._labels, word),
            (self._labels, folded),
        ):
            if (row := rows.get(name)) is not None:
                return row
        return None
