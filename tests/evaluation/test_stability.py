from __future__ import annotations

import itertools

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError, InputError
from embedlab.evaluation import stability
from embedlab.evaluation.stability import neighbor_stability, shared_neighbors


def random_embedding(n_keys, seed, size=8):
    vectors = np.random.default_rng(seed).normal(size=(n_keys, size)).astype(np.float32)
    return Embedding(vectors, [f"w{number}" for number in range(n_keys)])


def turned(embedding, seed):
    """The same embedding in another basis: all cosines stay."""
    basis, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(embedding.vector_size,) * 2))
    return Embedding((embedding.vectors @ basis).astype(np.float32), embedding.keys)


def test_shared_neighbors_are_counted_as_all_pairs_of_sets_share_them():
    rng = np.random.default_rng(0)
    found = np.stack([[rng.permutation(12)[:4] for _ in range(6)] for _ in range(5)])
    expected = [
        np.mean([len(set(a) & set(b)) for a, b in itertools.combinations(found[:, key].tolist(), 2)])
        for key in range(6)
    ]
    of_keys, between = shared_neighbors(found)
    assert of_keys == pytest.approx(expected)
    sets = [[set(line) for line in each] for each in found.tolist()]
    of_pairs = [[np.mean([len(a & b) for a, b in zip(one, other, strict=True)]) for other in sets] for one in sets]
    assert between == pytest.approx(np.array(of_pairs))


def test_a_turned_embedding_keeps_all_neighbors_and_a_random_one_as_many_as_chance_leaves():
    embedding = random_embedding(400, seed=0)
    same = neighbor_stability([embedding, turned(embedding, 1), turned(embedding, 2)])
    assert same.shares.min() > 0.99
    assert same.score()["n_seeds"] == 3
    assert "400 of 400 keys used" in same.score()["note"]
    assert "400 of 400 nodes used" in same.score("nodes")["note"]
    other = neighbor_stability([embedding, random_embedding(400, seed=1)])
    # Ten drawn twice from 399 meet in 10 / 399 of the places.
    assert other.score()["score"] == pytest.approx(10 / 399, abs=0.01)
    # Two seeds are one pair, however many words there are.
    assert (other.score()["low"], other.score()["high"]) == (None, None)
    assert "at least 3 seeds" in other.score()["note"]


def test_the_interval_is_over_seeds_and_not_over_words():
    """Four seeds of which one is unlike the others: many words do not make the interval narrow."""
    embedding = random_embedding(2000, seed=0)
    alike = [embedding, turned(embedding, 1), turned(embedding, 2)]
    score = neighbor_stability([*alike, random_embedding(2000, seed=3)]).score()
    assert score["covered"] == 2000
    assert score["low"] < score["score"] < score["high"]
    assert score["high"] - score["low"] > 0.3
    assert score["low"] >= 0
    assert score["high"] <= 1
    same = neighbor_stability([embedding, embedding, embedding]).score()
    assert (same["score"], same["low"]) == (1, None)
    assert "every pair of seeds agrees equally well" in same["note"]


def test_the_planted_half_that_stays_is_told_from_the_half_that_does_not():
    """Twenty groups of twelve near each other stay as they are; 240 others are drawn anew with every seed."""
    rng = np.random.default_rng(0)
    centers = np.repeat(rng.normal(size=(20, 30)), 12, axis=0)

    def trained(seed):
        near = centers + 0.05 * np.random.default_rng(1).normal(size=centers.shape)
        far = np.random.default_rng(seed).normal(size=(240, 30))
        return Embedding(np.vstack([near, far]).astype(np.float32), [f"w{n}" for n in range(480)])

    found = neighbor_stability([trained(seed) for seed in (2, 3, 4)])
    assert found.shares[:240].min() > 0.95
    assert found.shares[240:].mean() < 0.2


def test_only_common_keys_are_compared_and_small_vocabularies_have_fewer_neighbors():
    one, other = random_embedding(6, seed=0), random_embedding(5, seed=0)
    found = neighbor_stability([one, other])
    assert found.keys == other.keys
    assert found.topn == 4
    assert found.shares.tolist() == [1.0] * 5
    assert not found.score()["meaningful"]


def test_of_a_large_vocabulary_the_first_words_are_asked(monkeypatch):
    monkeypatch.setattr(stability, "MOST_COSINES", 50 * 20)
    found = neighbor_stability([random_embedding(50, seed=0), random_embedding(50, seed=1)])
    assert np.isfinite(found.shares).tolist() == [True] * 20 + [False] * 30
    assert (found.score()["covered"], found.score()["of"]) == (20, 50)


def test_too_little_to_compare_is_refused_and_a_cancel_is_heard():
    embedding = random_embedding(10, seed=0)
    with pytest.raises(InputError, match="at least two trainings"):
        neighbor_stability([embedding])
    strange = Embedding(embedding.vectors, [f"x{number}" for number in range(10)])
    with pytest.raises(InputError, match="too few keys"):
        neighbor_stability([embedding, strange])

    def cancel(*_):
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        neighbor_stability([embedding, embedding], report=cancel)
