"""PaCMAP: what it says without its package, and planted groups where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.projections.context import ProjectionContext
from embedlab.projections.neighbor_graph import metric_points
from embedlab.projections.pacmap import PaCMAP, PacmapParameters, _n_neighbors, _near_pairs
from tests.projections.test_umap import groups


def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PaCMAP, "package", "no_such_package_at_all")
    with pytest.raises(InputError, match="pip install no_such_package_at_all"):
        PaCMAP().check(PacmapParameters(), 2, lambda: pytest.fail("nothing to look at"))


def test_it_says_that_the_map_may_differ_and_what_is_adjusted() -> None:
    notes = PaCMAP().notes(100, 2, PacmapParameters(n_neighbors=50))
    assert "same seed may give another map" in notes[0]
    assert notes[1] == "Neighbors reduced from 50 to 28 for 100 points."
    assert "placed by PCA" in PaCMAP().notes(5, 2, PacmapParameters())[0]
    assert _n_neighbors(PacmapParameters(), 10_000) == 10
    assert _n_neighbors(PacmapParameters(), 100_000) == 25


def test_near_pairs_are_the_least_scaled_distances() -> None:
    points = metric_points(groups(30, 2), "cosine")
    pairs = _near_pairs(points, 4, ProjectionContext()).reshape(60, 4, 2)
    distances = np.linalg.norm(points[:, np.newaxis] - points, axis=2).astype(np.float64)
    scale = np.sort(distances, axis=1)[:, 4:7].mean(axis=1)
    scaled = distances**2 / np.outer(scale, scale)
    np.fill_diagonal(scaled, np.inf)
    # All others are candidates here.
    expected = np.argsort(scaled, axis=1)[:, :4]
    assert (pairs[:, :, 0] == np.arange(60)[:, np.newaxis]).all()
    assert (np.sort(pairs[:, :, 1], axis=1) == np.sort(expected, axis=1)).mean() > 0.98


@pytest.mark.skipif(not PaCMAP().is_installed(), reason="pacmap is not installed")
@pytest.mark.parametrize("local", [False, True], ids=["pacmap", "localmap"])
def test_planted_groups_are_apart(local: bool) -> None:
    placed = PaCMAP().fit(groups(60), PacmapParameters(local=local), ProjectionContext(2)).coordinates
    labels = np.repeat(np.arange(3), 60)
    nearest = np.argsort(np.linalg.norm(placed[:, None] - placed, axis=2), axis=1)[:, 1:6]
    assert (labels[nearest] == labels[:, None]).mean() > 0.98
