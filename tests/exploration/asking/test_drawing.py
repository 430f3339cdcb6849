"""Queries drawn on a map, with positions known from geometry."""

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError
from embedlab.exploration.asking.drawing import COMPUTED, Line, MapQuery, draw_query
from embedlab.projections.placing import AxesPlacer, NeighborPlacer, pca_axes

WORDS = {
    "man": (1, 0, 4),
    "woman": (1, 2, 4),
    "king": (3, 0, 4),
    "queen": (3, 2, 4.1),
    "apple": (-4, -1, 1),
    "pear": (-4, -2, 1),
    "stone": (0, -3, -6),
}
MAN, WOMAN, KING, QUEEN, APPLE, PEAR, STONE = range(7)


@pytest.fixture(scope="module")
def words() -> Embedding:
    labels = [word.upper() for word in WORDS]
    return Embedding(np.array(list(WORDS.values()), np.float32), list(WORDS), labels)


@pytest.fixture(scope="module")
def pca(words) -> tuple[np.ndarray, AxesPlacer]:
    """A linear map of the first two axes of a PCA."""
    centered = words.vectors - words.vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centered, full_matrices=False)
    coordinates = (centered @ directions[:2].T).astype(np.float32)
    axes = pca_axes(words.vectors, coordinates)
    assert axes is not None
    return coordinates, AxesPlacer(axes)


def test_an_analogy_is_a_parallelogram_on_a_linear_map(words, pca):
    coordinates, placer = pca
    drawing = draw_query(MapQuery("analogy", "king - man + woman"), words, coordinates, placer, topn=2)
    assert drawing.rows == (KING, WOMAN, MAN)
    assert drawing.lines == (
        Line(MAN, KING, "relation"),
        Line(WOMAN, COMPUTED, "relation"),
        Line(MAN, WOMAN, "side"),
        Line(KING, COMPUTED, "side"),
    )
    assert drawing.answers[0].key == "queen"
    assert drawing.title == "MAN : KING = WOMAN : ?"
    assert drawing.name == "KING - MAN + WOMAN"
    expected = coordinates[KING] - coordinates[MAN] + coordinates[WOMAN]
    np.testing.assert_allclose(drawing.place.coordinates, expected, atol=1e-4)


def test_the_mean_is_the_centroid_on_a_linear_map(words, pca):
    coordinates, placer = pca
    drawing = draw_query(MapQuery("mean", keys=("man", "QUEEN")), words, coordinates, placer)
    np.testing.assert_allclose(drawing.place.coordinates, coordinates[[MAN, QUEEN]].mean(axis=0), atol=1e-4)
    assert [line.stroke for line in drawing.lines] == ["member", "member"]
    assert {drawing.answers[0].key, drawing.answers[1].key} == {"woman", "king"}
    weighted = MapQuery("mean", keys=("man", "queen"), weights=(3.0, 1.0))
    drawing = draw_query(weighted, words, coordinates, placer)
    expected = 0.75 * coordinates[MAN] + 0.25 * coordinates[QUEEN]
    np.testing.assert_allclose(drawing.place.coordinates, expected, atol=1e-4)


def test_a_subtracted_key_has_another_line(words, pca):
    coordinates, placer = pca
    drawing = draw_query(MapQuery("mean", keys=("king", "man"), weights=(1, -0.5)), words, coordinates, placer)
    assert drawing.lines == (Line(KING, COMPUTED, "member"), Line(MAN, COMPUTED, "minus"))
    drawing = draw_query(MapQuery("analogy", "king - man"), words, coordinates, placer)
    assert drawing.lines == (Line(KING, COMPUTED, "member"), Line(MAN, COMPUTED, "minus"))


def test_a_pair_is_a_line_with_its_similarity(words, pca):
    drawing = draw_query(MapQuery("pair", keys=("apple", "pear")), words, *pca)
    assert drawing.lines == (Line(APPLE, PEAR, "pair"),)
    assert drawing.place is None
    cosine = (16 + 2 + 1) / np.sqrt((16 + 1 + 1) * (16 + 4 + 1))
    assert drawing.title == f"APPLE and PEAR: {cosine:.3f}"


def test_the_odd_one_out_has_its_own_line_to_the_mean(words, pca):
    coordinates, placer = pca
    drawing = draw_query(MapQuery("odd", keys=("stone", "king", "queen", "woman")), words, coordinates, placer)
    assert [line for line in drawing.lines if line.stroke == "odd"] == [Line(STONE, COMPUTED, "odd")]
    assert [answer.key for answer in drawing.answers] == ["stone"]
    expected = coordinates[[STONE, KING, QUEEN, WOMAN]].mean(axis=0)
    np.testing.assert_allclose(drawing.place.coordinates, expected, atol=1e-4)


@pytest.mark.parametrize("n_components", [2, 3])
def test_another_map_places_the_query_among_its_answers(words, n_components):
    coordinates = np.random.default_rng(0).normal(size=(7, n_components)).astype(np.float32)
    coordinates[QUEEN] = 50
    drawing = draw_query(MapQuery("analogy", "king - man + woman"), words, coordinates, NeighborPlacer(), topn=1)
    assert drawing.place.how == "amid"
    # The direction of the query is that of queen, up to its slightly longer last number.
    np.testing.assert_allclose(drawing.place.coordinates, coordinates[QUEEN], atol=2)


def test_a_map_that_cannot_place_points_keeps_the_lines_between_keys(words, pca):
    drawing = draw_query(MapQuery("analogy", "king - man + woman"), words, pca[0], None)
    assert drawing.place is None
    assert drawing.lines == (Line(MAN, KING, "relation"), Line(MAN, WOMAN, "side"))
    assert drawing.answers[0].key == "queen"


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        (MapQuery("triangle"), InputError, "no such query"),
        (MapQuery("analogy", "king - kong"), NotFoundError, "vocabulary"),
        (MapQuery("analogy", ""), InputError, "empty"),
        (MapQuery("mean"), InputError, "at least 1"),
        (MapQuery("pair", keys=("king",)), InputError, "at least 2"),
        (MapQuery("pair", keys=("king", "man", "woman")), InputError, "two keys"),
        (MapQuery("odd", keys=("king", "man")), InputError, "at least 3"),
    ],
    ids=["kind", "unknown", "empty", "no-keys", "one-key", "three-keys", "two-keys"],
)
def test_a_query_that_cannot_be_drawn_is_refused(words, pca, query, error, message):
    with pytest.raises(error, match=message):
        draw_query(query, words, *pca)


def test_a_person_is_at_the_place_of_the_vector_with_lines_to_the_rated_items(words, pca):
    coordinates, placer = pca
    vector = np.array([2.0, 1.0, 3.0])
    query = MapQuery("you", keys=("king", "stone", "not a word"), weights=(5.0, 1.0, 3.0))
    assert query.needs_vector
    drawing = draw_query(query, words, coordinates, placer, topn=2, vector=vector)
    assert drawing.rows == (KING, STONE)
    assert drawing.lines == (Line(KING, COMPUTED, "member"), Line(STONE, COMPUTED, "member"))
    np.testing.assert_allclose(drawing.place.coordinates, placer.axes.place(vector), rtol=1e-5)
    # The nearest by direction, without the rated ones.
    assert [answer.key for answer in drawing.answers] == ["queen", "woman"]
    assert drawing.name == "you"


@pytest.mark.parametrize("vector", [None, np.ones(2)], ids=["none", "other-space"])
def test_a_person_without_a_vector_in_this_space_is_refused(words, pca, vector):
    with pytest.raises(InputError, match="no vectors of users"):
        draw_query(MapQuery("you", keys=("king",), weights=(5.0,)), words, *pca, vector=vector)


def test_a_text_is_at_the_place_of_its_vector_with_lines_to_the_nearest(words, pca):
    coordinates, placer = pca
    vector = np.array([2.0, 1.0, 3.0])
    query = MapQuery("text", expression="a long text about kings " * 20)
    assert query.needs_vector
    drawing = draw_query(query, words, coordinates, placer, topn=2, vector=vector)
    nearest = [words.index(answer.key) for answer in drawing.answers]
    assert len(nearest) == 2
    assert drawing.lines == tuple(Line(row, COMPUTED, "member") for row in nearest)
    np.testing.assert_allclose(drawing.place.coordinates, placer.axes.place(vector), rtol=1e-5)
    assert drawing.name == "new text"
    assert len(drawing.title) < 80


def test_a_text_without_a_vector_is_refused(words, pca):
    with pytest.raises(InputError, match="does not place texts"):
        draw_query(MapQuery("text", expression="king"), words, *pca)
