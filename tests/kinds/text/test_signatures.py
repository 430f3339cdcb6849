"""Copies of documents are found by their signatures."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.kinds.text.signatures import SIGNATURES_FILE, document_signatures, n_shared_documents
from tests.models.shared.document_data import labeled_dataset


def test_equal_words_have_equal_signatures_whatever_their_length(tmp_path):
    long = [f"w{number}" for number in range(250)]
    documents = [["one", "two"], long, ["!!"], ["one", "two"], [*long], [*long, "more"], ["two", "one"], ["onetwo"]]
    dataset = labeled_dataset(tmp_path, documents, ["a", "b"] * 4)
    signatures = document_signatures(dataset)
    values = signatures.values.tolist()
    assert values[0] == values[3]
    assert values[1] == values[4]
    assert values[2] == 0
    assert len(set(values)) == 6
    assert signatures.n_words.tolist() == [2, 250, 0, 2, 250, 251, 2, 1]


def test_signatures_are_computed_once_and_damaged_ones_are_told(tmp_path):
    dataset = labeled_dataset(tmp_path, [["a", "b"], ["c", "d"]], ["x", "y"])
    first = document_signatures(dataset)
    path = dataset.folder / SIGNATURES_FILE
    np.save(path, np.array([[5, 6], [2, 2]], np.uint64))
    assert document_signatures(dataset).values.tolist() == [5, 6]
    # A file of another number of documents is not believed.
    np.save(path, np.zeros((2, 9), np.uint64))
    assert document_signatures(dataset).values.tolist() == first.values.tolist()
    path.write_bytes(b"junk")
    with pytest.raises(StorageError, match="damaged"):
        document_signatures(dataset)


def test_shared_documents_are_counted_in_any_case_and_short_ones_are_not(tmp_path):
    shared, short = ["the", "tram", "goes", "through", "the", "town"], ["thank", "you"]
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    ours = labeled_dataset(tmp_path / "a", [shared, short, ["one", "of", "our", "own", "texts"]], ["x", "y", "x"])
    theirs = labeled_dataset(tmp_path / "b", [short, [word.title() for word in shared], ["x"]], ["x", "y", "x"])
    assert n_shared_documents(ours, theirs) == 1
    assert n_shared_documents(theirs, ours) == 1
