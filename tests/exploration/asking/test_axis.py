import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError
from embedlab.exploration.asking.axis import axis_between


@pytest.fixture(scope="module")
def plane() -> Embedding:
    """Directions in degrees, with different lengths; `zero` has none."""
    degrees = {"a": 0, "b": 90, "between": 45, "near a": 30, "beyond b": 135, "before a": -45}
    vectors = [(np.cos(np.deg2rad(each)), np.sin(np.deg2rad(each))) for each in degrees.values()]
    lengths = np.array([1, 5, 0.1, 2, 3, 1])[:, None]
    vectors = np.vstack([np.array(vectors) * lengths, [[0, 0]]]).astype(np.float32)
    counts = pd.DataFrame({"count": [1, 1, 9, 9, 9, 2, 9]})
    return Embedding(vectors, [*degrees, "zero"], metadata=counts)


def test_positions_are_projections_on_the_difference(plane):
    axis = axis_between(plane, "a", "b")
    positions = {each.key: each.position for each in axis.keys}
    # On the line from (1, 0) to (0, 1) the point (x, y) is at 1/2 + (y - x) / 2.
    half, root = np.sqrt(0.5), np.sqrt(3) / 2
    expected = {
        "before a": 0.5 - half,
        "a": 0.0,
        "near a": 0.5 + (0.5 - root) / 2,
        "between": 0.5,
        "zero": 0.5,
        "b": 1.0,
        "beyond b": 0.5 + half,
    }
    assert positions == pytest.approx(expected, abs=1e-6)
    assert [each.key for each in axis.first(2)] == ["before a", "a"]
    assert [each.key for each in axis.last(2)] == ["beyond b", "b"]
    assert axis.cosine == pytest.approx(0)


def test_the_other_way_round_is_mirrored(plane):
    there = {each.key: each.position for each in axis_between(plane, "a", "beyond b").keys}
    back = {each.key: each.position for each in axis_between(plane, "beyond b", "a").keys}
    assert {key: 1 - position for key, position in back.items()} == pytest.approx(there, abs=1e-6)


def test_rare_keys_are_left_out_but_never_the_ends(plane):
    keys = {each.key for each in axis_between(plane, "a", "b", min_count=5).keys}
    assert keys == {"a", "b", "between", "near a", "beyond b", "zero"}


def test_what_has_no_axis_says_so(plane):
    with pytest.raises(InputError, match="same direction"):
        axis_between(plane, "a", "a")
    with pytest.raises(NotFoundError, match="near a"):
        axis_between(plane, "nera a", "b")
