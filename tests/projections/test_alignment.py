"""Aligning maps against known transformations."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.projections.alignment import align_maps

POINTS = (np.random.default_rng(0).normal(size=(50, 2)) * [4, 1] + [3, -2]).astype(np.float32)


def turned(degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    # Points are rows.
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("degrees", [0.0, 30.0, -120.0], ids=["none", "left", "right"])
def test_a_turned_scaled_and_shifted_map_comes_back(degrees: float) -> None:
    moving = (2.5 * POINTS @ turned(-degrees) + [7, 9]).astype(np.float32)
    found = align_maps(POINTS, moving)
    np.testing.assert_allclose(found.apply(moving), POINTS, atol=1e-4)
    assert not found.is_mirrored
    assert found.angle_degrees == pytest.approx(degrees, abs=1e-3)
    assert found.scale == pytest.approx(1 / 2.5, rel=1e-5)
    assert found.fit == pytest.approx(1.0)


@pytest.mark.parametrize("size", [2, 3], ids=["2-D", "3-D"])
def test_a_mirrored_map_comes_back_and_is_called_mirrored(size: int) -> None:
    points = np.random.default_rng(1).normal(size=(40, size)).astype(np.float32)
    moving = points.copy()
    moving[:, 0] *= -1
    found = align_maps(points, moving)
    np.testing.assert_allclose(found.apply(moving), points, atol=1e-5)
    assert found.is_mirrored
    assert found.angle_degrees is None


def test_unrelated_maps_keep_their_size() -> None:
    moving = np.random.default_rng(5).normal(size=(5000, 2)).astype(np.float32)
    reference = 10 * np.random.default_rng(6).normal(size=(5000, 2)).astype(np.float32)
    found = align_maps(reference, moving)
    assert found.fit < 0.1
    assert found.scale == pytest.approx(10, rel=0.05)


def test_points_that_are_all_the_same_have_no_size() -> None:
    found = align_maps(POINTS, np.ones_like(POINTS))
    np.testing.assert_allclose(found.apply(np.ones_like(POINTS)), np.tile(POINTS.mean(axis=0), (50, 1)), atol=1e-5)


@pytest.mark.parametrize(
    "moving",
    [
        pytest.param(np.zeros((50, 3), np.float32), id="3-D"),
        pytest.param(np.full((50, 2), np.nan, np.float32), id="nan"),
    ],
)
def test_maps_that_cannot_be_aligned_are_refused(moving: np.ndarray) -> None:
    with pytest.raises(InputError):
        align_maps(POINTS, moving)
    with pytest.raises(InputError, match="two shared keys"):
        align_maps(POINTS[:1], POINTS[:1])
