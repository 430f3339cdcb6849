"""Word vectors: trained on running text, evaluated by the tests stored with the dataset (see `tasks.yardsticks`)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from embedlab.core.kind import Kind
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.part import without_test_part
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.models.shared.documents import write_documents
from embedlab.tasks.base import Parts, Task
from embedlab.tasks.text_labels import has_labels
from embedlab.workspace.rows import DatasetRow

#: The whole text, words separated by one space.
CORPUS_FILE = "corpus.txt"
#: One document per line.
DOCUMENTS_FILE = "documents.txt"


class Words(Task[TextDataset]):
    """Place words with similar contexts near each other. This needs no labels, and nothing is held out."""

    name: ClassVar[str] = "words"
    title: ClassVar[str] = "Word vectors"
    goal: ClassVar[str] = "Compare words"
    kind: ClassVar[Kind] = Kind.TEXT
    cases: ClassVar[str] = "Documents"
    headline: ClassVar[str] = "wordsim353"

    def may_leave_out_test(self, dataset: DatasetRow) -> bool:
        """Return whether the documents have labels, so that a classifier may be evaluated on some of them."""
        return has_labels(dataset)

    def split(self, dataset: TextDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Leave out the test part of a protocol, if there is one."""
        return Parts(_learned(dataset, protocol, scratch))

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return no scores: words are evaluated by the tests stored with the dataset."""
        del result, parts
        return {}

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the text, or of its documents if the model's script reads documents."""
        return DOCUMENTS_FILE if model.reads_documents else CORPUS_FILE

    def write_data(self, dataset: TextDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path) -> Path:
        """Write the text, without the test part of a protocol."""
        learned = _learned(dataset, protocol, folder)
        path = folder / self.data_file(model)
        if model.reads_documents:
            write_documents(learned, path)
        else:
            shutil.copyfile(learned.corpus_path, path)
        return path

    def start_words(self, dataset: TextDataset) -> Sequence[str]:
        """Return the vocabulary."""
        words: list[str] = dataset.vocabulary["word"].tolist()
        return words


def _learned(dataset: TextDataset, protocol: Protocol | None, scratch: Path) -> TextDataset:
    return dataset if protocol is None else without_test_part(dataset, protocol, scratch / "without-test")
