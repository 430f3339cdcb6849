from __future__ import annotations

import numpy as np
import pytest

from embedlab.kinds.text import label_statistics as module
from embedlab.kinds.text.dataset import TextDataset, TextOptions, import_text, preview_text
from embedlab.kinds.text.label_statistics import (
    LONGEST_COUNTED,
    MOST_LISTED,
    label_statistics,
    label_warnings,
    long_document,
)
from embedlab.reading.sources import Limits

ROWS = "kind\ttext\n" + "spam\twin a prize now\n" + "ham\tsee you\n" * 3


def test_known_counts():
    told = label_statistics(["b", "a", "b", "b"], [4, 2, 0, 5])
    assert (told["different"], told["documents"]) == (2, 4)
    assert told["most_frequent"] == [
        {"label": "b", "documents": 3, "share": 0.75, "tokens": 9, "tokens_per_document": 3.0},
        {"label": "a", "documents": 1, "share": 0.25, "tokens": 2, "tokens_per_document": 2.0},
    ]


def test_many_labels_are_counted_and_the_most_frequent_told():
    told = label_statistics([str(n) for n in range(500)] + ["often"] * 3, [1] * 503)
    assert told["different"] == 501
    assert len(told["most_frequent"]) == MOST_LISTED
    assert told["most_frequent"][0]["label"] == "often"


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["a", "a", "a"], "same label"),
        (["a", "b", "c"], "its own label"),
        (["a", "b", "c", "c"], "only one document"),
        (["a", "b"] * 5, ""),
        (["a"], ""),
        (["", "", "x"], "only one document"),
    ],
)
def test_odd_labels_are_warned_about(labels, said):
    warnings = label_warnings(label_statistics(labels, [1] * len(labels)))
    assert len(warnings) == bool(said)
    assert said in " ".join(warnings)


def test_import_and_preview_tell_the_same(tmp_path):
    path, folder = tmp_path / "t", tmp_path / "d"
    path.write_text(ROWS)
    folder.mkdir()
    options = TextOptions(layout="delimited", delimiter="\t", text_column="text", label_column="kind")
    import_text(path, options, folder, limits=Limits())
    told = TextDataset.open(folder).imported.details["labels"]
    assert told["most_frequent"] == [
        {"label": "ham", "documents": 3, "share": 0.75, "tokens": 6, "tokens_per_document": 2.0},
        {"label": "spam", "documents": 1, "share": 0.25, "tokens": 4, "tokens_per_document": 4.0},
    ]
    assert preview_text(path, options, Limits()).labels == told


def test_messages_have_the_published_shares(tmp_path, real_data):
    path = real_data("sms-spam/SMSSpamCollection")
    options = TextOptions(
        layout="delimited", delimiter="\t", has_header=False, quoting=False, text_column=1, label_column=0
    )
    folder = tmp_path / "d"
    folder.mkdir()
    import_text(path, options, folder, limits=Limits())
    told = TextDataset.open(folder).imported.details["labels"]["most_frequent"]
    # The collection's own account: 4,827 legitimate messages (86.6 %) and 747 spam (13.4 %).
    assert [(row["label"], row["documents"], round(row["share"], 3)) for row in told] == [
        ("ham", 4827, 0.866),
        ("spam", 747, 0.134),
    ]


def test_long_documents_are_the_95th_of_a_hundred_with_words():
    lengths = np.random.default_rng(0).permutation(np.concatenate([np.arange(1, 101), np.zeros(40, int)]))
    assert long_document(lengths) == 95
    assert long_document(np.zeros(3, int)) == 0
    assert long_document(np.array([10**9])) == LONGEST_COUNTED


def test_long_documents_are_counted_in_pieces(monkeypatch):
    lengths = np.random.default_rng(1).poisson(200, 5000)
    whole = long_document(lengths)
    monkeypatch.setattr(module, "_COUNTED_AT_ONCE", 7)
    assert long_document(lengths) == whole == np.percentile(lengths, 95, method="inverted_cdf")


def test_a_labeled_import_counts_the_words_of_a_long_document(tmp_path):
    path, options = tmp_path / "table.tsv", {"layout": "delimited", "delimiter": "\t", "text_column": "text"}
    path.write_text(ROWS, encoding="utf-8")
    for name, label_column in (("labeled", "kind"), ("bare", None)):
        folder = tmp_path / name
        folder.mkdir()
        counts = import_text(path, TextOptions(**options, label_column=label_column), folder, limits=Limits()).counts
        assert counts.get("p95_document_tokens") == (4 if label_column else None)
