from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, ParameterError
from embedlab.core.similarity import MOST_ANSWERS, best_rows, nearest_to_vector
from embedlab.exploration.asking.neighbors import neighbors, similarity


@pytest.fixture(scope="module")
def random_embedding() -> Embedding:
    vectors = np.random.default_rng(0).normal(size=(500, 20)).astype(np.float32)
    return Embedding(vectors, [f"k{row}" for row in range(500)])


@pytest.fixture(scope="module")
def gensims(random_embedding: Embedding) -> KeyedVectors:
    keyed = KeyedVectors(20)
    keyed.add_vectors(list(random_embedding.keys), random_embedding.vectors)
    return keyed


@pytest.fixture
def square() -> Embedding:
    vectors = np.array([[1, 0], [0, 2], [0, 0], [3, 3], [-1, 0], [0, 5]], np.float32)
    return Embedding(vectors, ["e", "n", "zero", "ne", "w", "n2"], ["East", "North", "None", "NE", "West", "North"])


@pytest.mark.parametrize("topn", [1, 10, 499])
def test_neighbors_equal_gensims(random_embedding: Embedding, gensims: KeyedVectors, topn: int):
    for key in ("k0", "k77", "k499"):
        ours, theirs = neighbors(random_embedding, key, topn), gensims.most_similar(key, topn=topn)
        assert [answer.key for answer in ours] == [name for name, _ in theirs]
        np.testing.assert_allclose([answer.score for answer in ours], [score for _, score in theirs], atol=1e-6)


def test_similarity_equals_gensims(random_embedding: Embedding, gensims: KeyedVectors):
    assert similarity(random_embedding, "k1", "k2") == pytest.approx(gensims.similarity("k1", "k2"), abs=1e-6)


def test_neighbors_of_an_embedding_on_disk(random_embedding: Embedding, tmp_path: Path):
    random_embedding.save(tmp_path / "e")
    assert neighbors(Embedding.load(tmp_path / "e"), "k3") == neighbors(random_embedding, "k3")


def test_known_answers_with_ties_in_the_embeddings_order(square: Embedding):
    answers = neighbors(square, "n", 10)
    assert [answer.key for answer in answers] == ["n2", "ne", "e", "zero", "w"]
    assert [answer.label for answer in answers] == ["North", "NE", "East", "None", "West"]
    assert [answer.score for answer in answers] == pytest.approx([1, np.sqrt(0.5), 0, 0, 0], abs=1e-6)


def test_a_zero_vector_is_similar_to_nothing(square: Embedding):
    assert [answer.score for answer in neighbors(square, "zero")] == [0, 0, 0, 0, 0]
    assert similarity(square, "zero", "e") == similarity(square, "zero", "zero") == 0


def test_similarity_never_passes_one(random_embedding: Embedding):
    scores = [similarity(random_embedding, key, key) for key in random_embedding.keys]
    assert max(scores) <= 1
    assert min(scores) > 0.999999


def test_numbers_at_the_end_of_float32_never_answer_nan():
    embedding = Embedding(np.full((3, 4), 3e38, np.float32), ["a", "b", "c"])
    assert all(np.isfinite(answer.score) for answer in neighbors(embedding, "a"))


def test_a_label_names_its_key(square: Embedding):
    assert neighbors(square, "West", 1) == neighbors(square, "w", 1)


def test_an_unknown_key_offers_spellings(square: Embedding):
    with pytest.raises(NotFoundError, match="Closest spellings: North"):
        neighbors(square, "Nroth")


@pytest.mark.parametrize("topn", [0, -1, MOST_ANSWERS + 1])
def test_topn_is_bounded(square: Embedding, topn: int):
    with pytest.raises(ParameterError, match="topn"):
        neighbors(square, "e", topn)


def test_one_key_has_no_neighbors():
    assert neighbors(Embedding(np.ones((1, 2), np.float32), ["a"]), "a") == []


def test_nearest_to_any_vector(square: Embedding):
    assert [answer.key for answer in nearest_to_vector(square, [0, 0.1], 2)] == ["n", "n2"]
    assert nearest_to_vector(square, [0, 1e-30], 1, ["n", "unknown"])[0].key == "n2"
    assert {answer.score for answer in nearest_to_vector(square, [0, 0])} == {0}


@pytest.mark.parametrize("vector", [[1], [1, 2, 3], [[1, 2]], [np.nan, 1], [np.inf, 1]])
def test_a_vector_that_does_not_fit_is_refused(square: Embedding, vector: list[float]):
    with pytest.raises(InputError, match="vector"):
        nearest_to_vector(square, vector)


def test_best_rows_equal_a_full_sort():
    rng = np.random.default_rng(1)
    for _ in range(50):
        scores = rng.integers(0, 5, size=30).astype(np.float32)
        exclude = rng.choice(30, size=3, replace=False).tolist()
        topn = int(rng.integers(1, 35))
        expected = [row for row in sorted(range(30), key=lambda row: (-scores[row], row)) if row not in exclude][:topn]
        assert best_rows(scores, topn, exclude) == expected


@pytest.fixture
def diverged() -> Embedding:
    vectors = np.array([[1, 0], [np.nan, 1], [0, 2], [np.inf, 1], [-2e38, -2e38], [2e38, 2e38]], np.float32)
    return Embedding(vectors, ["e", "nan", "n", "inf", "sw", "ne"])


def test_vectors_that_are_not_finite_are_never_an_answer(diverged: Embedding):
    root = np.sqrt(0.5)
    for found in (neighbors(diverged, "e"), nearest_to_vector(diverged, [2, 0], exclude=["e"])):
        assert [answer.key for answer in found] == ["ne", "n", "sw"]
        assert [answer.score for answer in found] == pytest.approx([root, 0, -root], abs=1e-6)
    assert [answer.key for answer in neighbors(diverged, "e", 1)] == ["ne"]


@pytest.mark.parametrize("key", ["nan", "inf"])
def test_a_vector_that_is_not_finite_has_no_neighbors_and_says_so(diverged: Embedding, key: str):
    with pytest.raises(InputError, match="NaN or infinite") as caught:
        neighbors(diverged, key)
    assert caught.value.received == key
    for a, b in ((key, "e"), ("e", key)):
        with pytest.raises(InputError, match="NaN or infinite"):
            similarity(diverged, a, b)


def test_products_that_float32_cannot_hold_do_not_matter(diverged: Embedding):
    assert similarity(diverged, "ne", "sw") == pytest.approx(-1)
    assert neighbors(diverged, "ne")[-1] == ("sw", "sw", pytest.approx(-1))
    assert nearest_to_vector(diverged, [1e300, 1e300])[0] == ("ne", "ne", pytest.approx(1))


def test_a_single_key_has_no_neighbors():
    alone = Embedding(np.ones((1, 3), np.float32), ["alone"])
    assert neighbors(alone, "alone") == []
    assert similarity(alone, "alone", "alone") == pytest.approx(1)


def test_many_vectors_that_are_not_finite_cost_no_answers():
    vectors = np.full((30_000, 2), np.nan, np.float32)
    vectors[::1000] = [1, 1]
    embedding = Embedding(vectors, [f"k{row}" for row in range(30_000)])
    assert len(neighbors(embedding, "k0", 100)) == 29
