"""Ranks, baselines and CCA with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import EmbedLabError
from embedlab.evaluation.retrieval.cca import Moments, fit_cca
from embedlab.evaluation.retrieval.ranks import Partners, filtered_ranks, score_retrieval
from embedlab.evaluation.retrieval.rivals import by_vectors, cca, popularity, tfidf
from embedlab.kinds.pairs.dataset import Things


def things(name, form, values):
    return Things(name, form, "|", values, np.ones(len(values), np.int64))


def test_other_known_partners_are_left_out_and_ties_share_a_rank():
    scores = np.array([[5.0, 4, 3, 2, 1], [1, 1, 1, 1, 1]], np.float32)
    known = Partners.of(np.array([0, 0, 0, 1]), np.array([0, 1, 3, 2]), 2)
    queries, targets = np.array([1, 0, 0]), np.array([2, 3, 1])
    ranks = filtered_ranks(lambda rows: scores[rows], queries, targets, known)
    # 1 -> 2 ties with four others; 0 -> 3 is behind 2 alone (0 and 1 are known); 0 -> 1 is first without 0.
    assert ranks.tolist() == [3.0, 2.0, 1.0]


def test_ranks_equal_a_plain_count_on_random_scores():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, (30, 40)).astype(np.float32)
    left, right = (rng.integers(0, n, 200) for n in (30, 40))
    known = Partners.of(left, right, 30)
    ranks = filtered_ranks(lambda rows: scores[rows], left, right, known)
    pairs = set(zip(left.tolist(), right.tolist(), strict=True))
    for query, target, rank in zip(left.tolist(), right.tolist(), ranks.tolist(), strict=True):
        others = [scores[query, each] for each in range(40) if (query, each) not in pairs]
        own = scores[query, target]
        assert rank == 1 + sum(other > own for other in others) + sum(other == own for other in others) / 2


def test_scores_that_are_not_finite_are_refused():
    with pytest.raises(EmbedLabError, match="not finite"):
        filtered_ranks(
            lambda rows: np.full((len(rows), 3), np.nan, np.float32),
            np.array([0]),
            np.array([1]),
            Partners.of(np.array([0]), np.array([1]), 1),
        )


def test_recall_and_mrr_follow_from_the_ranks():
    ranks = np.array([1.0, 2, 4, 20])
    found = score_retrieval((ranks, ranks[::-1]), {"popularity": (ranks * 2, ranks * 2)}, np.array([0, 0, 1, 2]))
    assert (found["recall@1"], found["recall@5"], found["recall@10"]) == (0.25, 0.75, 0.75)
    assert found["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 20) / 4)
    assert found["reverse_mrr"] == pytest.approx(found["mrr"])
    assert found["baselines"]["popularity"]["recall@1"] == 0
    assert found["differences"]["popularity"]["mrr"]["value"] == pytest.approx(found["mrr"] / 2)


def test_shares_of_which_all_are_right_have_an_interval_over_groups():
    ranks = np.ones(60)
    found = score_retrieval((ranks, ranks), {}, np.repeat(np.arange(10), 6))
    low, high = found["intervals"]["recall@1"]
    assert high == 1
    # The exact binomial interval for ten of ten.
    assert low == pytest.approx(0.025 ** (1 / 10), abs=1e-6)


def test_cca_recovers_a_planted_linear_relation():
    rng = np.random.default_rng(0)
    left = rng.normal(size=(500, 5))
    hidden = left @ rng.normal(size=(5, 2))
    right = np.column_stack([hidden @ rng.normal(size=(2, 2)), rng.normal(size=(500, 3))])
    fitted = fit_cca(Moments.of(left, right), 4, 1e-9)
    np.testing.assert_allclose(fitted.correlations[:2], 1, atol=1e-6)
    assert (fitted.correlations[2:] < 0.3).all()
    maps = (left - fitted.left_mean) @ fitted.left, (right - fitted.right_mean) @ fitted.right
    for component in range(2):
        assert np.corrcoef(maps[0][:, component], maps[1][:, component])[0, 1] == pytest.approx(1, abs=1e-6)


def test_cca_of_words_finds_the_partner_of_unseen_texts():
    texts = [f"{color} {thing} {number}" for number, color in enumerate(["red", "blue"] * 20) for thing in ["boat"]]
    left, right = things("text", "text", texts), things("tag", "id", ["red", "blue"])
    labels = np.array([0, 1] * 20)
    rival = cca(left, right, np.arange(30), labels[:30], 8)
    assert rival.forward(np.arange(30, 40)).argmax(axis=1).tolist() == labels[30:].tolist()


def test_cca_of_ids_equals_that_of_their_one_hot_rows():
    rng = np.random.default_rng(0)
    left = np.repeat(np.arange(12), 4)
    # Lefts and rights have three groups.
    right = 3 * rng.integers(0, 3, 48) + left % 3
    pairs = np.unique(np.column_stack([left, right]), axis=0)
    kinds = things("user", "id", [f"u{n}" for n in range(12)]), things("item", "id", [f"i{n}" for n in range(9)])
    rival = cca(*kinds, *pairs.T, 2)
    scores = rival.forward(np.arange(12))
    assert (scores.argmax(axis=1) % 3 == np.arange(12) % 3).all()
    dense = fit_cca(Moments.of(np.eye(12)[pairs[:, 0]], np.eye(9)[pairs[:, 1]]), 2, 1e-9)
    np.testing.assert_allclose(dense.correlations, 1, atol=1e-6)
    expected = dense.project_left(np.eye(12)) @ dense.project_right(np.eye(9)).T
    np.testing.assert_allclose(scores, expected, atol=0.02)


def test_popularity_is_the_number_of_training_pairs():
    rival = popularity(np.array([0, 1, 1]), np.array([2, 2, 0]), 2, 3)
    assert rival.forward(np.array([0])).tolist() == [[1, 0, 2]]
    assert rival.backward(np.array([0, 1])).tolist() == [[1, 2], [1, 2]]


def test_tfidf_is_the_cosine_of_scikit_learn():
    from sklearn.feature_extraction.text import TfidfVectorizer

    left, right = ["a red boat", "the blue boat", "tram"], ["boat", "red tram", "green"]
    rival = tfidf(things("text", "text", left), things("tag", "id", right))
    vectors = TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=False).fit_transform([*left, *right]).toarray()
    np.testing.assert_allclose(rival.forward(np.arange(3)), vectors[:3] @ vectors[3:].T, atol=1e-6)
    assert tfidf(things("user", "id", ["1"]), things("item", "id", ["1"])) is None
    assert tfidf(things("text", "text", ["a b"]), things("item", "id", ["c"])) is None


def test_vectors_score_by_inner_product_in_both_directions():
    left, right = np.eye(2, dtype=np.float32), np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    rival = by_vectors(left, right)
    assert rival.forward(np.array([1])).tolist() == [[2, 4, 6]]
    assert rival.backward(np.array([0, 2])).tolist() == [[1, 2], [5, 6]]
