"""Statistics of the labels of a text: documents and words per label, and warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from embedlab.reading.key_codes import KeyCodes

#: Number of labels that are listed with their statistics.
MOST_LISTED: Final = 100
#: Name of the count with the 95th percentile of the words per document of a labeled text.
LONG_DOCUMENT: Final = "p95_document_tokens"
#: No model reads more words of a document.
LONGEST_COUNTED: Final = 20_000
_COUNTED_AT_ONCE: Final = 1 << 16


class LabelCounter:
    """Counts documents and words of each label, some documents at a time; memory grows with the number of labels."""

    def __init__(self) -> None:
        self._codes = KeyCodes()
        self._documents: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._tokens: npt.NDArray[np.int64] = np.zeros(0, np.int64)

    @property
    def n_different(self) -> int:
        """Number of distinct labels so far."""
        return len(self._codes)

    def add(self, labels: pa.Array, n_tokens: npt.NDArray[np.int64]) -> None:
        """Count documents: `labels` are strings without nulls, `n_tokens` the number of words of each document."""
        codes = self._codes.encode(labels)
        n = len(self._codes)
        self._documents = _longer(self._documents, n) + np.bincount(codes, minlength=n)
        # Sums are whole numbers far below 2^53, so the float64 of the weights are exact.
        self._tokens = _longer(self._tokens, n) + np.bincount(codes, n_tokens, minlength=n).astype(np.int64)

    def statistics(self) -> dict[str, Any]:
        """Return the statistics of all documents, as `label_statistics` does."""
        n_documents = int(self._documents.sum())
        most_frequent = np.argsort(-self._documents, kind="stable")[:MOST_LISTED].tolist()
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
    """Return statistics of the labels, as JSON.

    Parameters
    ----------
    labels
        One for each document.
    n_tokens
        Number of words of each document.

    Returns
    -------
    `different` (the number of distinct labels), `documents`, and `most_frequent`: at most 100 records of `label`,
    `documents`, `share` (of the documents, 0 to 1), `tokens`, and `tokens_per_document`, most documents first.
    """
    counter = LabelCounter()
    counter.add(pa.array(labels, pa.string()), np.asarray(n_tokens, dtype=np.int64))
    return counter.statistics()


def long_document(n_tokens: npt.NDArray[np.int64]) -> float:
    """Return the 95th percentile of the words per document, among documents with words; 0 if there are none.

    Parameters
    ----------
    n_tokens
        `(n_documents,)`; read in chunks, so it may be memory-mapped. Longer documents count as `LONGEST_COUNTED`.
    """
    histogram = np.zeros(LONGEST_COUNTED + 1, np.int64)
    for start in range(0, len(n_tokens), _COUNTED_AT_ONCE):
        piece = np.minimum(n_tokens[start : start + _COUNTED_AT_ONCE], LONGEST_COUNTED)
        histogram += np.bincount(piece, minlength=len(histogram))
    histogram[0] = 0
    n_documents = int(histogram.sum())
    return float(np.searchsorted(np.cumsum(histogram), np.ceil(0.95 * n_documents))) if n_documents else 0.0


def label_warnings(statistics: dict[str, Any]) -> list[str]:
    """Return plain sentences about labels that cannot serve as classes."""
    different, documents = statistics["different"], statistics["documents"]
    if documents < 2:
        return []
    if different == 1:
        return ["All documents have the same label: there is nothing to classify."]
    if different == documents:
        return [f"Each of the {documents:,} documents has its own label: the column holds names, not classes."]
    if different > 0.5 * documents:
        return [f"There are {different:,} labels for {documents:,} documents: most labels have only one document."]
    return []
