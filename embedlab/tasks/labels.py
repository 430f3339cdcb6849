"""Document labels: a classifier predicts them and is evaluated on held-out documents."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from embedlab.core.errors import EmbedLabError
from embedlab.core.kind import Kind
from embedlab.evaluation.classification import score_classification
from embedlab.evaluation.score import Score
from embedlab.evaluation.verdicts import text_of
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.labeled import LabeledSplit, check_classes, labeled_split, unlabeled
from embedlab.models.contract.abilities import Classifies
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.models.shared.documents import document_batches
from embedlab.tasks.base import Parts, PartSizes, Task, required
from embedlab.tasks.text_labels import has_labels, n_labels
from embedlab.workspace.rows import DatasetRow

#: A table of text, label and part.
LABELED_FILE = "labelled.csv"


class Labels(Task[TextDataset]):
    """Predict the label of a document."""

    name: ClassVar[str] = "labels"
    title: ClassVar[str] = "Predict labels"
    goal: ClassVar[str] = "Predict labels"
    kind: ClassVar[Kind] = Kind.TEXT
    cases: ClassVar[str] = "Documents"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = "test_accuracy"
    baselines: ClassVar[tuple[str, ...]] = ("majority", "tfidf_logistic_regression")

    def refusal(self, dataset: DatasetRow) -> EmbedLabError | None:
        """Return the problem with the labels: there are none, only one, or one per document."""
        if not has_labels(dataset):
            return unlabeled(dataset.name)
        labels = dataset.details.get("labels") or {}
        n_documents, n_classes = int(labels.get("documents", 0)), n_labels(dataset)
        # Only the training knows the documents without words, which do not count; these two cases hold either way.
        if n_classes == 1 or n_classes == n_documents > 0:
            frequent = ", ".join(each["label"] for each in labels["most_frequent"][:1])
            try:
                check_classes(n_documents, n_classes, received=frequent)
            except EmbedLabError as error:
                return error
        return None

    def split(self, dataset: TextDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split the labeled documents; copies of a document are in the same part."""
        del scratch
        parts = labeled_split(dataset, required(protocol))
        return Parts(parts.without_test(), parts)

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return the scores of the classifier on the test part; empty if the result has no classifier."""
        classifier, split = result.ability(Classifies), parts.held_out
        if classifier is None:
            return {}
        scores = score_classification(classifier.predict, split)
        return {**scores, "n_grouped_documents": split.n_grouped_documents}

    def headline_sentence(self, score: Score) -> str:
        """Return how many documents were classified correctly."""
        if score.name != self.headline:
            return super().headline_sentence(score)
        of = f" of {score.n_cases:,} held-out documents" if score.n_cases else " of the held-out documents"
        return f"The model classified {text_of(score, score.value or 0.0)}{of} correctly"

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Count the documents."""
        split = parts.held_out
        sizes = (len(split.train), len(split.validation), len(split.test))
        return PartSizes(*sizes, split.n_duplicates, split.n_grouped_documents)

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the table of documents."""
        del model
        return LABELED_FILE

    def write_data(self, dataset: TextDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path) -> Path:
        """Write all documents with label and part."""
        path = folder / self.data_file(model)
        write_labeled(labeled_split(dataset, required(protocol)), path)
        return path

    def start_words(self, dataset: TextDataset) -> Sequence[str]:
        """Return the vocabulary."""
        words: list[str] = dataset.vocabulary["word"].tolist()
        return words


def write_labeled(split: LabeledSplit, path: Path) -> None:
    """Write the columns `text` (words separated by one space), `label` and `part` of every document.

    Documents that are in no part have an empty label and part.
    """
    dataset = split.dataset
    labels, parts = [""] * dataset.n_documents, [""] * dataset.n_documents
    for name, part in (("train", split.train), ("validation", split.validation), ("test", split.test)):
        for row, code in zip(part.rows.tolist(), part.codes.tolist(), strict=True):
            labels[row], parts[row] = split.classes[code], name
    row = 0
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["text", "label", "part"])
        for batch in document_batches(dataset):
            table.writerows((" ".join(words), labels[row + at], parts[row + at]) for at, words in enumerate(batch))
            row += len(batch)
