"""A text without its test part keeps every other document and the numbers of all."""

from __future__ import annotations

from collections import Counter

import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.labeled import labeled_split
from embedlab.kinds.text.part import without_test_part
from tests.models.shared.document_data import labeled_dataset, planted_documents

PROTOCOL = Protocol(seed=3, test_share=0.2)


def test_the_documents_of_the_test_part_and_their_unlabeled_copies_lose_their_words(tmp_path):
    documents = planted_documents(n=100)
    documents[10] = [f"long{number}" for number in range(230)]
    labels = [f"topic {number % 2}" for number in range(100)]
    dataset = labeled_dataset(tmp_path, documents, labels)
    judged = int(labeled_split(dataset, PROTOCOL).test.rows[0])
    (tmp_path / "again").mkdir()
    other = labeled_dataset(tmp_path / "again", [*documents, documents[judged]], [*labels, ""])
    test_rows = set(labeled_split(other, PROTOCOL).test.rows.tolist())
    part = without_test_part(other, PROTOCOL, tmp_path / "part")
    assert (part.n_documents, len(test_rows)) == (101, 20)
    empty = {row for row, words in enumerate(part.documents(0, 101)) if not words}
    assert judged in test_rows
    assert empty == {*test_rows, 100}
    assert [part.documents(0, 101)[row] for row in range(101) if row not in empty] == [
        other.documents(0, 101)[row] for row in range(101) if row not in empty
    ]
    counted = Counter(word for words in part.documents(0, 101) for word in words)
    assert dict(zip(part.vocabulary["word"], part.vocabulary["count"], strict=True)) == counted
    assert part.n_tokens == sum(counted.values())
    reopened = TextDataset.open(tmp_path / "part")
    assert reopened.labels["label"].tolist() == other.labels["label"].tolist()


def test_a_text_of_test_words_alone_is_refused(tmp_path):
    documents = [["same", "words", str(number)] for number in range(20)]
    dataset = labeled_dataset(tmp_path, documents, ["a", "b"] * 10)
    rows = set(labeled_split(dataset, PROTOCOL).test.rows.tolist())
    lone = [["only", "here", f"{row}"] if row in rows else ["!!"] for row in range(20)]
    (tmp_path / "lone").mkdir()
    with pytest.raises(InputError):
        without_test_part(labeled_dataset(tmp_path / "lone", lone, ["a", "b"] * 10), PROTOCOL, tmp_path / "part")
