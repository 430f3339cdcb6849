from __future__ import annotations

import itertools

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.evaluation.analogies import english_analogies, score_analogies
from embedlab.evaluation.question_files import Section


def noisy_grid(noise, seed=0):
    """Ten countries with capital and currency: each word is its country plus its role, plus noise."""
    rng = np.random.default_rng(seed)
    countries, roles = rng.normal(size=(10, 16)), 2 * rng.normal(size=(3, 16))
    keys = [f"{role}{country}" for country in range(10) for role in "abc"]
    vectors = (countries[:, None] + roles[None]).reshape(30, 16)
    return Embedding((vectors + noise * rng.normal(size=vectors.shape)).astype(np.float32), keys)


def questions(one="a", other="b"):
    return [(f"{one}{i}", f"{other}{i}", f"{one}{j}", f"{other}{j}") for i, j in itertools.permutations(range(10), 2)]


SECTIONS = [Section("capitals", questions()), Section("currencies", [*questions("a", "c"), ("a0", "b0", "a1", "x")])]


def write(path, sections):
    lines = [line for name, asked in sections for line in (f": {name}", *map(" ".join, asked))]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_planted_analogies_are_all_solved():
    scores = score_analogies(noisy_grid(0), SECTIONS)
    assert (scores["score"], scores["covered"], scores["of"], scores["meaningful"]) == (1, 180, 181, True)
    # Twenty pairs are asked about, so the interval is that of twenty answers: 0.025 ** (1 / 20).
    assert (scores["low"], scores["high"]) == (pytest.approx(0.8316, abs=1e-4), 1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("most_frequent", [1000, 25])
def test_equals_gensim(tmp_path, seed, most_frequent):
    embedding = noisy_grid(1.0, seed)
    expected, sections = embedding.keyed_vectors.evaluate_word_analogies(
        write(tmp_path / "q.txt", SECTIONS), restrict_vocab=most_frequent
    )
    scores = score_analogies(embedding, SECTIONS, most_frequent=most_frequent)
    assert 0 < expected < 1
    assert scores["score"] == pytest.approx(expected)
    assert scores["low"] < scores["score"] < scores["high"]
    for ours, theirs in zip(scores["sections"], sections, strict=False):
        n_right, n_wrong = len(theirs["correct"]), len(theirs["incorrect"])
        assert ours["covered"] == n_right + n_wrong
        assert ours["score"] == pytest.approx(n_right / (n_right + n_wrong))


def test_equals_gensim_where_keys_differ_in_case_only(tmp_path):
    grid = noisy_grid(0.6, 4)
    rng = np.random.default_rng(5)
    twins = grid.vectors + 0.3 * rng.normal(size=grid.vectors.shape).astype(np.float32)
    embedding = Embedding(np.concatenate([grid.vectors, twins]), [*grid.keys, *(key.upper() for key in grid.keys)])
    expected, _ = embedding.keyed_vectors.evaluate_word_analogies(write(tmp_path / "q.txt", SECTIONS))
    assert 0 < expected < 1
    assert score_analogies(embedding, SECTIONS)["score"] == pytest.approx(expected)


def test_blocks_change_nothing(monkeypatch):
    embedding = noisy_grid(1.0)
    whole = score_analogies(embedding, SECTIONS)
    monkeypatch.setattr("embedlab.evaluation.analogies._BLOCK", 30 * 7)
    assert score_analogies(embedding, SECTIONS) == whole


def test_nothing_known_is_said():
    scores = score_analogies(noisy_grid(0), [Section("s", [("p", "q", "r", "s")])])
    assert (scores["score"], scores["covered"], scores["of"], scores["meaningful"]) == (None, 0, 1, False)
    assert "None of the 1 questions" in scores["note"]


def test_none_right_still_has_an_interval():
    wrong = [Section("s", [(a, b, c, "c9") for a, b, c, d in questions() if "9" not in a + c])]
    scores = score_analogies(noisy_grid(0), wrong)
    assert scores["score"] == 0
    assert scores["low"] == 0
    # Nine pairs are asked about: 1 - 0.025 ** (1 / 9).
    assert scores["high"] == pytest.approx(0.3363, abs=1e-4)


def test_the_questions_are_those_of_the_paper():
    sections = english_analogies()
    assert sum(len(section.questions) for section in sections) == 19_544
    assert len(sections) == 14
    assert sections[0].name == "capital-common-countries"


def test_published_vectors_equal_gensim(real_data):
    from gensim.models import KeyedVectors
    from gensim.test.utils import datapath

    path = real_data("googlenews-8000/googlenews_8000x300.w2v.bin")
    keyed = KeyedVectors.load_word2vec_format(str(path), binary=True)
    few = Embedding(keyed.vectors[:800].copy(), keyed.index_to_key[:800])
    expected, _ = few.keyed_vectors.evaluate_word_analogies(datapath("questions-words.txt"))
    scores = score_analogies(few, english_analogies())
    assert scores["score"] == pytest.approx(expected)
    assert 0.5 < scores["score"] < 1
