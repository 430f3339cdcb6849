from __future__ import annotations

import numpy as np
import pytest

from embedlab.projections.trust.quality import projection_quality
from embedlab.projections.trust.verdict import MEASURES, best_of, measured, random_values, share_text, verdict

MEASURE = {each.name: each for each in MEASURES}


def quality_of(recall=None, trustworthiness=None, continuity=None, spearman=None, **others):
    names = ("knn_recall_10", "trustworthiness", "continuity", "distance_spearman")
    return {**dict(zip(names, (recall, trustworthiness, continuity, spearman), strict=True)), **others}


@pytest.mark.parametrize(
    ("quality", "sentence"),
    [
        pytest.param(
            quality_of(0.55, 0.97, 0.95, 0.3, n_points=5000),
            "Trust it for close neighbors and groups of similar points, but not for distances between groups.",
            id="like t-SNE",
        ),
        pytest.param(
            quality_of(0.03, 0.7, 0.72, 0.75, n_points=5000),
            "Trust it for distances between groups, but not for close neighbors or groups of points.",
            id="like PCA of many dimensions",
        ),
        pytest.param(
            quality_of(0.3, 0.6, 0.95, 0.5),
            "Trust it with care for close neighbors and distances between groups, but not for dense areas (different "
            "points overlap there).",
            id="clusters on top of each other",
        ),
        pytest.param(
            quality_of(0.5, 0.95, 0.7, 0.5),
            "Trust it for close neighbors, with care for distances between groups, but not for gaps (they separate "
            "similar points too).",
            id="torn clusters",
        ),
        pytest.param(
            quality_of(0.98, 1.0, 1.0, 0.99),
            "Trust it for close neighbors, groups of similar points and distances between groups.",
            id="perfect",
        ),
        pytest.param(
            quality_of(0.01, 0.51, 0.5, -0.02, n_points=1000),
            "Do not trust it: it is hardly better than a random picture.",
            id="random",
        ),
        pytest.param(
            quality_of(0.3, 0.85, 0.85, 0.5),
            "Trust it with care for close neighbors, groups of similar points and distances between groups.",
            id="in between",
        ),
        pytest.param({"knn_recall_10": 0.6}, "Trust it for close neighbors.", id="an earlier version"),
        # 10 of 14 are found by chance.
        pytest.param(
            {"knn_recall_10": 0.72, "n_points": 15},
            "Do not trust it: it is hardly better than a random picture.",
            id="few points",
        ),
        pytest.param({}, "", id="not measured"),
        pytest.param(quality_of(), "", id="could not be measured"),
    ],
)
def test_verdict_says_what_to_trust(quality, sentence):
    assert verdict(quality) == sentence


def test_verdicts_of_known_maps():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(600, 2)).astype(np.float32)
    assert verdict(projection_quality(points, 1000 * points, 0, metric="euclidean")).endswith(
        "distances between groups."
    )
    other = rng.normal(size=(600, 2)).astype(np.float32)
    assert "random picture" in verdict(projection_quality(points, other, 0, metric="euclidean"))


def test_values_of_earlier_versions_are_beside_what_is_known_of_random_layouts():
    quality = {"knn_recall_10": 0.2, "trustworthiness": 0.9, "explained_variance_ratio": [0.2, 0.1]}
    assert measured(quality) == {
        "knn_recall_10": 0.2,
        "trustworthiness": 0.9,
        "explained_variance": pytest.approx(0.3),
    }
    assert random_values(quality) == {"trustworthiness": 0.5}
    assert random_values({**quality, "n_points": 101})["knn_recall_10"] == 0.1
    assert random_values({**quality, "n_points": 101, "random": {"knn_recall_10": 0.4}})["knn_recall_10"] == 0.4


def test_the_best_is_the_lowest_stress_and_the_highest_of_the_others():
    assert best_of(MEASURE["stress"], [0.3, None, 0.2]) == 0.2
    assert best_of(MEASURE["continuity"], [0.3, None, 0.2]) == 0.3
    assert best_of(MEASURE["continuity"], [0.3, None]) is None
    assert best_of(MEASURE["continuity"], [0.301, 0.302]) is None


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0%"), (0.594, "59%"), (0.00028, "0.03%"), (0.0099, "1%"), (0.000001, "<0.001%")]
)
def test_small_shares_keep_a_digit(share, text):
    assert share_text(share) == text
