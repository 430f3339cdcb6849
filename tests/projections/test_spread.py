"""Points of one axis spread over another."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.projections.spread import spread_out


def test_the_width_follows_the_density():
    rng = np.random.default_rng(0)
    places = np.concatenate([rng.normal(0, 0.05, 3_000), rng.uniform(-1, 1, 300)]).astype(np.float32)
    offsets = spread_out(places)[:, 0]
    extent = float(np.ptp(places))
    dense, sparse = np.abs(places) < 0.05, np.abs(places) > 0.6
    assert np.abs(offsets).max() == pytest.approx(0.25 * extent, rel=0.05)
    assert np.abs(offsets[dense]).mean() > 5 * np.abs(offsets[sparse]).mean()
    # Both sides alike, so that no side seems to mean something.
    assert abs(offsets.mean()) < 0.01 * extent


def test_equal_places_are_all_visible_and_the_same_places_give_the_same_bytes():
    places = np.zeros(1_000, np.float32)
    found = spread_out(places, 2)
    assert len(np.unique(found, axis=0)) == 1_000
    assert found.tobytes() == spread_out(places, 2).tobytes()
    assert np.isfinite(spread_out(np.float32([3.0]))).all()
