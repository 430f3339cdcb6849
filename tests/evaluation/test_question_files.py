from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from gensim.test.utils import datapath

from embedlab.core.errors import InputError, TooLargeError
from embedlab.evaluation import question_files
from embedlab.evaluation.question_files import read_analogies, read_pairs

PAIRS = [("hotel", "resort", 8.5), ("hotel", "Brazil", 1.0), ("new york", "city", 7.0)]


def write(tmp_path, content, encoding="utf-8"):
    path = tmp_path / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize(
    "content",
    [
        "hotel\tresort\t8.5\nhotel\tBrazil\t1.0\nnew york\tcity\t7",
        "Word 1\tWord 2\tHuman (mean)\nhotel\tresort\t8.5\nhotel\tBrazil\t1.0\nnew york\tcity\t7\n",
        'a,b,score\r\nhotel,resort,8.5\r\n"hotel",Brazil,1.0\r\nnew york,city,7\r\n',
        "hotel;resort;8,5\nhotel;Brazil;1,0\nnew york;city;7\n",
        "# A\nw1\tw2\tPOS\tscore\tB\nhotel\tresort\tN\t8.5\t3\nhotel\tBrazil\tN\t1\t0\nnew york\tcity\tN\t7\t2\n",
        gzip.compress(b"hotel\tresort\t8.5\nhotel\tBrazil\t1.0\nnew york\tcity\t7", mtime=0),
        "\ufeffhotel\tresort\t8.5\nhotel\tBrazil\t1.0\nnew york\tcity\t7",
    ],
    ids=["tabs", "header", "csv", "semicolons", "comment-and-more-columns", "gzip", "byte-order-mark"],
)
def test_pairs_in_many_forms(tmp_path, content):
    assert read_pairs(write(tmp_path, content)) == PAIRS


def test_white_space_parts_columns_where_nothing_else_does(tmp_path):
    assert read_pairs(write(tmp_path, "hotel resort 8.5\nhotel Brazil 1\n")) == PAIRS[:2]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_pairs_in_any_encoding(tmp_path, encoding):
    text = "caf\u00e9\trestaurant\t8\nk\u00f6nig\tk\u00f6nigin\t9\nm\u00fcller\tb\u00e4cker\t5\n"
    assert read_pairs(write(tmp_path, text, encoding))[0] == ("caf\u00e9", "restaurant", 8.0)


def test_gensims_own_files():
    assert len(read_pairs(Path(datapath("wordsim353.tsv")))) == 353
    assert len(read_pairs(Path(datapath("simlex999.txt")))) == 999


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hotel\tresort\nhotel\tBrazil\n", "words but no scores"),
        ("hotel\tresort\tyes\nhotel\tBrazil\tno\nking\tqueen\tyes\n", "words but no scores"),
        ("hotel\tresort\t8\n" + "nonsense\n" * 5, "Too few lines"),
        ("hotel\tresort\t8\n", "Too few lines"),
        ("hotel\tresort\tnan\nhotel\tBrazil\tinf\nking\tqueen\tnan\n", "no scores|Too few"),
        ("", "empty|no pairs"),
        (b"\x00\x01\x02\xff" * 100, None),
    ],
    ids=["no-scores", "no-numbers", "prose", "one-pair", "nan", "empty", "binary"],
)
def test_what_is_no_file_of_pairs_is_refused(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read_pairs(write(tmp_path, content))


def test_analogies_with_and_without_sections(tmp_path):
    content = "man king woman queen\n: capitals\nParis France Rome Italy\nnot a question\n: empty\n"
    sections = read_analogies(write(tmp_path, content))
    assert [(section.name, len(section.questions)) for section in sections] == [("questions", 1), ("capitals", 1)]
    assert sections[1].questions == [("Paris", "France", "Rome", "Italy")]


@pytest.mark.parametrize(
    "content",
    ["just some words in lines of text\nand more\n", ": only\n: names\n", "a b c\n"],
    ids=["prose", "names", "three-words"],
)
def test_what_is_no_file_of_analogies_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="lines have four words"):
        read_analogies(write(tmp_path, content))


def test_sizes_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(question_files, "MOST_LINES", 10)
    with pytest.raises(TooLargeError):
        read_pairs(write(tmp_path, "a\tb\t1\n" * 11))
    with pytest.raises(TooLargeError):
        read_analogies(write(tmp_path, gzip.compress(b"a b c d\n" * 2_000_000)))
