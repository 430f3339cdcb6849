import numpy as np
import pandas as pd
import pytest

from embedlab.core.counts import LEAST_KEYS, count_of, default_min_count, key_counts, rare_rows
from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, ParameterError
from embedlab.core.similarity import nearest_to_vector
from embedlab.exploration.asking.analogies import analogy
from embedlab.exploration.asking.means import neighbors_of_mean
from embedlab.exploration.asking.neighbors import neighbors

N_KEYS = 40


def fan(counts) -> Embedding:
    """Vectors at 0, 1, 2 ... degrees, so that the neighbors of k0 are k1, k2 ..."""
    angles = np.deg2rad(np.arange(N_KEYS))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return Embedding(vectors, [f"k{at}" for at in range(N_KEYS)], metadata=pd.DataFrame({"count": counts}))


@pytest.fixture(scope="module")
def every_tenth() -> Embedding:
    """Only every tenth key has 100 occurrences; the others have 1."""
    return fan([100 if at % 10 == 0 else 1 for at in range(N_KEYS)])


def keys(answers):
    return [answer.key for answer in answers]


def test_the_best_of_the_frequent_keys_are_found_far_behind_the_rare_ones(every_tenth):
    assert keys(neighbors(every_tenth, "k0", 3)) == ["k1", "k2", "k3"]
    answers = neighbors(every_tenth, "k0", 3, 100)
    assert keys(answers) == ["k10", "k20", "k30"]
    assert [answer.score for answer in answers] == pytest.approx(np.cos(np.deg2rad([10, 20, 30])), abs=1e-6)
    assert neighbors(every_tenth, "k0", 3, 101) == []


def test_a_rare_key_can_be_queried(every_tenth):
    assert keys(neighbors(every_tenth, "k14", 2, 50)) == ["k10", "k20"]


def test_every_query_has_a_minimum_count(every_tenth):
    assert keys(neighbors_of_mean(every_tenth, ["k11", "k13"], topn=2, min_count=2)) == ["k10", "k20"]
    assert keys(analogy(every_tenth, "k11", 2, 2)) == ["k10", "k20"]
    assert keys(nearest_to_vector(every_tenth, [0, 1], 1, min_count=2)) == ["k30"]


def test_an_unknown_count_is_rare_only_if_a_minimum_is_set():
    embedding = fan([np.nan, np.nan, 5.0, *[7.0] * (N_KEYS - 3)])
    assert keys(neighbors(embedding, "k0", 2)) == ["k1", "k2"]
    assert keys(neighbors(embedding, "k0", 2, 1)) == ["k2", "k3"]
    assert (count_of(embedding, "k0"), count_of(embedding, "k2")) == (None, 5)


@pytest.mark.parametrize("counts", [["many"] * N_KEYS, [True] * N_KEYS], ids=["text", "boolean"])
def test_counts_that_are_not_numbers_are_no_counts(counts):
    embedding = fan(counts)
    assert key_counts(embedding) is None
    assert count_of(embedding, "k1") is None
    with pytest.raises(InputError, match="no counts"):
        neighbors(embedding, "k0", 3, 1)


def test_minimum_count_is_bounded(every_tenth):
    assert not rare_rows(every_tenth, 0).any()
    for min_count in (-1, 10**10):
        with pytest.raises(ParameterError, match="between 0 and"):
            rare_rows(every_tenth, min_count)


def test_defaults_depend_on_role_and_size(every_tenth):
    many = Embedding(
        np.ones((LEAST_KEYS, 1), np.float32),
        [str(at) for at in range(LEAST_KEYS)],
        metadata=pd.DataFrame({"count": np.arange(LEAST_KEYS)}),
    )
    assert default_min_count(many, "items") == 20
    assert default_min_count(many, "documents") == 0
    assert default_min_count(every_tenth, "items") == 0
    assert default_min_count(Embedding(many.vectors, many.keys), "items") == 0
