"""Questions about several keys: the odd one out, means, similarities of all pairs, several embeddings."""

from itertools import pairwise

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, ParameterError, TooLargeError
from embedlab.exploration.asking.analogies import analogy
from embedlab.exploration.asking.means import cosines_to_mean, neighbors_of_mean
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.exploration.asking.odd_one_out import odd_one_out
from embedlab.exploration.asking.several_keys import MOST_KEYS, find_keys
from embedlab.exploration.asking.similarity_matrix import clustered_order, similarity_matrix
from embedlab.exploration.comparison import MOST_EMBEDDINGS, ask_side_by_side, counterpart


@pytest.fixture(scope="module")
def random_embedding() -> Embedding:
    vectors = np.random.default_rng(3).normal(size=(200, 12)).astype(np.float32)
    return Embedding(vectors * np.linspace(0.1, 9, 200, dtype=np.float32)[:, None], [f"k{row}" for row in range(200)])


@pytest.fixture
def meals() -> Embedding:
    """Three meals round one axis, a train across it, its opposite, and nothing."""
    vectors = np.array([[1, 0.1, 0], [2, 0, 0.2], [1, -0.1, 0], [0, 5, 0], [-1, -0.1, 0], [0, 0, 0]], np.float32)
    return Embedding(vectors, ["breakfast", "lunch", "dinner", "train", "anti", "zero"])


# The odd one out


def test_the_odd_one_is_gensims(random_embedding: Embedding):
    rng = np.random.default_rng(0)
    for n in (3, 5, 20, 60):
        keys = [f"k{row}" for row in rng.choice(200, n, replace=False)]
        found = odd_one_out(random_embedding, keys)
        assert found.odd.key == random_embedding.keyed_vectors.doesnt_match(keys)
        ranked = random_embedding.keyed_vectors.rank_by_centrality(keys)
        assert [member.key for member in found.members] == [key for _, key in ranked]
        np.testing.assert_allclose([member.score for member in found.members], [c for c, _ in ranked], atol=1e-6)


def test_the_planted_one_is_odd_and_says_by_how_much(meals: Embedding):
    found = odd_one_out(meals, ["breakfast", "train", "lunch", "dinner"])
    assert found.odd.key == "train"
    scores = [member.score for member in found.members]
    assert scores == sorted(scores, reverse=True)
    assert found.margin == pytest.approx(scores[2] - scores[3])
    assert found.margin > 0.5


def test_a_zero_vector_is_like_nothing(meals: Embedding):
    assert odd_one_out(meals, ["zero", "lunch", "dinner"]).odd == ("zero", "zero", 0.0)


def test_equally_odd_ones_have_no_margin():
    axes = Embedding(np.eye(3, dtype=np.float32), ["a", "b", "c"])
    assert odd_one_out(axes, ["a", "b", "c"]).margin == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("keys", [[], ["lunch"], ["lunch", "train"], ["lunch", "lunch", "train", "lunch"]])
def test_three_different_keys_are_needed(meals: Embedding, keys: list[str]):
    with pytest.raises(InputError, match="at least 3"):
        odd_one_out(meals, keys)


def test_keys_that_cancel_out_are_refused(meals: Embedding):
    opposite = Embedding(np.array([[1, 1], [-1, -1], [0, 0]], np.float32), ["a", "b", "zero"])
    with pytest.raises(InputError, match="no direction"):
        odd_one_out(opposite, ["a", "b", "zero"])


def test_an_unknown_key_offers_spellings(meals: Embedding):
    for ask in (odd_one_out, neighbors_of_mean, similarity_matrix):
        with pytest.raises(NotFoundError, match="Closest spellings: lunch"):
            ask(meals, ["lunsh", "dinner", "train"])


def test_the_number_of_keys_is_bounded(random_embedding: Embedding):
    keys = [f"k{row}" for row in range(MOST_KEYS + 1)]
    for ask in (odd_one_out, neighbors_of_mean, similarity_matrix):
        with pytest.raises(TooLargeError, match="at most 60"):
            ask(random_embedding, keys)


def test_labels_name_keys_and_repeats_are_left_out():
    films = Embedding(np.eye(3, dtype=np.float32), ["1", "2", "3"], ["Heat", "Alien", "Emma"])
    assert find_keys(films, ["Alien", "1", "2", "Heat"]) == ["2", "1"]


# Means


@pytest.mark.parametrize("keys", [["k1"], ["k1", "k2"], ["k5", "k6", "k7", "k8"], ["k1", "k1", "k2"]])
def test_neighbors_of_a_mean_are_gensims(random_embedding: Embedding, keys: list[str]):
    theirs = random_embedding.keyed_vectors.most_similar(positive=keys, topn=15)
    ours = neighbors_of_mean(random_embedding, keys, topn=15)
    assert [answer.key for answer in ours] == [key for key, _ in theirs]
    np.testing.assert_allclose([answer.score for answer in ours], [score for _, score in theirs], atol=1e-5)


def test_weights_are_gensims(random_embedding: Embedding):
    theirs = random_embedding.keyed_vectors.most_similar(positive=[("k1", 3.0), ("k2", 0.5)], topn=10)
    assert [a.key for a in neighbors_of_mean(random_embedding, ["k1", "k2"], [3, 0.5])] == [key for key, _ in theirs]


def test_one_key_is_asked_for_its_neighbors(random_embedding: Embedding):
    ours, theirs = neighbors_of_mean(random_embedding, ["k9"]), neighbors(random_embedding, "k9")
    assert [answer.key for answer in ours] == [answer.key for answer in theirs]


def test_weights_of_minus_one_ask_an_analogy(random_embedding: Embedding):
    picked = neighbors_of_mean(random_embedding, ["k2", "k1", "k3"], [1, -1, 1])
    written = analogy(random_embedding, "k2 - k1 + k3")
    assert [answer.key for answer in picked] == [answer.key for answer in written]


def test_a_mean_explains_itself(meals: Embedding):
    cosines = dict(cosines_to_mean(meals, ["lunch", "train"], [1, 0]))
    assert cosines["lunch"] == pytest.approx(1)
    assert cosines["train"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("weights", [[1], [1, 2, 3], [1, np.nan], [np.inf, 1], [1e9, 1]])
def test_weights_that_do_not_fit_are_refused(meals: Embedding, weights: list[float]):
    with pytest.raises(ParameterError, match="weight"):
        neighbors_of_mean(meals, ["lunch", "train"], weights)


@pytest.mark.parametrize(("keys", "weights"), [(["lunch", "train"], [0, 0]), (["breakfast", "anti"], None)])
def test_a_mean_without_direction_is_refused(meals: Embedding, keys: list[str], weights: list[float] | None):
    with pytest.raises(InputError, match="no direction"):
        neighbors_of_mean(meals, keys, weights)


# All pairs


def test_similarities_are_gensims(random_embedding: Embedding):
    keys = [f"k{row}" for row in range(0, 60, 2)]
    found = similarity_matrix(random_embedding, keys)
    assert sorted(found.keys) == sorted(keys)
    theirs = [[random_embedding.keyed_vectors.similarity(a, b) for b in found.keys] for a in found.keys]
    np.testing.assert_allclose(found.cosines, theirs, atol=1e-5)


def test_planted_groups_stand_together():
    rng = np.random.default_rng(5)
    centers = np.eye(4, 10) * 5
    vectors = np.concatenate([center + rng.normal(size=(6, 10)) * 0.4 for center in centers]).astype(np.float32)
    keys = [f"g{row // 6}-{row % 6}" for row in range(24)]
    shuffled = [keys[at] for at in rng.permutation(24)]
    groups = [key[:2] for key in similarity_matrix(Embedding(vectors, keys), shuffled).keys]
    assert sum(a != b for a, b in pairwise(groups)) == 3
    assert list(similarity_matrix(Embedding(vectors, keys), shuffled, clustered=False).keys) == shuffled


def test_the_order_along_an_arc_is_found():
    angles = np.linspace(0, 2, 9)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    shuffle = np.random.default_rng(1).permutation(9)
    order = [int(shuffle[at]) for at in clustered_order(points[shuffle] @ points[shuffle].T)]
    assert order in (list(range(9)), list(range(9))[::-1])


@pytest.mark.parametrize("keys", [["lunch"], ["lunch", "zero"], ["zero", "lunch", "anti"]])
def test_few_keys_and_zero_vectors(meals: Embedding, keys: list[str]):
    found = similarity_matrix(meals, keys)
    assert sorted(found.keys) == sorted(keys)
    assert np.isfinite(found.cosines).all()
    with pytest.raises(InputError, match="at least 1"):
        similarity_matrix(meals, [])


def test_pairs_come_most_similar_first(meals: Embedding):
    found = similarity_matrix(meals, ["breakfast", "train", "lunch", "anti"])
    named = [{found.keys[a], found.keys[b]} for a, b, _ in found.pairs()]
    assert (named[0], named[-1]) == ({"breakfast", "lunch"}, {"breakfast", "anti"})
    assert len(named) == 6


# Several embeddings


def of(labels: dict[str, str], seed: int = 0) -> Embedding:
    vectors = np.random.default_rng(seed).normal(size=(len(labels), 4)).astype(np.float32)
    return Embedding(vectors, list(labels), list(labels.values()))


def words(*keys: str, seed: int = 0) -> Embedding:
    return of({key: key for key in keys}, seed)


def test_an_embedding_agrees_with_itself(random_embedding: Embedding):
    asked = ask_side_by_side([random_embedding, random_embedding], "k1 - k2 + k3", 20)
    assert asked.columns[0].answers == asked.columns[1].answers
    assert asked.overlaps[0].jaccard == 1
    assert set(asked.columns[0].shared_with) == {(1,)}
    assert [a.key for a in asked.columns[0].answers] == [a.key for a in analogy(random_embedding, "k1 - k2 + k3", 20)]


def test_the_jaccard_overlap_is_known():
    one = Embedding(np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1], [-1, 0]], np.float32), list("qabcd"))
    two = Embedding(np.array([[1, 0], [0, 1], [1, 0.1], [1, 0.2], [-1, 0]], np.float32), list("qabcd"))
    asked = ask_side_by_side([one, two], "q", 2)
    assert [[a.key for a in column.answers] for column in asked.columns] == [["a", "b"], ["b", "c"]]
    assert [column.shared_with for column in asked.columns] == [((), (1,)), ((0,), ())]
    (overlap,) = asked.overlaps
    assert (overlap.n_shared, overlap.n_union) == (1, 3)
    assert overlap.jaccard == pytest.approx(1 / 3)


def test_what_one_does_not_know_is_said_and_the_others_answer():
    asked = ask_side_by_side([words("king", "man", "cat"), words("kings", "man", "dog")], "king")
    assert asked.columns[0].answers
    assert asked.columns[1].answers == ()
    assert asked.columns[1].missing == (("king", ("kings",)),)
    assert asked.overlaps == ()


def test_what_nobody_knows_is_an_error():
    with pytest.raises(NotFoundError, match="Closest spellings: king"):
        ask_side_by_side([words("king", "man"), words("dog")], "kingg")


def test_the_second_may_know_what_the_first_does_not():
    asked = ask_side_by_side([words("dog", "cat"), words("king", "man")], "king")
    assert asked.columns[0].missing[0][0] == "king"
    assert [answer.key for answer in asked.columns[1].answers] == ["man"]


def test_keys_are_the_same_when_people_read_the_same():
    one = of({"1": "Heat", "2": "Alien", "7": "Emma"})
    two = of({"1": "Alien", "9": "Heat", "7": "Emma"})
    bare = words("1", "Alien")
    assert [counterpart(one, key, two) for key in ("1", "2", "7")] == ["9", "1", "7"]
    assert [counterpart(one, key, bare) for key in ("1", "2", "7")] == ["1", "Alien", None]
    assert counterpart(bare, "Alien", one) == "2"
    assert counterpart(bare, "1", two) == "1"


def test_one_that_cannot_answer_does_not_keep_the_others_from_it():
    zero = Embedding(np.array([[0, 0], [1, 0]], np.float32), ["q", "a"])
    asked = ask_side_by_side([zero, words("q", "a", "b")], "q")
    assert "no direction" in asked.columns[0].refused
    assert len(asked.columns[1].answers) == 2


def test_the_number_of_embeddings_is_bounded(random_embedding: Embedding):
    for n in (0, MOST_EMBEDDINGS + 1):
        with pytest.raises(TooLargeError, match="side by side"):
            ask_side_by_side([random_embedding] * n, "k1")
