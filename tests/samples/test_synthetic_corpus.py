"""The made corpus plants what it says, and an embedding finds it."""

from __future__ import annotations

import hashlib

import pytest

from embedlab.samples.synthetic_corpus import (
    CAPITALS,
    COUNTRIES,
    MOODS,
    N_SENTENCES,
    PEOPLE,
    STAYS,
    make_corpus,
    write_corpus,
)

#: Rows of a, b, c and d with b - a + c = d.
ROYAL_ANALOGIES = [
    ("man", "king", "woman", "queen"),
    ("woman", "queen", "man", "king"),
    ("boy", "prince", "girl", "princess"),
    ("girl", "princess", "boy", "prince"),
    ("king", "queen", "prince", "princess"),
    ("man", "woman", "boy", "girl"),
]


def test_same_seed_same_bytes(tmp_path):
    digests = set()
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_corpus(tmp_path / name, seed, 500)
        digests.add((seed, hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()))
    assert len(digests) == 2


def test_every_planted_word_and_pair_occurs():
    sentences = list(make_corpus())
    assert len(sentences) == N_SENTENCES
    words = {word for sentence in sentences for word in sentence.split()}
    planted = {"mood", *PEOPLE, *COUNTRIES, *CAPITALS, *STAYS, *(word for mood in MOODS.values() for word in mood)}
    assert planted <= words
    together = {frozenset(sentence.split()) for sentence in sentences if "capital" in sentence}
    for country, (capital, *_) in COUNTRIES.items():
        assert any({country, capital} <= sentence for sentence in together), country


def test_no_placeholder_is_left():
    assert not any("{" in sentence or sentence != sentence.lower() for sentence in make_corpus(2, 5000))


@pytest.fixture(scope="module", params=[1, 2, 3], ids=["seed-1", "seed-2", "seed-3"])
def trained(request, tmp_path_factory):
    from gensim.models import Word2Vec

    from embedlab.samples.shipped import sample, write_sample

    path = write_sample("made-corpus", tmp_path_factory.mktemp("sample")).path
    return Word2Vec(corpus_file=str(path), seed=request.param, workers=1, **sample("made-corpus").parameters).wv


@pytest.mark.slow
def test_word2vec_with_the_samples_settings_finds_the_analogies(trained):
    capitals = [(country, capital) for country, (capital, *_) in COUNTRIES.items()]
    pairs = zip(capitals, capitals[1:] + capitals[:1], strict=True)
    for a, b, c, d in [*ROYAL_ANALOGIES, *((*first, *second) for first, second in pairs)]:
        assert trained.most_similar(positive=[b, c], negative=[a], topn=1)[0][0] == d


@pytest.mark.slow
def test_words_used_alike_lie_together_and_far_from_countries(trained):
    assert {"resort", "motel"} <= {word for word, _ in trained.most_similar("hotel", topn=5)}
    for moods in MOODS.values():
        assert {word for word, _ in trained.most_similar(moods[0], topn=3)} == set(moods[1:])
    nearest_country = max(trained.similarity("hotel", country) for country in COUNTRIES)
    assert nearest_country < min(trained.similarity("hotel", stay) for stay in STAYS) - 0.2


@pytest.mark.slow
def test_the_textbook_examples_hold(trained):
    moods = {word for group in MOODS.values() for word in group}
    assert {word for word, _ in trained.most_similar("mood", topn=8)} <= moods
    near = min(trained.similarity("mood", word) for word in ("happy", "sad"))
    far = max(trained.similarity("mood", word) for word in ("brazil", "canada", *STAYS))
    assert near > far + 0.2
    assert {"resort", "motel"} <= {word for word, _ in trained.most_similar("hotel", topn=5)}
