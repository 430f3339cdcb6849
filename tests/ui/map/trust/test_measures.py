"""The quality statement of the Map page, its tables, and the colors that show where to trust the map."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import NotFoundError
from embedlab.jobs import map_trust
from embedlab.jobs.stability import StoredStability
from embedlab.projections.trust.distortion import Distortion
from embedlab.projections.trust.quality import projection_quality
from embedlab.ui.map.data import MISSING
from embedlab.ui.map.trust import trust_columns
from embedlab.ui.map.trust.measures import maps_table, measures_table, notes, trust_sentence
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow
from tests.ui.conftest import N_KEYS, keep, planted


def row_of(quality, row_id="id"):
    return ProjectionRow(row_id, "ada", "embedding", "pca", 2, {}, 0, quality, 0.0)


def embedding_row(name="words", vector_size=50):
    return EmbeddingRow("embedding", "ada", name, "Words", None, None, 480, vector_size, 0, 0.0)


@pytest.mark.parametrize(
    ("name", "vector_size", "shares", "sentence"),
    [
        pytest.param(
            "images",
            2,
            [0.6, 0.4],
            "This picture is the embedding itself: its vectors have 2 dimensions, and all distances are exact. Cosine "
            "similarity compares only directions from the origin: it shares 15% of the 10 nearest neighbors.",
            id="a layer of 2 units",
        ),
        pytest.param(
            "images",
            3,
            [0.6, 0.3],
            "This picture keeps 15% of each point's 10 nearest neighbors (a random picture: 2%). "
            "Do not trust it for close neighbors. It shows 90% of the variance.",
            id="3 units in a plane",
        ),
        pytest.param(
            "hyperbolic_nodes",
            2,
            [0.5, 0.5],
            "This picture is the embedding itself: the vectors are places in a disc. Distances grow toward its border, "
            "which is infinitely far away.",
            id="the disc",
        ),
    ],
)
def test_a_picture_of_all_dimensions_is_the_embedding_itself(name, vector_size, shares, sentence):
    quality = {"knn_recall_10": 0.15, "n_points": 480, "sampled": 480, "explained_variance_ratio": shares}
    assert trust_sentence(row_of(quality), embedding_row(name, vector_size)) == sentence


@pytest.mark.parametrize(
    ("quality", "sentence"),
    [
        pytest.param(
            {"knn_recall_10": 0.19, "sampled": 1000, "n_points": 400_000, "explained_variance_ratio": [0.2, 0.1]},
            "This picture keeps 19% of each point's 10 nearest neighbors (a random picture: 0.003%). "
            "Do not trust it for close neighbors. It shows 30% of the variance.",
            id="PCA",
        ),
        pytest.param(
            {"knn_recall_10": 0.5, "sampled": 480, "n_points": 480},
            "This picture keeps 50% of each point's 10 nearest neighbors (a random picture: 2%). "
            "Trust it for close neighbors.",
            id="all points",
        ),
        pytest.param(
            {"knn_recall_10": 0.875, "sampled": 2000},
            "This picture keeps 88% of each point's 10 nearest neighbors. Trust it for close neighbors.",
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
def test_the_sentence_says_what_to_trust(quality, sentence):
    assert trust_sentence(row_of(quality), embedding_row()) == sentence


def test_page_shows_why_the_share_is_missing():
    vectors = np.ones((4, 3), np.float32)
    assert trust_sentence(row_of(projection_quality(vectors, vectors[:, :2], 0)), embedding_row()) == (
        "The share of true neighbors in this picture is unknown. At least 12 points are needed, there are 4."
    )


def test_measures_are_beside_those_of_a_random_layout():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(200, 4)).astype(np.float32)
    quality = {**projection_quality(vectors, vectors[:, :2], 0), "explained_variance_ratio": [0.3, 0.25]}
    table = measures_table(quality)
    assert list(table.index) == [
        *("10 nearest neighbors", "50 nearest neighbors", "Trustworthiness", "Continuity", "Rank correlation"),
        *("Stress", "Explained variance"),
    ]
    assert table.loc["10 nearest neighbors", "Random"] == "5%"
    assert table.loc["Explained variance"].tolist()[:3] == ["**55%**", "50%", "100%"]
    assert float(table.loc["Stress", "Random"]) > float(table.loc["Stress", "This picture"].strip("*"))
    assert notes(quality) == ["Measured on all 200 points, against their exact nearest neighbors by cosine similarity."]


def test_maps_of_earlier_versions_have_fewer_measures():
    table = measures_table({"knn_recall_10": 0.4})
    assert table.to_dict("index") == {
        "10 nearest neighbors": {
            "This picture": "**40%**",
            "Random": "\\-",
            "Best": "100%",
            "Meaning": "Share of the 10 nearest that are nearest here",
        }
    }
    assert measures_table({}).empty
    quality = {"sampled": 5, "n_points": 9, "left_out": 2, "not_computed": {"stress": "Too few.", "a": "Too few."}}
    assert notes(quality)[1:] == ["2 points with numbers that are not finite are left out.", "Too few."]


def test_maps_side_by_side_show_the_best_of_each_measure():
    rows = [
        row_of({"knn_recall_10": 0.1, "stress": 0.3, "explained_variance_ratio": [0.5, 0.1]}, "one"),
        row_of({"knn_recall_10": 0.6, "stress": 0.5}, "two"),
        row_of({}, "three"),
    ]
    table = maps_table(rows, {"one": "PCA", "two": "*t-SNE*", "three": "UMAP"}, "two")
    assert table.index.tolist() == ["PCA", "\\*t\\-SNE\\* (this map)", "UMAP"]
    assert table["10 nearest neighbors"].tolist() == ["10%", "**60%**", "\\-"]
    assert table["Stress"].tolist() == ["**0.30**", "0.50", "\\-"]
    # There is nothing to compare it with.
    assert table["Explained variance"].tolist() == ["60%", "\\-", "\\-"]
    assert "Trustworthiness" not in table


def test_distortion_has_nine_colors():
    nan = np.nan
    false = np.array([0, 0.2, 0.9, 0, 0.2, 0.9, nan, 0.05], np.float32)
    missing = np.array([0, 0, 0, 0.2, 0.9, 0.9, 0.1, nan], np.float32)
    column = trust_columns.distortion_column(Distortion(false, missing, 6, 10))
    assert column.values.tolist() == [0, 3, 6, 1, 5, 8, MISSING, MISSING]
    assert column.values.dtype == np.uint8
    assert column.legend["counts"] == [1, 1, 0, 1, 0, 1, 1, 0, 1]
    assert (column.legend["n_missing"], column.legend["note"]) == (2, "")
    sampled = trust_columns.distortion_column(Distortion(false, missing, 5, 10))
    assert sampled.legend["note"] == "Neighbors among 5 random points"


def test_each_map_has_its_own_distortion(workspace, circle):
    embedding_id, maps = circle
    assert trust_columns.names(embedding_id) == [trust_columns.DISTORTION]
    name = trust_columns.for_browser(trust_columns.DISTORTION, maps[2])
    assert name != trust_columns.for_browser(trust_columns.DISTORTION, maps[3])
    assert trust_columns.for_browser("count", maps[2]) == "count"
    column = trust_columns.column(embedding_id, name)
    # Points on a circle in their own plane.
    assert column.legend["counts"] == [N_KEYS, 0, 0, 0, 0, 0, 0, 0, 0]
    assert trust_columns.column(embedding_id, "count") is None
    other, _ = keep(workspace, planted(), "other")
    with pytest.raises(NotFoundError, match="another embedding"):
        trust_columns.column(other, name)
    with pytest.raises(NotFoundError):
        trust_columns.column(embedding_id, f"{trust_columns.DISTORTION}@../../etc")


def test_stability_is_a_color_once_it_is_measured(workspace, circle, monkeypatch):
    embedding_id, _ = circle
    with pytest.raises(NotFoundError, match="not measured"):
        trust_columns.column(embedding_id, trust_columns.STABILITY)
    shares = np.linspace(0.2, 0.8, N_KEYS, dtype=np.float32)
    stored = StoredStability(workspace.embedding(embedding_id), shares, 3, 10)
    monkeypatch.setattr(map_trust, "has_stability", lambda *_: True)
    monkeypatch.setattr(map_trust, "stability_of", lambda *_: stored)
    assert trust_columns.STABILITY in trust_columns.names(embedding_id)
    column = trust_columns.column(embedding_id, trust_columns.STABILITY)
    np.testing.assert_array_equal(column.values, shares)
    # All maps have the same scale.
    assert (column.legend["min"], column.legend["max"]) == (0, 1)
    assert "3 compared" in column.legend["title"]
