"""Phrases: planted ones are found and joined, frequent neighbors by chance are not, and nothing is lost."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial

import pytest
from gensim.models.phrases import Phrases

from embedlab.core.errors import InputError, ParameterError
from embedlab.kinds.text import dataset as text_module
from embedlab.kinds.text.corpus import read_documents
from embedlab.kinds.text.dataset import TextDataset, TextOptions, import_text, preview_text
from embedlab.kinds.text.tokens.phrases import PhraseJoiner, PhraseOptions
from embedlab.reading.sources import Limits

N_DOCUMENTS = 2000
N_PLANTED = 400


def planted() -> list[str]:
    """Documents of words by chance, of which `the` is very frequent; `new york` always stands together."""
    chance = random.Random(0)
    others = [f"w{number}" for number in range(200)]
    documents = []
    for number in range(N_DOCUMENTS):
        words = [word for _ in range(6) for word in ("the", chance.choice(others))]
        if number < N_PLANTED:
            words[6:6] = ["new", "york"]
        documents.append(" ".join(words))
    chance.shuffle(documents)
    return documents


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "planted"
    path.write_text("\n".join(planted()))
    return path


def imported(path, folder, **phrases):
    folder.mkdir()
    import_text(path, TextOptions(phrases=PhraseOptions(**phrases)), folder, limits=Limits())
    return TextDataset.open(folder)


@pytest.mark.parametrize(
    "options", [{}, {"threshold": 0.9, "min_count": 100}, {"scoring": "default", "threshold": 1.0}]
)
def test_the_planted_phrase_alone_is_joined(text, tmp_path, options):
    dataset = imported(text, tmp_path / "d", **options)
    assert dataset.imported.details["phrases"] == {
        "found": 1,
        "occurrences": N_PLANTED,
        "most_frequent": [["new_york", N_PLANTED]],
    }
    counts = dict(dataset.vocabulary.itertuples(index=False))
    assert counts["new_york"] == N_PLANTED
    assert "new" not in counts
    # The most frequent neighbors of all are no phrase: "the" stands before everything.
    assert counts["the"] == 6 * N_DOCUMENTS
    assert not any("the_" in word or "_the" in word for word in counts)
    assert dataset.n_tokens == 12 * N_DOCUMENTS + N_PLANTED
    assert dataset.n_documents == N_DOCUMENTS
    assert not (tmp_path / "d" / "corpus-apart.txt").exists()


def test_the_corpus_is_what_gensim_makes_of_the_documents(text, tmp_path):
    dataset = imported(text, tmp_path / "d", scoring="default", threshold=0.045, min_count=3)
    documents = [line.split() for line in text.read_text().splitlines()]
    frozen = Phrases(documents, min_count=3, threshold=0.045).freeze()
    assert dataset.documents(0, N_DOCUMENTS) == [frozen[document] for document in documents]
    counts = Counter(word for document in dataset.documents(0, N_DOCUMENTS) for word in document)
    assert dict(dataset.vocabulary.itertuples(index=False)) == counts
    assert dataset.imported.details["phrases"]["found"] > 1


def test_other_texts_are_joined_alike(text, tmp_path):
    dataset = imported(text, tmp_path / "d")
    assert dataset.tokenize("In New York, new shoes") == ["in", "new_york", "new", "shoes"]


def test_english_connectors_stand_inside(tmp_path):
    path = tmp_path / "t"
    chance = random.Random(1)
    lines = [
        f"w{chance.randrange(99)} bank of america w{chance.randrange(99)} x{chance.randrange(99)}" for _ in range(300)
    ]
    path.write_text("\n".join(lines))
    dataset = imported(path, tmp_path / "d", connector_words="english")
    assert dataset.imported.details["phrases"]["most_frequent"] == [["bank_of_america", 300]]
    assert dataset.tokenize("the bank of america") == ["the", "bank_of_america"]


def test_the_preview_shows_what_the_import_will_join(text):
    preview = preview_text(text, TextOptions(phrases=PhraseOptions()), Limits())
    assert preview.phrases == {"found": 1, "occurrences": N_PLANTED, "most_frequent": [["new_york", N_PLANTED]]}
    assert preview.word_counts["new_york"] == N_PLANTED
    assert preview.counts["tokens"] == 12 * N_DOCUMENTS + N_PLANTED
    assert any("new_york" in document.tokens for document in preview.documents)
    assert preview_text(text, TextOptions(), Limits()).phrases is None


def test_long_documents_are_joined_in_pieces_without_loss(tmp_path, monkeypatch):
    monkeypatch.setattr(text_module, "read_documents", partial(read_documents, piece_lines=2))
    path = tmp_path / "t"
    path.write_text(" ".join(planted()) + "\n\nlast words of new york")
    folder = tmp_path / "d"
    folder.mkdir()
    options = TextOptions(layout="paragraphs", phrases=PhraseOptions())
    imported = import_text(path, options, folder, limits=Limits())
    dataset = TextDataset.open(folder)
    apart = " ".join(word.replace("_", " ") for word in dataset.documents(0, 1)[0])
    assert apart == " ".join(planted())
    assert dataset.documents(1, 2) == [["last", "words", "of", "new_york"]]
    assert imported.counts["documents"] == 2


def test_documents_without_words_keep_their_place(tmp_path):
    path = tmp_path / "t"
    path.write_text(
        "k,text\n" + "".join(f"{n % 2},{'new york ' * (n % 3)}word{n % 5}!\n" for n in range(60)) + "1,...\n"
    )
    folder = tmp_path / "d"
    folder.mkdir()
    options = TextOptions(
        layout="delimited", text_column="text", label_column="k", phrases=PhraseOptions(min_count=1, threshold=0.1)
    )
    import_text(path, options, folder, limits=Limits())
    dataset = TextDataset.open(folder)
    assert dataset.n_documents == 61
    assert dataset.documents(60, 61) == [[]]
    assert len(dataset.labels) == 61


def test_a_text_of_one_phrase_is_refused_and_leaves_nothing(tmp_path):
    path = tmp_path / "t"
    path.write_text("new york\n" * 500)
    with pytest.raises(InputError, match="only one word"):
        imported(path, tmp_path / "d", threshold=0.0001, min_count=1)
    assert list((tmp_path / "d").iterdir()) == []


def test_a_threshold_that_nothing_passes_is_refused():
    with pytest.raises(ParameterError, match="npmi is at most 1"):
        TextOptions.checked({"phrases": {"scoring": "npmi", "threshold": 10}})
    assert [PhraseOptions(scoring=name).score_above for name in ("default", "npmi")] == [10.0, 0.5]


def test_phrases_longer_than_a_word_are_left_apart():
    long = ["a" * 150, "b" * 150]
    joiner = PhraseJoiner.learn([long, ["x", "y"]] * 50, PhraseOptions(min_count=1, threshold=0.001))
    assert list(joiner.join([long, ["x", "y"]])) == [long, ["x_y"]]
