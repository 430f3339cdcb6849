"""How the labels of a text are spread: documents and words of each, and what is odd about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from embedlab.reading.key_codes import KeyCodes

#: So many labels are told with their figures.
MOST_TOLD: Final = 100
#: The count of a labeled text that says how many words its long documents have: 95 % have no more.
LONG_DOCUMENT: Final = "p95_document_tokens"
#: No model reads more words of a document.
LONGEST_COUNTED: Final = 20_000
_COUNTED_AT_ONCE: Final = 1 << 16


class LabelCounter:
    """Counts documents and words of each label, some documents at a time; memory grows with the different labels."""

    def __init__(self) -> None:
        self._codes = KeyCodes()
        self._documents: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._tokens: npt.NDArray[np.int64] = np.zeros(0, np.int64)

    @property
    def n_different(self) -> int:
        """How many labels there are so far."""
        return len(self._codes)

    def add(self, labels: pa.Array, n_tokens: npt.NDArray[np.int64]) -> None:
        """Count documents: their labels, strings without nulls, and how many words each has."""
        codes = self._codes.encode(labels)
        n = len(self._codes)
        self._documents = _longer(self._documents, n) + np.bincount(codes, minlength=n)
        # Sums are whole numbers far below 2^53, so the float64 of the weights are exact.
        self._tokens = _longer(self._tokens, n) + np.bincount(codes, n_tokens, minlength=n).astype(np.int64)

    def statistics(self) -> dict[str, Any]:
        """Return the figures of all documents, as `label_statistics` does."""
        n_documents = int(self._documents.sum())
        most_frequent = np.argsort(-self._documents, kind="stable")[:MOST_TOLD].tolist()
        records = [
            {
                "label": self._codes[code],
                "documents": (n := int(self._documents[code])),
                "share": n / n_documents,
                "tokens": (total := int(self._tokens[code])),
                "tokens_per_document": total / n,
            }
            for code in most_frequent
        ]
        return {"different": self.n_different, "documents": n_documents, "most_frequent": records}


def _longer(numbers: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    return np.concatenate([numbers, np.zeros(n - len(numbers), np.int64)]) if n > len(numbers) else numbers


def label_statistics(labels: Sequence[str], n_tokens: npt.ArrayLike) -> dict[str, Any]:
    """Return figures of the labels, JSON-able.

    Parameters
    ----------
    labels
        One for each document.
    n_tokens
        How many words each document has.

    Returns
    -------
    `different` (how many labels there are), `documents`, and `most_frequent`: at most 100 records of `label`,
    `documents`, `share` (of the documents, 0 to 1), `tokens`, and `tokens_per_document`, most documents first.
    """
    counter = LabelCounter()
    counter.add(pa.array(labels, pa.string()), np.asarray(n_tokens, dtype=np.int64))
    return counter.statistics()


def long_document(n_tokens: npt.NDArray[np.int64]) -> float:
    """Return the number of words that 95 % of the documents do not exceed, of those that have words; 0 without any.

    Parameters
    ----------
    n_tokens
        `(n_documents,)`; read in pieces, so it may be mapped from disk. Lengths above `LONGEST_COUNTED` count as that.
    """
    histogram = np.zeros(LONGEST_COUNTED + 1, np.int64)
    for start in range(0, len(n_tokens), _COUNTED_AT_ONCE):
        piece = np.minimum(n_tokens[start : start + _COUNTED_AT_ONCE], LONGEST_COUNTED)
        histogram += np.bincount(piece, minlength=len(histogram))
    histogram[0] = 0
    n_documents = int(histogram.sum())
    return float(np.searchsorted(np.cumsum(histogram), np.ceil(0.95 * n_documents))) if n_documents else 0.0


def label_warnings(statistics: dict[str, Any]) -> list[str]:
    """Return plain sentences about labels that tell documents apart badly."""
    different, documents = statistics["different"], statistics["documents"]
    if documents < 2:
        return []
    if different == 1:
        return ["All documents have the same label: there is nothing to tell apart."]
    if different == documents:
        return [f"Each of the {documents:,} documents has a label of its own: the column is a name, not a kind."]
    if different > 0.5 * documents:
        return [f"There are {different:,} labels for {documents:,} documents: most labels have one document alone."]
    return []
