import numpy as np
import pytest

from embedlab.core.threads import InParts
from embedlab.projections.grid_repulsion import GridRepulsion, Repulsion


def exact(places: np.ndarray) -> Repulsion:
    differences = places[:, np.newaxis] - places
    q = 1 / (1 + (differences**2).sum(axis=2))
    return Repulsion((q[:, :, np.newaxis] ** 2 * differences).sum(axis=1), float(q.sum()) - len(places))


def on_grid(places: np.ndarray, n_threads: int = 1) -> Repulsion:
    with InParts(n_threads) as in_parts:
        return GridRepulsion(in_parts)(places)


def clustered(n_points: int, size: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    middles = rng.uniform(-size / 2, size / 2, size=(12, 2))
    return middles[rng.integers(0, 12, n_points)] + rng.normal(size=(n_points, 2)) * size / 30


@pytest.mark.parametrize("size", [1e-4, 1, 40, 200])
@pytest.mark.parametrize("stretch", [1, 0.01], ids=["square", "flat"])
def test_the_grid_gives_the_sums_over_all_pairs(size: float, stretch: float):
    places = clustered(1_500, size) * [1, stretch]
    found, right = on_grid(places), exact(places)
    assert np.abs(found.forces - right.forces).mean() < 6e-3 * np.abs(right.forces).mean()
    assert found.total == pytest.approx(right.total, rel=1e-3)


def test_two_points_push_each_other_apart_by_the_formula():
    # Between distances where the force grows and where it falls.
    places = np.array([[0.0, 0.0], [0.6, 0.8]])
    forces, total = on_grid(places)
    np.testing.assert_allclose(forces, [[-0.15, -0.2], [0.15, 0.2]], atol=1e-4)
    assert total == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("n_points", [1, 2, 50])
def test_points_in_one_place_do_not_push(n_points: int):
    forces, total = on_grid(np.full((n_points, 2), 7.0))
    np.testing.assert_allclose(forces, 0, atol=1e-5 * n_points)
    assert total == pytest.approx(n_points * (n_points - 1), rel=1e-4, abs=1e-4)


def test_a_point_far_away_makes_the_grid_coarse_and_not_large():
    places = np.vstack([clustered(200, 20), [[1e9, 0]]])
    forces, total = on_grid(places)
    assert np.isfinite(forces).all()
    assert np.isfinite(total)


def test_kernels_follow_a_map_that_grows():
    with InParts(1) as in_parts:
        repulsion = GridRepulsion(in_parts)
        for size in (1, 30, 60, 61, 30):
            places = clustered(300, size)
            right = exact(places)
            assert np.abs(repulsion(places).forces - right.forces).max() < 0.02 * np.abs(right.forces).max()


def test_the_number_of_threads_changes_nothing():
    places = clustered(2_000, 60)
    one, three = on_grid(places), on_grid(places, 3)
    np.testing.assert_array_equal(one.forces, three.forces)
    assert one.total == three.total


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_places_that_are_not_finite_are_refused(value: float):
    places = clustered(20, 10)
    places[7, 1] = value
    with pytest.raises(FloatingPointError):
        on_grid(places)


@pytest.mark.parametrize("size", [1e-320, 1e-30, 1e-6, 33, 34, 300])
def test_the_ends_of_the_map_are_on_the_grid(size: float):
    # Rounding at the far end must not reach behind the last node.
    rng = np.random.default_rng(0)
    for _ in range(8):
        places = rng.normal(size=(30, 2)) * size
        assert np.isfinite(on_grid(places).forces).all()
