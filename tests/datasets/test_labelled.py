from __future__ import annotations

import numpy as np
import pytest

from embedlab.datasets.labelled import split_labelled
from embedlab.errors import InputError
from tests.models.document_data import labelled_dataset, planted_documents


def test_the_three_parts_share_nothing_and_have_the_same_mix(tmp_path):
    labels = ["rare" if number % 10 == 0 else "common" for number in range(200)]
    dataset = labelled_dataset(tmp_path, planted_documents(n=200), labels)
    split = split_labelled(dataset, seed=3)
    parts = (split.train, split.validation, split.test)
    assert split.classes == ("common", "rare")
    assert [len(part) for part in parts] == [140, 20, 40]
    assert sorted(np.concatenate([part.rows for part in parts]).tolist()) == list(range(200))
    assert [int((part.codes == 1).sum()) for part in parts] == [14, 2, 4]
    assert all(labels[row] == split.classes[code] for row, code in zip(split.test.rows, split.test.codes, strict=True))
    assert split_labelled(dataset, seed=3).test.rows.tolist() == split.test.rows.tolist()
    assert split_labelled(dataset, seed=4).test.rows.tolist() != split.test.rows.tolist()
    assert split.train.words(dataset)[5] == dataset.documents(0, 200)[split.train.rows[5]]
    assert len(split.without_test().test) == 0


def test_documents_without_words_or_label_are_left_out_and_tiny_classes_are_learned_only(tmp_path):
    documents = planted_documents(n=40)
    documents[3] = ["!!"]
    labels = [f"topic {number % 2}" for number in range(40)]
    labels[0] = "alone"
    labels[5] = ""
    split = split_labelled(labelled_dataset(tmp_path, documents, labels), seed=0)
    assert not {3, 5} & set(np.concatenate([split.train.rows, split.validation.rows, split.test.rows]).tolist())
    assert 0 in split.train.rows


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["same"] * 30, "same label"), ([f"own {n}" for n in range(30)], "names, not classes"), (None, "no labels")],
)
def test_labels_that_tell_nothing_are_refused(tmp_path, labels, message):
    dataset = labelled_dataset(tmp_path, planted_documents(n=30), labels or ["a"] * 30)
    if labels is None:
        (dataset.folder / "labels.parquet").unlink()
    with pytest.raises(InputError, match=message):
        split_labelled(dataset, seed=0)


def test_too_few_documents_are_refused(tmp_path):
    dataset = labelled_dataset(tmp_path, planted_documents(n=4), ["a", "b", "a", "b"])
    with pytest.raises(InputError, match="too few documents"):
        split_labelled(dataset, seed=0)
