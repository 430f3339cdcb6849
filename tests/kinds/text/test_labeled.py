from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.text.dataset import TextDataset, TextOptions, import_text
from embedlab.kinds.text.labeled import split_labeled
from embedlab.reading.sources import Limits
from tests.models.shared.document_data import labeled_dataset, planted_documents


def test_the_three_parts_share_nothing_and_have_the_same_mix(tmp_path):
    labels = ["rare" if number % 10 == 0 else "common" for number in range(200)]
    dataset = labeled_dataset(tmp_path, planted_documents(n=200), labels)
    split = split_labeled(dataset, seed=3)
    parts = (split.train, split.validation, split.test)
    assert split.classes == ("common", "rare")
    assert [len(part) for part in parts] == [140, 20, 40]
    assert sorted(np.concatenate([part.rows for part in parts]).tolist()) == list(range(200))
    assert [int((part.codes == 1).sum()) for part in parts] == [14, 2, 4]
    assert all(labels[row] == split.classes[code] for row, code in zip(split.test.rows, split.test.codes, strict=True))
    assert split_labeled(dataset, seed=3).test.rows.tolist() == split.test.rows.tolist()
    assert split_labeled(dataset, seed=4).test.rows.tolist() != split.test.rows.tolist()
    assert split.train.words(dataset)[5] == dataset.documents(0, 200)[split.train.rows[5]]
    assert len(split.without_test().test) == 0


def test_documents_without_words_or_label_are_left_out_and_tiny_classes_are_learned_only(tmp_path):
    documents = planted_documents(n=40)
    documents[3] = ["!!"]
    labels = [f"topic {number % 2}" for number in range(40)]
    labels[0] = "alone"
    labels[5] = ""
    split = split_labeled(labeled_dataset(tmp_path, documents, labels), seed=0)
    assert not {3, 5} & set(np.concatenate([split.train.rows, split.validation.rows, split.test.rows]).tolist())
    assert 0 in split.train.rows


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["same"] * 30, "same label"), ([f"own {n}" for n in range(30)], "names, not classes"), (None, "no labels")],
)
def test_labels_that_tell_nothing_are_refused(tmp_path, labels, message):
    dataset = labeled_dataset(tmp_path, planted_documents(n=30), labels or ["a"] * 30)
    if labels is None:
        (dataset.folder / "labels.parquet").unlink()
    with pytest.raises(InputError, match=message):
        split_labeled(dataset, seed=0)


def test_too_few_documents_are_refused(tmp_path):
    dataset = labeled_dataset(tmp_path, planted_documents(n=4), ["a", "b", "a", "b"])
    with pytest.raises(InputError, match="too few documents"):
        split_labeled(dataset, seed=0)


def all_words(split):
    return [part.words(split.dataset) for part in (split.train, split.validation, split.test)]


def assert_nothing_is_in_two_parts(split):
    train, validation, test = ({tuple(words) for words in part} for part in all_words(split))
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_documents_with_the_same_words_are_in_the_same_part(tmp_path):
    documents = planted_documents(n=150)
    for copy, original in ((1, 4), (7, 4), (20, 5), (44, 131)):
        documents[copy] = list(documents[original])
    dataset = labeled_dataset(tmp_path, documents)
    for seed in range(5):
        split = split_labeled(dataset, seed)
        assert_nothing_is_in_two_parts(split)
        assert (split.n_duplicates, split.n_grouped_documents) == (4, 7)
        assert sum(map(len, (split.train, split.validation, split.test))) == 150
    n_in_test = sum(4 in split_labeled(dataset, seed).test.rows for seed in range(60))
    # A fifth of 60, within three standard deviations.
    assert 3 <= n_in_test <= 21


def test_documents_divided_one_by_one_are_divided_as_in_earlier_versions(tmp_path):
    documents = planted_documents(n=60)
    documents[1] = list(documents[4])
    labels = ["b" if number % 3 else "a" for number in range(60)]
    split = split_labeled(labeled_dataset(tmp_path, documents, labels), 5, group_duplicates=False)
    assert (split.n_duplicates, split.n_grouped_documents) == (0, 0)
    # What the version before groups gave for this seed.
    codes = np.array([0 if label == "b" else 1 for label in labels])
    order = np.lexsort((np.random.default_rng(5).random(60), codes))
    marks = np.floor(np.arange(61) * 0.2 + 0.5)
    assert split.test.rows.tolist() == sorted(order[np.diff(marks) > 0].tolist())


def test_without_copies_groups_change_nothing(tmp_path):
    dataset = labeled_dataset(tmp_path, planted_documents(n=90))
    grouped, apart = (split_labeled(dataset, 2, group_duplicates=each) for each in (True, False))
    assert grouped.test.rows.tolist() == apart.test.rows.tolist()
    assert grouped.validation.rows.tolist() == apart.validation.rows.tolist()


def test_copies_with_different_labels_and_a_text_repeated_endlessly_do_not_spoil_the_shares(tmp_path):
    documents = planted_documents(n=300)
    labels = [f"topic {number % 2}" for number in range(300)]
    for number in range(120):
        documents[number] = ["the", "same", "advertisement", "again"]
    for number in range(120, 124):
        documents[number] = ["two", "labels", "for", "one", "text"]
    dataset = labeled_dataset(tmp_path, documents, labels)
    for seed in range(4):
        split = split_labeled(dataset, seed)
        assert_nothing_is_in_two_parts(split)
        assert 0 in split.train.rows
        # A fifth and a tenth of the 180 documents that are not part of the large group.
        assert abs(len(split.test) - 36) <= 4
        assert abs(len(split.validation) - 18) <= 4


def test_a_class_of_few_different_documents_is_learned_only(tmp_path):
    documents = planted_documents(n=60)
    labels = ["common"] * 60
    for number in range(10):
        documents[number] = [f"notice{number % 2}", "of", "the", "day"]
        labels[number] = "notices"
    split = split_labeled(labeled_dataset(tmp_path, documents, labels), 0)
    assert set(range(10)) <= set(split.train.rows.tolist())
    assert len(split.test) == 10


def test_sms_messages_that_are_sent_again_are_in_one_part(tmp_path, real_data):
    options = TextOptions(layout="delimited", delimiter="\t", has_header=False, text_column=1, label_column=0)
    home = tmp_path / "dataset"
    home.mkdir()
    import_text(real_data("sms-spam/SMSSpamCollection"), options, home, limits=Limits())
    dataset = TextDataset.open(home)
    split = split_labeled(dataset, 0)
    assert_nothing_is_in_two_parts(split)
    assert (split.n_duplicates, split.n_grouped_documents) == (443, 748)
    spam = [float((part.codes == 1).mean()) for part in (split.train, split.validation, split.test)]
    assert max(spam) - min(spam) < 0.01
    # Divided one by one, every ninth test message was learned from or chosen by.
    apart = all_words(split_labeled(dataset, 0, group_duplicates=False))
    known = {tuple(words) for part in apart[:2] for words in part}
    assert sum(tuple(words) in known for words in apart[2]) > 100
