"""The quality statement below the projection on the Map page."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.projections.quality import projection_quality
from embedlab.ui.map.trust import trust_sentence
from embedlab.workspace.rows import ProjectionRow


def sentence_for(quality):
    return trust_sentence(ProjectionRow("id", "ada", "embedding", "pca", 2, {}, 0, quality, 0.0))


@pytest.mark.parametrize(
    ("quality", "sentence"),
    [
        pytest.param(
            {"knn_recall_10": 0.19, "sampled": 1000, "n_points": 400_000, "explained_variance_ratio": [0.2, 0.1]},
            "This picture keeps 19% of each point's 10 nearest neighbors (measured on 1,000 of 400,000 points). "
            "It shows 30% of the variance.",
            id="a sample",
        ),
        pytest.param(
            {"knn_recall_10": 0.5, "sampled": 480, "n_points": 480},
            "This picture keeps 50% of each point's 10 nearest neighbors (measured on all 480 points).",
            id="all points",
        ),
        pytest.param(
            {"knn_recall_10": 0.875, "sampled": 2000},
            "This picture keeps 88% of each point's 10 nearest neighbors.",
            id="a map of an earlier version",
        ),
        pytest.param({}, None, id="not measured"),
        pytest.param(
            {"not_computed": {"quality": "The quality of the map could not be computed: out of memory."}},
            "The quality of the map could not be computed: out of memory.",
            id="failed",
        ),
        pytest.param({"knn_recall_10": None}, None, id="an earlier version could not measure"),
    ],
)
def test_page_shows_the_sample_of_the_share(quality, sentence):
    assert sentence_for(quality) == sentence


def test_page_shows_why_the_share_is_missing():
    vectors = np.ones((4, 3), np.float32)
    assert sentence_for(projection_quality(vectors, vectors[:, :2], 0)) == (
        "The share of true neighbors in this picture is unknown. At least 12 points are needed, there are 4."
    )
