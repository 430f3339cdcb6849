"""Whether neighboring documents share a label: the accuracy of a k-nearest-neighbors classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import Embedding
from embedlab.evaluation.cases import FEWEST_DOCUMENTS
from embedlab.evaluation.differences import share_difference
from embedlab.evaluation.intervals import wilson_interval
from embedlab.evaluation.resampling import SEED

#: Neighbors that vote.
N_NEIGHBORS = 5
#: All documents are classified if this many cosines (about 3 s) are enough, else a sample of at least `MIN_QUERIES`.
MOST_COSINES = 200_000_000
MIN_QUERIES = 1000
_BLOCK_NUMBERS = 10_000_000

Codes = npt.NDArray[np.int64]


def score_documents(embedding: Embedding, labels: Sequence[Any]) -> dict[str, Any]:
    """Return how often the 5 nearest other documents (by cosine) agree with a document's own label.

    Every document is classified by all others (leave-one-out); ties go to the nearer documents. The vectors were
    trained on the documents, but not on the labels.

    Parameters
    ----------
    embedding
        Vectors of documents.
    labels
        `n_keys` labels; documents with a missing or empty label are left out.

    Returns
    -------
    ``{"knn_accuracy", "interval", "k", "n_asked", "n_documents", "n_classes", "baselines": {"majority"},
    "differences": {"majority": {"documents": {"value", "low", "high"}}}, "meaningful", "note"}``: `majority` is the
    accuracy of always predicting the most frequent label on the same documents, and the difference is own minus
    majority. If there is nothing to measure, `knn_accuracy`, `interval` and `majority` are None and `differences` is
    empty. If there are too many documents, the same sample is used for every run.
    """
    rows = [row for row, label in enumerate(labels) if isinstance(label, str) and label]
    codes, classes = pd.factorize(pd.Series([labels[row] for row in rows], dtype="str"))
    n_documents, n_classes = len(rows), len(classes)
    scores: dict[str, Any] = {
        "knn_accuracy": None,
        "interval": None,
        "k": N_NEIGHBORS,
        "n_asked": 0,
        "n_documents": n_documents,
        "n_classes": n_classes,
        "baselines": {"majority": None},
        "differences": {},
        "meaningful": False,
        "note": _nothing_to_measure(n_documents, n_classes),
    }
    if scores["note"]:
        return scores
    max_queries = max(MIN_QUERIES, MOST_COSINES // n_documents)
    queries = np.sort(np.random.default_rng(SEED).permutation(n_documents)[:max_queries])
    right = knn_predict(embedding.unit_vectors[rows], codes, queries, N_NEIGHBORS) == codes[queries]
    in_majority = codes[queries] == np.bincount(codes).argmax()
    meaningful = n_documents >= FEWEST_DOCUMENTS
    note = f"{len(queries):,} of {n_documents:,} documents used, {n_classes} labels."
    return {
        **scores,
        "knn_accuracy": float(right.mean()),
        "interval": wilson_interval(int(right.sum()), len(queries)),
        "n_asked": len(queries),
        "baselines": {"majority": float(in_majority.mean())},
        "differences": {"majority": {"documents": share_difference(right, in_majority)}},
        "meaningful": meaningful,
        "note": note if meaningful else f"{note} Too few to be meaningful (at least {FEWEST_DOCUMENTS} needed).",
    }


def _nothing_to_measure(n_documents: int, n_classes: int) -> str:
    if n_documents <= N_NEIGHBORS:
        return f"Only {n_documents} documents have a label: too few to compare neighbors."
    if n_classes == 1:
        return "All documents have the same label, so there is nothing to compare."
    if n_classes > n_documents / 2:
        return f"{n_classes:,} labels for {n_documents:,} documents: most labels occur once, so neighbors cannot agree."
    return ""


def knn_predict(units: npt.NDArray[np.float32], codes: Codes, queries: Codes, k: int) -> Codes:
    """Return the most frequent code among the `k` nearest others of each row; ties go to the nearer rows.

    Parameters
    ----------
    units
        `(n, vector_size)` vectors of length 1.
    codes
        `(n,)` labels as numbers from 0.
    queries
        `(m,)` rows to classify.
    """
    n_classes = int(codes.max()) + 1
    predicted = np.empty(len(queries), dtype=np.int64)
    step = max(1, _BLOCK_NUMBERS // len(units))
    for start in range(0, len(queries), step):
        block = queries[start : start + step]
        cosines = units[block] @ units.T
        lines = np.arange(len(block))
        cosines[lines, block] = -np.inf
        nearest = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        # One vote weighs more than all similarities together.
        weights = 1 + np.take_along_axis(cosines, nearest, axis=1) / (2 * k + 2)
        for line, voters, weight in zip(lines, nearest, weights, strict=True):
            predicted[start + line] = np.bincount(codes[voters], weight, minlength=n_classes).argmax()
    return predicted
