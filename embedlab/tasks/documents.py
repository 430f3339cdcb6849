"""Vectors of documents: judged by whether neighbors share a label, where there are labels."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from embedlab.evaluation.documents import score_documents
from embedlab.kinds.text.signatures import document_signatures
from embedlab.models.contract.base import TrainingResult
from embedlab.tasks.base import Parts
from embedlab.tasks.words import Words


class Documents(Words):
    """Place documents so that those about the same are near each other. Labels judge, and no model sees them."""

    name: ClassVar[str] = "documents"
    title: ClassVar[str] = "Vectors of documents"
    headline: ClassVar[str] = "documents"
    baselines: ClassVar[tuple[str, ...]] = ("majority",)

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return how often neighbors share a label; nothing without labels or documents."""
        dataset, documents = parts.learned, result.embeddings.get("documents")
        if documents is None or dataset.labels is None:
            return {}
        rows = np.array([int(key) for key in documents.keys])
        labels = dataset.labels["label"].iloc[rows].tolist()
        # A copy would vote for itself: of documents with the same words the first one counts.
        _, first = np.unique(document_signatures(dataset).values[rows], return_index=True)
        is_first = np.isin(np.arange(len(rows)), first)
        asked = [label if counts else "" for label, counts in zip(labels, is_first.tolist(), strict=True)]
        # The default seed, so that runs with other seeds are asked about the same documents.
        scored = score_documents(documents, asked)
        n_duplicates = int((~is_first).sum())
        if n_duplicates:
            scored["note"] = f"{scored['note']} {n_duplicates:,} copies of other documents left out."
        return {"documents": {**scored, "n_duplicates": n_duplicates}}
