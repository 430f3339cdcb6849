import numpy as np
import pytest
from sklearn.decomposition import PCA

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.projections.pca import pca
from embedlab.projections.placing import geometric_median, pca_axes, place
from embedlab.projections.tsne import TsneParameters, tsne

QUICK = TsneParameters(n_iter=250, early_exaggeration_iter=150)


def spread(coordinates: np.ndarray) -> float:
    return float(np.sqrt(((coordinates - coordinates.mean(axis=0)) ** 2).sum(axis=1).mean()))


def embedding_of(vectors: np.ndarray) -> Embedding:
    return Embedding(vectors.astype(np.float32), [f"k{at}" for at in range(len(vectors))])


def planted(n_points: int = 400, n_clusters: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, n_clusters, n_points)
    centers = 4 * rng.normal(size=(n_clusters, 30))
    return (centers[clusters] + rng.normal(size=(n_points, 30))).astype(np.float32), clusters


# Of each shape `pca` uses another solver; the last has more directions than points.
@pytest.mark.parametrize("shape", [(200, 12), (30_000, 90), (7, 40)])
@pytest.mark.parametrize("n_components", [2, 3])
def test_by_pca_a_known_key_lands_on_its_own_point_and_a_new_one_where_pca_puts_it(shape, n_components):
    rng = np.random.default_rng(0)
    axes_lengths = np.linspace(1, 9, shape[1])
    vectors = (rng.normal(size=shape) * axes_lengths + 5).astype(np.float32)
    coordinates = pca(vectors, n_components)[0]
    axes = pca_axes(vectors, coordinates)
    embedding = embedding_of(vectors)
    for row in (0, shape[0] // 2, shape[0] - 1):
        found = place(embedding, coordinates, vectors[row], axes)
        assert found.how == "exact"
        assert found.coordinates.dtype == np.float32
        np.testing.assert_allclose(found.coordinates, coordinates[row], atol=1e-3 * spread(coordinates))

    new = rng.normal(size=(5, shape[1])) * axes_lengths + 5
    peer = PCA(n_components, svd_solver="full").fit(vectors.astype(np.float64))
    signs = np.sign((peer.transform(vectors) * coordinates).sum(axis=0))
    expected = peer.transform(new) * signs
    placed = np.array([place(embedding, coordinates, vector, axes).coordinates for vector in new])
    np.testing.assert_allclose(placed, expected, atol=1e-3 * spread(coordinates))


def test_on_planted_axes_the_place_is_known_in_advance():
    # Four points on a cross far from the origin: the axes are those of the plane, the longer arm first.
    vectors = np.array([[13, 5, 7], [7, 5, 7], [10, 6, 7], [10, 4, 7]], np.float32)
    coordinates = pca(vectors, 2)[0]
    axes = pca_axes(vectors, coordinates)
    found = place(embedding_of(vectors), coordinates, [11, 8, 99], axes)
    np.testing.assert_allclose(found.coordinates, [1, 3], atol=1e-5)


@pytest.mark.parametrize("narrow", [1e-2, 1e-4, 1e-5])
def test_wide_axes_do_not_blur_narrow_ones(narrow):
    rng = np.random.default_rng(1)
    vectors = (rng.normal(size=(500, 20)) * np.r_[10, 10 * narrow, 5 * narrow, np.full(17, narrow / 9)]).astype("f4")
    coordinates = pca(vectors, 3)[0]
    axes = pca_axes(vectors, coordinates)
    assert np.abs(np.abs(np.diag(axes.directions[:3])) - 1).max() < 0.01


@pytest.mark.parametrize("vectors", [[[1, 2]], [[0, 0], [2, 0]], [[1, 1]] * 4, [[1], [2], [4]]])
def test_directions_that_are_not_there_stay_zero(vectors):
    vectors = np.array(vectors, np.float32)
    coordinates = pca(vectors, 3)[0]
    axes = pca_axes(vectors, coordinates)
    for row, vector in enumerate(vectors):
        found = place(embedding_of(vectors), coordinates, vector, axes) if vector.any() else None
        assert found is None or found.coordinates == pytest.approx(coordinates[row], abs=1e-5)


def test_coordinates_that_are_no_pca_have_no_such_axes():
    vectors, _ = planted()
    coordinates = pca(vectors, 2)[0]
    assert pca_axes(vectors, coordinates) is not None
    assert pca_axes(vectors, np.sign(coordinates)) is None
    assert pca_axes(vectors, coordinates[::-1]) is None
    with pytest.raises(InputError, match="Every vector needs its coordinates"):
        pca_axes(vectors, coordinates[1:])


@pytest.mark.parametrize("n_components", [2, 3])
def test_on_a_tsne_map_twins_lie_together_and_others_in_their_own_cluster(n_components):
    vectors, clusters = planted()
    held_out = np.arange(len(vectors)) % 10 == 0
    known, own = embedding_of(vectors[~held_out]), clusters[~held_out]
    coordinates = tsne(known.vectors, n_components, QUICK)
    twin = place(known, coordinates, 3 * known.vectors[7])
    assert twin.how == "amid"
    assert np.linalg.norm(twin.coordinates - coordinates[7]) < 0.01 * spread(coordinates)
    for vector, cluster in zip(vectors[held_out], clusters[held_out], strict=True):
        found = place(known, coordinates, vector)
        nearest = np.argsort(np.linalg.norm(coordinates - found.coordinates, axis=1))[:5]
        assert set(own[nearest]) == {cluster}


def test_one_neighbor_that_lies_elsewhere_does_not_draw_the_word_away():
    angles = np.linspace(0.1, 0.12, 5)
    embedding = embedding_of(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    coordinates = np.array([[0, 0], [0.1, 0], [0, 0.1], [0.1, 0.1], [90, 90]], np.float32)
    assert np.abs(place(embedding, coordinates, [1, 0]).coordinates).max() < 0.2


def test_with_a_single_neighbor_the_place_is_on_it():
    found = place(embedding_of(np.ones((1, 3))), np.array([[4, 2]], np.float32), [1, 2, 3])
    assert found.coordinates.tolist() == [4, 2]


def test_opposite_vectors_still_have_a_place():
    coordinates = np.array([[1, 1], [1, 3]], np.float32)
    found = place(embedding_of(np.array([[1, 0], [1, 0]])), coordinates, [-2, 0])
    assert found.coordinates == pytest.approx([1, 2], abs=0.01)


@pytest.mark.parametrize("vector", [[0, 0, 0], [np.nan, 0, 0], [np.inf, 0, 0], [1, 2], [[1, 2, 3]]])
@pytest.mark.parametrize("with_axes", [True, False])
def test_a_vector_without_direction_or_of_another_size_is_refused(vector, with_axes):
    vectors = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    coordinates = pca(vectors, 2)[0]
    axes = pca_axes(vectors, coordinates) if with_axes else None
    with pytest.raises(InputError):
        place(embedding_of(vectors), coordinates, vector, axes)


def test_the_geometric_median_is_the_known_one():
    # Of a triangle with no angle above 120 degrees it sees every side at 120; of a square it is the middle.
    square = np.array([[0, 0], [2, 0], [2, 2], [0, 2]])
    assert geometric_median(square, np.ones(4)) == pytest.approx([1, 1])
    triangle = np.array([[0, 0], [4, 0], [1, 3]])
    middle = geometric_median(triangle, np.ones(3))
    units = (triangle - middle) / np.linalg.norm(triangle - middle, axis=1, keepdims=True)
    assert np.linalg.norm(units.sum(axis=0)) < 1e-3
    # More than half of the weight on one point holds it there.
    assert geometric_median(triangle, np.array([1, 1, 2.5])) == pytest.approx([1, 3], abs=0.01)
