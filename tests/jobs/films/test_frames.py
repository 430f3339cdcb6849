"""Frames of a film against known answers: rotations change nothing, neighbors are planted."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.jobs.films.frames import (
    MAX_ALIGNED_WIDTH,
    align,
    frames_of_map,
    nearest_neighbors,
    next_frame,
    points_to_follow,
)
from embedlab.projections.pca import pca

rng = np.random.default_rng(0)
VECTORS = (rng.normal(size=(40, 6)) * [5, 3, 1, 1, 1, 1] + 2).astype(np.float32)
ROTATION = np.linalg.qr(rng.normal(size=(6, 6)))[0]


def test_a_rotated_copy_gives_the_same_frame() -> None:
    coordinates, _ = pca(VECTORS, 2)
    rotated = (VECTORS @ ROTATION + 7).astype(np.float32)
    frames = frames_of_map([rotated, VECTORS], VECTORS, coordinates)
    assert frames.shape == (3, 40, 2)
    np.testing.assert_array_equal(frames[-1], coordinates)
    for frame in frames[:2]:
        np.testing.assert_allclose(frame, coordinates, atol=1e-3)


def test_a_training_that_restarts_in_other_directions_stays_aligned() -> None:
    """Each snapshot is a scaled copy of the final vectors, so each frame is the map, scaled around its mean."""
    coordinates, _ = pca(VECTORS, 2)
    snapshots = [(VECTORS * 0.1) @ ROTATION, (VECTORS * 0.5) @ ROTATION, VECTORS * 0.8]
    frames = frames_of_map(snapshots, VECTORS, coordinates)
    for frame, share in zip(frames, [0.1, 0.5, 0.8, 1.0], strict=True):
        np.testing.assert_allclose(frame, coordinates * share, atol=1e-3)


def test_fewer_keys_than_numbers_still_end_in_the_map() -> None:
    few = rng.normal(size=(4, 30)).astype(np.float32)
    coordinates, _ = pca(few, 2)
    frames = frames_of_map([few * 0.5], few, coordinates)
    np.testing.assert_allclose(frames[0], coordinates * 0.5, atol=1e-4)


def test_alignment_preserves_distances() -> None:
    other = rng.normal(size=(40, 6))
    result = align(VECTORS, other)
    np.testing.assert_allclose(result.mean(axis=0), other.mean(axis=0))
    before, after = (np.linalg.norm(each[:1] - each, axis=1) for each in (VECTORS, result))
    np.testing.assert_allclose(after, before, rtol=1e-5)


def test_wide_vectors_are_centered_but_not_rotated() -> None:
    wide = rng.normal(size=(3, MAX_ALIGNED_WIDTH + 1))
    np.testing.assert_allclose(align(wide, wide + 1), wide + 1)


def test_a_live_frame_is_aligned_with_the_previous_one() -> None:
    first = next_frame(VECTORS, None)
    mirrored = VECTORS * np.array([-1, 1, 1, 1, 1, 1], dtype=np.float32)
    np.testing.assert_allclose(next_frame(mirrored, first), first, atol=1e-3)


def test_vectors_of_one_number_are_drawn_on_a_line() -> None:
    assert next_frame(np.ones((5, 1), dtype=np.float32), None).shape == (5, 2)


def test_neighbors_on_a_circle_are_adjacent() -> None:
    angles = 2 * np.pi * np.arange(12) / 12
    indices, similarities = nearest_neighbors(np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32))
    assert indices.shape == (12, 10)
    assert set(indices[3, :2].tolist()) == {2, 4}
    assert similarities[3, 0] == pytest.approx(np.cos(np.pi / 6), abs=1e-6)


@pytest.mark.parametrize("n_keys", [1, 2, 3], ids=["one", "two", "three"])
def test_few_keys_have_few_neighbors(n_keys: int) -> None:
    vectors = np.zeros((n_keys, 3), dtype=np.float32)
    assert nearest_neighbors(vectors)[0].shape == (n_keys, n_keys - 1)
    assert len(points_to_follow(vectors)) <= n_keys


def test_followed_keys_belong_to_different_groups() -> None:
    centers = np.eye(4).repeat(8, axis=0)
    vectors = (centers + rng.normal(scale=0.01, size=centers.shape)).astype(np.float32)
    assert sorted(index // 8 for index in points_to_follow(vectors)) == [0, 1, 2, 3]
