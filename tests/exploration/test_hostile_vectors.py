"""Vectors of trainings that diverged, of one point and of duplicates: a plain answer or a plain error everywhere."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.exploration.asking.analogies import analogy
from embedlab.exploration.asking.means import cosines_to_mean, neighbors_of_mean
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.exploration.asking.odd_one_out import odd_one_out
from embedlab.exploration.asking.similarity_matrix import similarity_matrix
from embedlab.exploration.asking.stability import neighbor_counts
from embedlab.exploration.comparison import ask_side_by_side
from embedlab.exploration.new_things.classify import classify_text
from embedlab.projections.placing import Axes, pca_axes, place
from embedlab.projections.tsne import TsneParameters, tsne

KEYS = list("abcdef")


@pytest.fixture
def diverged() -> Embedding:
    vectors = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    vectors[1] = np.nan
    vectors[2, 0] = -np.inf
    return Embedding(vectors, KEYS)


@pytest.fixture
def equal() -> Embedding:
    return Embedding(np.ones((6, 3), np.float32), KEYS)


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(lambda embedding: neighbors_of_mean(embedding, ["a", "b"]), id="mean"),
        pytest.param(lambda embedding: cosines_to_mean(embedding, ["a", "c"]), id="cosines to the mean"),
        pytest.param(lambda embedding: analogy(embedding, "a - b + d"), id="analogy"),
        pytest.param(lambda embedding: odd_one_out(embedding, ["a", "b", "c"]), id="odd one out"),
        pytest.param(lambda embedding: similarity_matrix(embedding, ["a", "b", "c"]), id="all pairs"),
        pytest.param(lambda embedding: tsne(embedding.vectors), id="t-SNE"),
    ],
)
def test_a_question_about_a_vector_that_is_not_finite_is_refused(diverged, equal, question):
    with pytest.raises(InputError, match="NaN or infinit"):
        question(diverged)
    question(equal)


def test_other_columns_answer_where_one_has_diverged(diverged, equal):
    found = ask_side_by_side([diverged, equal], "b", 2)
    assert "NaN" in found.columns[0].refused
    assert len(found.columns[1].answers) == 2


def test_a_seed_that_diverged_has_no_neighbors(diverged, equal):
    answers = neighbors(equal, "b", 3)
    assert neighbor_counts("b", answers, [diverged, equal]) == [2, 2, 2]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_places_that_are_not_finite_place_nothing(diverged, value):
    coordinates = np.zeros((6, 2), np.float32)
    coordinates[:5] = value
    assert place(diverged, coordinates, [1, 2, 3]).coordinates.tolist() == [0, 0]
    coordinates[5] = value
    with pytest.raises(InputError, match="No nearest neighbor"):
        place(diverged, coordinates, [1, 2, 3])


def test_a_place_that_float32_cannot_hold_is_refused(equal):
    axes = Axes(np.zeros(3), np.full((3, 2), 10.0), np.zeros(2))
    with pytest.raises(InputError, match="too far"):
        place(equal, np.zeros((6, 2), np.float32), [3e38, 3e38, 3e38], axes)


@pytest.mark.parametrize("which", ["vectors", "coordinates"])
def test_a_map_that_is_not_finite_has_no_axes(which):
    vectors, coordinates = np.ones((6, 3), np.float32), np.ones((6, 2), np.float32)
    (vectors if which == "vectors" else coordinates)[2] = np.nan
    assert pca_axes(vectors, coordinates) is None


@pytest.mark.parametrize("factor", [pytest.param(1e37, id="huge"), pytest.param(1e-37, id="tiny")])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_tsne_of_huge_and_tiny_numbers_is_that_of_usual_ones(factor, metric):
    vectors = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    quick = TsneParameters(n_iter=50, early_exaggeration_iter=0, metric=metric)
    # A power of two changes no digit.
    factor = np.float32(2.0 ** np.round(np.log2(factor)))
    np.testing.assert_allclose(tsne(vectors * factor, 2, quick), tsne(vectors, 2, quick), rtol=0.05, atol=1e-3)


def test_a_classifier_that_diverged_says_so():
    predictor = SimpleNamespace(
        classes=["a", "b"],
        sequence_length=5,
        knows=lambda word: True,
        predict=lambda documents: np.full((len(documents), 2), np.nan, np.float32),
    )
    with pytest.raises(InputError, match="NaN"):
        classify_text(predictor, "a text", str.split)
