import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.exploration.selections.areas import MOST_CORNERS, area_of, in_area

GRID = np.array([(x, y) for y in range(10) for x in range(10)], dtype=np.float32)


def inside(value, coordinates=GRID) -> list[int]:
    return np.flatnonzero(in_area(coordinates, area_of(value, coordinates.shape[1]))).tolist()


def test_box_has_the_points_inside_in_any_order_of_its_corners():
    assert inside({"box": [0.5, 0.5, 2.5, 1.5]}) == [11, 12]
    assert inside({"box": [2.5, 1.5, 0.5, 0.5]}) == [11, 12]


def test_triangle_has_the_points_below_its_slope():
    # x + y < 3.5 in the first quadrant.
    expected = [y * 10 + x for y in range(4) for x in range(4) if x + y < 3.5]
    assert inside({"lasso": [-0.5, -0.5, 4.0, -0.5, -0.5, 4.0]}) == expected


def test_notch_of_a_concave_lasso_is_outside():
    # A U of which the notch is open at the top.
    u = [-0.5, -0.5, 4.5, -0.5, 4.5, 4.5, 2.5, 4.5, 2.5, 1.5, 1.5, 1.5, 1.5, 4.5, -0.5, 4.5]
    found = inside({"lasso": u})
    assert 2 + 10 * 3 not in found
    assert {0, 1 + 10 * 3, 3 + 10 * 3, 2 + 10 * 1} <= set(found)
    assert len(found) == 25 - 3


def test_crossed_lasso_selects_both_wings_and_not_the_overlap_of_two_turns():
    bow = [-0.5, -0.5, 9.5, 9.5, 9.5, -0.5, -0.5, 9.5]
    found = set(inside({"lasso": bow}))
    assert 5 * 10 + 1 in found
    assert 5 * 10 + 8 in found
    assert 1 * 10 + 5 not in found
    twice = [-0.5, -0.5, 2.5, -0.5, 2.5, 2.5, -0.5, 2.5] * 2
    assert inside({"lasso": twice}) == []


def test_lasso_agrees_with_the_definition_for_random_polygons():
    rng = np.random.default_rng(4)
    points = rng.normal(size=(400, 2)).astype(np.float32)
    for _ in range(5):
        corners = rng.normal(size=(17, 2))
        found = in_area(points, area_of({"lasso": corners.ravel().tolist()}, 2))
        for (x, y), is_inside in zip(points.astype(np.float64), found, strict=True):
            crossings = 0
            for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
                crossings += (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax
            assert is_inside == crossings % 2


def perspective() -> np.ndarray:
    """Column-major: w is z, so that x and y are divided by the distance."""
    return np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]], dtype=float).T.ravel()


def test_in_3d_the_lasso_is_drawn_on_the_screen_and_points_behind_the_camera_are_outside():
    points = np.array([[0, 0, 1], [4, 4, 8], [4, 4, 1], [0.1, 0.1, -1], [0, 0, 0]], dtype=np.float32)
    value = {"lasso": [-0.9, -0.9, 0.9, -0.9, 0.9, 0.9, -0.9, 0.9], "matrix": perspective().tolist()}
    assert inside(value, points) == [0, 1]
    assert inside({"box": [-0.9, -0.9, 0.9, 0.9], "matrix": perspective().tolist()}, points) == [0, 1]


def test_points_without_a_place_are_never_inside():
    points = np.array([[np.nan, 0], [0, np.inf], [0, 0]], dtype=np.float32)
    assert inside({"lasso": [-1, -1, 1, -1, 1, 1, -1, 1]}, points) == [2]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"lasso": None},
        {"lasso": [0, 0, 1, 1]},
        {"lasso": [0, 0, 1, 1, 2]},
        {"lasso": [0, 0, 1, 1, 2, float("nan")]},
        {"lasso": [0, 0, 1, 1, 2, 1e200]},
        {"lasso": [0.0] * (2 * MOST_CORNERS + 2)},
        {"lasso": ["0"] * 6},
        {"box": [0, 0, 1]},
        {"box": {"x0": 0}},
    ],
    ids=["nothing", "none", "two", "odd", "nan", "huge", "many", "text", "three", "names"],
)
def test_invalid_areas_are_refused(value):
    with pytest.raises(InputError, match="Draw it again: a box has two corners"):
        area_of(value, 2)


def test_in_3d_the_matrix_is_needed():
    with pytest.raises(InputError):
        area_of({"box": [0, 0, 1, 1]}, 3)
