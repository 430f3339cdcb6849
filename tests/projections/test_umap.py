"""UMAP: groups that are far apart stay apart, and neighbors stay together."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.projections.context import ProjectionContext
from embedlab.projections.trust.quality import projection_quality
from embedlab.projections.umap import UMAP, UmapParameters


def groups(n_of_group=40, n_groups=3):
    random = np.random.default_rng(0)
    middles = random.normal(size=(n_groups, 10)) * 5
    return np.concatenate([middle + random.normal(size=(n_of_group, 10)) for middle in middles]).astype(np.float32)


@pytest.mark.slow
def test_planted_groups_are_apart_and_their_neighbors_are_kept():
    vectors = groups()
    placed = UMAP().fit(vectors, UmapParameters(), ProjectionContext(2)).coordinates
    labels = np.repeat(np.arange(3), 40)
    nearest = np.argsort(np.linalg.norm(placed[:, None] - placed, axis=2), axis=1)[:, 1:6]
    assert (labels[nearest] == labels[:, None]).mean() > 0.98
    assert projection_quality(vectors, placed, 0)["knn_recall_10"] > 0.4


def test_few_points_reduce_the_neighbors_and_are_said():
    assert UMAP().notes(10, 2, UmapParameters()) == ["Neighbors reduced from 15 to 9 for 10 points."]
    assert UMAP().notes(100, 2, UmapParameters()) == []
