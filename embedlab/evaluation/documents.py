"""Whether near documents bear the same label: the accuracy of a vote among nearest neighbors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import Embedding
from embedlab.evaluation.differences import share_difference
from embedlab.evaluation.intervals import wilson_interval
from embedlab.evaluation.resampling import SEED

#: Neighbors that vote.
N_VOTERS = 5
#: All documents are asked while this many cosines (some 3 s) suffice, else as many as do, but at least `FEWEST_ASKED`.
MOST_COSINES = 200_000_000
FEWEST_ASKED = 1000
#: With fewer documents the interval is wider than most differences between models.
FEWEST_DOCUMENTS = 50
_BLOCK_NUMBERS = 10_000_000

Codes = npt.NDArray[np.int64]


def score_documents(embedding: Embedding, labels: Sequence[Any]) -> dict[str, Any]:
    """Return how often the 5 nearest other documents (by cosine) agree on a document's own label.

    Every document is asked in turn while all others vote (leave-one-out); of equal votes the nearer ones win. The
    labels had no part in learning the vectors, the documents had.

    Parameters
    ----------
    embedding
        Vectors of documents.
    labels
        `n_keys` labels; documents with a missing or empty one are left out.

    Returns
    -------
    ``{"knn_accuracy", "interval", "k", "n_asked", "n_documents", "n_classes", "baselines": {"majority"},
    "differences": {"majority": {"documents": {"value", "low", "high"}}}, "meaningful", "note"}``: `majority` is the
    accuracy, on the documents asked, of always naming the most frequent label, and the difference is own minus
    majority on the same documents. Where there is nothing to measure `knn_accuracy`, `interval` and `majority` are None
    and `differences` is empty. Where there are too many documents to ask all, the same ones are asked for every run.
    """
    rows = [row for row, label in enumerate(labels) if isinstance(label, str) and label]
    codes, classes = pd.factorize(pd.Series([labels[row] for row in rows], dtype="str"))
    n_documents, n_classes = len(rows), len(classes)
    scores: dict[str, Any] = {
        "knn_accuracy": None,
        "interval": None,
        "k": N_VOTERS,
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
    most_asked = max(FEWEST_ASKED, MOST_COSINES // n_documents)
    asked = np.sort(np.random.default_rng(SEED).permutation(n_documents)[:most_asked])
    right = vote(embedding.unit_vectors[rows], codes, asked, N_VOTERS) == codes[asked]
    in_majority = codes[asked] == np.bincount(codes).argmax()
    meaningful = n_documents >= FEWEST_DOCUMENTS
    note = f"{len(asked):,} of {n_documents:,} documents asked, {n_classes} labels."
    return {
        **scores,
        "knn_accuracy": float(right.mean()),
        "interval": wilson_interval(int(right.sum()), len(asked)),
        "n_asked": len(asked),
        "baselines": {"majority": float(in_majority.mean())},
        "differences": {"majority": {"documents": share_difference(right, in_majority)}},
        "meaningful": meaningful,
        "note": note if meaningful else f"{note} Too few to mean much (at least {FEWEST_DOCUMENTS} needed).",
    }


def _nothing_to_measure(n_documents: int, n_classes: int) -> str:
    if n_documents <= N_VOTERS:
        return f"Only {n_documents} documents have a label: too few to compare neighbors."
    if n_classes == 1:
        return "All documents have the same label: there is nothing to tell apart."
    if n_classes > n_documents / 2:
        return f"{n_classes:,} labels for {n_documents:,} documents: most labels occur once, so neighbors cannot agree."
    return ""


def vote(units: npt.NDArray[np.float32], codes: Codes, asked: Codes, k: int) -> Codes:
    """Return the code that most of the `k` nearest others of each asked row have; of equal votes the nearer ones win.

    Parameters
    ----------
    units
        `(n, vector_size)` vectors of length 1.
    codes
        `(n,)` labels as numbers from 0.
    asked
        `(m,)` rows asked.
    """
    n_classes = int(codes.max()) + 1
    chosen = np.empty(len(asked), dtype=np.int64)
    step = max(1, _BLOCK_NUMBERS // len(units))
    for start in range(0, len(asked), step):
        block = asked[start : start + step]
        cosines = units[block] @ units.T
        lines = np.arange(len(block))
        cosines[lines, block] = -np.inf
        nearest = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        # A whole vote weighs more than all nearness together.
        weights = 1 + np.take_along_axis(cosines, nearest, axis=1) / (2 * k + 2)
        for line, voters, weight in zip(lines, nearest, weights, strict=True):
            chosen[start + line] = np.bincount(codes[voters], weight, minlength=n_classes).argmax()
    return chosen
