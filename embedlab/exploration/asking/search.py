"""Search as you type: labels and keys, the best match first, ignoring case and accents."""

from __future__ import annotations

import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

from embedlab.core.embedding import Embedding

_LONGEST_QUERY = 200
# Letters that Unicode does not decompose, but that people type without their strokes.
_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "þ": "th"})


class Found(NamedTuple):
    """A search result: the key, its label, and its row."""

    key: str
    label: str
    row: int


def fold(text: str) -> str:
    """Return `text` normalized for comparison: lower case, without accents, without leading or trailing spaces.

    Examples
    --------
    >>> fold(" Amélie ")
    'amelie'
    """
    text = text.strip()
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_UNDECOMPOSED))
    return "".join(character for character in parts if not unicodedata.combining(character))


class SearchIndex:
    """Search index over the names of an embedding; built once, then read by any number of threads.

    Parameters
    ----------
    keys, labels
        Of the same length, the most frequent first: equally good matches keep this order.
    """

    def __init__(self, keys: Sequence[str], labels: Sequence[str]) -> None:
        self.keys = keys
        self.labels = labels

    @cached_property
    def has_labels(self) -> bool:
        """Whether any label differs from its key."""
        return self.labels is not self.keys and any(
            label != key for label, key in zip(self.labels, self.keys, strict=True)
        )

    @cached_property
    def folded_labels(self) -> list[str]:
        """The labels, normalized for comparison."""
        return _folded(self.labels)

    @cached_property
    def folded_keys(self) -> list[str]:
        """The keys, normalized for comparison; the same list as the labels if no label differs."""
        return _folded(self.keys) if self.has_labels else self.folded_labels

    @cached_property
    def label_to_index(self) -> dict[str, int]:
        """First (so most frequent) row of each label; empty if no label differs from its key."""
        if not self.has_labels:
            return {}
        return {label: index for index, label in reversed(list(enumerate(self.labels)))}

    @cached_property
    def shared_labels(self) -> frozenset[str]:
        """Labels that several keys share: films of the same title, users of the same name."""
        if not self.has_labels:
            return frozenset()
        return frozenset(label for label, n in Counter(self.labels).items() if n > 1)

    def search(self, text: str, n: int = 10) -> list[Found]:
        """Return at most `n` matches: equal names first, then prefixes, then prefixes of a word, then any part."""
        query = fold(text[:_LONGEST_QUERY])
        if not query or n < 1:
            return []
        rows: dict[int, None] = {}
        for matches in self._passes(query):
            rows.update(dict.fromkeys(matches))
            if len(rows) >= n:
                break
        return [Found(self.keys[row], self.labels[row], row) for row in list(rows)[:n]]

    def _passes(self, query: str) -> Iterator[list[int]]:
        columns = [self.folded_labels, self.folded_keys] if self.has_labels else [self.folded_labels]
        word = f" {query}"
        # One plain comprehension per pass: for 100,000 names anything cleverer in Python is slower.
        yield _merged([row for row, text in enumerate(texts) if text == query] for texts in columns)
        yield _merged([row for row, text in enumerate(texts) if text.startswith(query)] for texts in columns)
        inside = [[row for row, text in enumerate(texts) if query in text] for texts in columns]
        yield _merged([row for row in rows if word in texts[row]] for rows, texts in zip(inside, columns, strict=True))
        yield _merged(inside)


def _merged(columns: Iterable[list[int]]) -> list[int]:
    lists = list(columns)
    return lists[0] if len(lists) == 1 else sorted(set().union(*lists))


def _folded(names: Sequence[str]) -> list[str]:
    """Return the names normalized for comparison; names that do not change keep their object, to save memory."""
    folded = [name if (text := fold(name)) == name else text for name in names]
    return names if isinstance(names, list) and folded == names else folded


_indexes: WeakKeyDictionary[Embedding, SearchIndex] = WeakKeyDictionary()
_lock = threading.Lock()


def search_index(embedding: Embedding) -> SearchIndex:
    """Return the index of `embedding`, built at the first call and cached as long as the embedding exists."""
    with _lock:
        index = _indexes.get(embedding)
        if index is None:
            index = _indexes[embedding] = SearchIndex(embedding.keys, embedding.labels)
        return index


def search(embedding: Embedding, text: str, n: int = 10) -> list[Found]:
    """Return at most `n` keys whose label or key matches `text`, the best first.

    Case and accents are ignored. Equal names come first, then names that start with the text, then names with a word
    that does, then names that contain it anywhere; each group is in the embedding's order, so the most frequent first.
    """
    return search_index(embedding).search(text, n)
