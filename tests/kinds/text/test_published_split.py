"""A split that comes with the data is used as it is."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import KINDS
from embedlab.kinds.text.dataset import TextDataset, guess_text_options, import_text
from embedlab.kinds.text.labeled import labeled_split
from embedlab.kinds.text.members import part_of
from embedlab.reading.limits import Limits

WORDS = ["lamp", "boat", "rain", "door", "apple", "harbor", "green", "cold"]


def dataset_of(tmp_path, rows):
    path, folder = tmp_path / "file", tmp_path / "dataset"
    path.write_text("split,label,text\n" + "".join(f"{','.join(row)}\n" for row in rows))
    folder.mkdir()
    import_text(path, guess_text_options(path, Limits()), folder, limits=Limits())
    return TextDataset.open(folder)


def rows(n_train, n_test):
    return [
        ("train" if n < n_train else "test", "ab"[n % 2], f"{WORDS[n % 8]} {WORDS[n // 8 % 8]} word{n} of text")
        for n in range(n_train + n_test)
    ]


def test_the_test_part_is_the_published_one_for_every_seed(tmp_path):
    dataset = dataset_of(tmp_path, rows(40, 12))
    assert dataset.imported.counts["test_documents"] == 12
    for seed in (0, 1):
        split = labeled_split(dataset, Protocol("published", seed, 0.2, 0.0))
        assert sorted(split.test.rows.tolist()) == list(range(40, 52))
        assert len(split.validation) == 8
        assert len(split.train) == 32


def test_the_default_protocol_is_the_published_split(tmp_path):
    counts = dataset_of(tmp_path, rows(40, 12)).imported.counts
    assert KINDS["text"].default_protocol(counts).name == "published"


def test_a_copy_of_a_test_document_selects_no_model(tmp_path):
    given = rows(40, 12)
    copies = [("train", label, text) for _, label, text in given[40:]]
    dataset = dataset_of(tmp_path, [*given[:40], *copies, *given[40:]])
    split = labeled_split(dataset, Protocol("published", 0, 0.2, 0.0))
    assert len(split.test) == 12
    assert not np.isin(split.validation.rows, np.arange(40, 52)).any()


def test_validation_rows_are_for_training_and_unknown_ones_for_nothing(tmp_path):
    given = [*rows(30, 10), *[("dev", "ab"[n % 2], f"{WORDS[n % 8]} extra{n}") for n in range(10)]]
    split = labeled_split(dataset_of(tmp_path, given), Protocol("published", 0, 0.2, 0.0))
    assert len(split.train) + len(split.validation) == 40


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("data/train.csv", "train"),
        ("imdb/test/pos/1_10.txt", "test"),
        ("ag_news-test-2.csv", "test"),
        ("sst_dev.tsv", "validation"),
        ("contest/trainers.csv", None),
        ("train_test.csv", None),
    ],
    ids=["file", "folder", "word", "dev", "other-words", "both"],
)
def test_names_say_the_part(name, part):
    assert part_of(name) == part
