"""How the labels of a text are spread: documents and words of each, and what is odd about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

#: So many labels are told with their figures.
MOST_TOLD: Final = 100
#: The count of a labelled text that says how many words its long documents have: 95 % have no more.
LONG_DOCUMENT: Final = "p95_document_tokens"


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
    tokens: npt.NDArray[np.int64] = np.asarray(n_tokens, dtype=np.int64)
    frame = pd.DataFrame({"label": pd.Series(list(labels), dtype="str"), "tokens": tokens})
    grouped = frame.groupby("label", sort=False)["tokens"].agg(["size", "sum"])
    grouped = grouped.sort_values("size", ascending=False, kind="stable")
    records = [
        {
            "label": str(label),
            "documents": int(n),
            "share": float(n / len(frame)),
            "tokens": int(total),
            "tokens_per_document": float(total / n),
        }
        for label, n, total in grouped.head(MOST_TOLD).itertuples()
    ]
    return {"different": len(grouped), "documents": len(frame), "most_frequent": records}


def long_document(n_tokens: npt.ArrayLike) -> float:
    """Return the number of words that 95 % of the documents do not exceed, of those that have words; 0 without any."""
    tokens: npt.NDArray[np.int64] = np.asarray(n_tokens, dtype=np.int64)
    tokens = tokens[tokens > 0]
    return float(np.percentile(tokens, 95, method="higher")) if len(tokens) else 0.0


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
