from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gensim.test.utils import datapath

from embedlab.core.embedding import Embedding
from embedlab.evaluation.cases import FEWEST, FEWEST_PAIRS
from embedlab.evaluation.question_files import read_pairs
from embedlab.evaluation.words import score_pairs, score_word_pairs


def made_to_agree(pairs, sign=1):
    """Each pair has its own plane; the angle between its words follows the judgement."""
    vectors, keys = np.zeros((2 * len(pairs), 2), np.float32), []
    for number, (a, b, judged) in enumerate(pairs):
        angle = np.pi / 2 - sign * judged * np.pi / 20
        vectors[2 * number], vectors[2 * number + 1] = [2, 0], [np.cos(angle), np.sin(angle)]
        keys += [a, b]
    return Embedding(vectors, keys)


def numbered_pairs(n):
    return [(f"a{number}", f"b{number}", 10 * number / n) for number in range(n)]


@pytest.mark.parametrize("sign", [1, -1])
def test_an_embedding_made_to_agree_scores_one(sign):
    pairs = numbered_pairs(FEWEST)
    scores = score_pairs(made_to_agree(pairs, sign), pairs)
    assert scores["score"] == pytest.approx(sign)
    assert (scores["covered"], scores["of"], scores["meaningful"]) == (FEWEST, FEWEST, True)
    # Every resample agrees too, which says nothing about other pairs.
    assert (scores["low"], scores["high"]) == (None, None)
    assert "No 95 % interval" in scores["note"]


def test_unknown_words_are_left_out_and_counted():
    pairs = numbered_pairs(120)
    scores = score_pairs(made_to_agree(pairs[:29]), pairs)
    assert scores["score"] == pytest.approx(1)
    assert (scores["of"], scores["covered"], scores["meaningful"]) == (120, FEWEST_PAIRS - 1, False)
    assert "too few to be meaningful" in scores["note"]


def test_case_is_folded_only_where_the_word_itself_is_unknown():
    embedding = Embedding(np.array([[1, 0], [0, 1], [1, 1], [3, 4]], np.float32), ["US", "us", "Paris", "city"])
    pairs = [("US", "city", 1.0), ("us", "city", 2.0), ("paris", "CITY", 3.0)]
    # Cosines 0.6, 0.8 and 0.99.
    assert score_pairs(embedding, pairs)["score"] == pytest.approx(1)
    assert score_pairs(embedding, pairs)["covered"] == 3


@pytest.mark.parametrize("pairs", [[], [("a0", "b0", 1.0)], [("a0", "b0", 1.0), ("a0", "b0", 1.0)]])
def test_no_correlation_is_none_and_not_nan(pairs):
    scores = score_pairs(made_to_agree(numbered_pairs(3)), pairs)
    assert (scores["score"], scores["low"], scores["high"]) == (None, None, None)
    assert not scores["meaningful"]


def test_chance_is_said_to_be_chance():
    pairs = numbered_pairs(200)
    keys = [word for pair in pairs for word in pair[:2]]
    noise = Embedding(np.random.default_rng(1).normal(size=(400, 10)).astype(np.float32), keys)
    scores = score_pairs(noise, pairs)
    assert scores["low"] < 0 < scores["high"]
    assert "may be chance" in scores["note"]
    assert score_pairs(noise, pairs) == scores


def test_equals_gensims_own_evaluation():
    pairs = read_pairs(Path(datapath("wordsim353.tsv")))
    keys = [*sorted({word.lower() for pair in pairs for word in pair[:2]})[::2], "other"]
    embedding = Embedding(np.random.default_rng(0).normal(size=(len(keys), 20)).astype(np.float32), keys)
    scores = score_word_pairs(embedding)["wordsim353"]
    _, spearman, oov_percent = embedding.keyed_vectors.evaluate_word_pairs(datapath("wordsim353.tsv"))
    assert scores["score"] == pytest.approx(spearman.statistic, abs=1e-6)
    assert scores["covered"] / scores["of"] == pytest.approx(1 - oov_percent / 100)
    assert scores["of"] == 353


def test_published_vectors_score_as_published(real_data):
    """Google News vectors reach 0.70 on WordSim-353 in full; their 8,000 most frequent words cover a part."""
    from gensim.models import KeyedVectors

    keyed = KeyedVectors.load_word2vec_format(
        str(real_data("googlenews-8000/googlenews_8000x300.w2v.bin")), binary=True
    )
    scores = score_word_pairs(Embedding(keyed.vectors, keyed.index_to_key))["wordsim353"]
    assert scores["meaningful"]
    assert scores["score"] == pytest.approx(0.70, abs=0.06)
    assert scores["low"] < scores["score"] < scores["high"]


def test_a_short_list_of_pairs_counts_with_its_wide_interval():
    pairs = numbered_pairs(65)
    scores = score_pairs(made_to_agree(pairs), pairs)
    assert (scores["covered"], scores["meaningful"]) == (65, True)
    few = score_pairs(made_to_agree(numbered_pairs(29)), numbered_pairs(29))
    assert not few["meaningful"]
