"""Document vectors: evaluated by whether neighbors share a label, if there are labels."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from embedlab.core.errors import EmbedLabError
from embedlab.evaluation.documents import N_NEIGHBORS, score_documents
from embedlab.evaluation.score import Score
from embedlab.evaluation.verdicts import text_of
from embedlab.kinds.text.signatures import document_signatures
from embedlab.models.contract.base import TrainingResult
from embedlab.models.shared.documents import single_document
from embedlab.tasks.base import Parts
from embedlab.tasks.words import Words
from embedlab.workspace.rows import DatasetRow


class Documents(Words):
    """Place documents about the same topic near each other. Labels are for evaluation only; no model uses them."""

    name: ClassVar[str] = "documents"
    title: ClassVar[str] = "Document vectors"
    goal: ClassVar[str] = "Compare documents"
    headline: ClassVar[str] = "documents"
    baselines: ClassVar[tuple[str, ...]] = ("majority",)

    def refusal(self, dataset: DatasetRow) -> EmbedLabError | None:
        """Refuse a text of one document."""
        return single_document() if dataset.counts.get("documents", 2) < 2 else None

    def headline_sentence(self, score: Score) -> str:
        """Return how often the neighbors of a document predict its label."""
        if score.name != self.headline:
            return super().headline_sentence(score)
        value = text_of(score, score.value or 0.0)
        return f"The {N_NEIGHBORS} nearest documents predict the label of {value} of the documents"

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return how often neighbors share a label; nothing without labels or documents."""
        dataset, documents = parts.learned, result.embeddings.get("documents")
        if documents is None or dataset.labels is None:
            return {}
        rows = np.array([int(key) for key in documents.keys])
        labels = dataset.labels["label"].iloc[rows].tolist()
        # A copy would vote for itself, so only the first of several equal documents counts.
        _, first = np.unique(document_signatures(dataset).values[rows], return_index=True)
        is_first = np.isin(np.arange(len(rows)), first)
        used_labels = [label if counts else "" for label, counts in zip(labels, is_first.tolist(), strict=True)]
        # The default seed, so that runs with other seeds use the same documents.
        scores = score_documents(documents, used_labels)
        n_duplicates = int((~is_first).sum())
        if n_duplicates:
            scores["note"] = f"{scores['note']} {n_duplicates:,} copies of other documents left out."
        return {"documents": {**scores, "n_duplicates": n_duplicates}}
