"""Clusters beside the map: selected, renamed, exported; near-duplicates; the look of the points."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.exploration.clusters import CLUSTERS_FILE, MUTED, Clusters, find_clusters
from embedlab.exploration.near_duplicates import NEAR_DUPLICATES_FILE, NearDuplicates, find_near_duplicates
from embedlab.export.cluster_table import clusters_as_csv
from embedlab.jobs.clusters import stored_clusters
from embedlab.ui.map.appearance import MOST_SHAPES, shape_columns
from embedlab.ui.map.clusters import cluster_layers, cluster_panel
from embedlab.ui.map.clusters.cluster_panel import duplicates_sentence
from embedlab.ui.map.component import GroupEvent, parse_group
from embedlab.ui.shell import resources
from tests.ui.conftest import N_KEYS, keep, planted


def grouped(**columns) -> Embedding:
    vectors = np.repeat(np.eye(6, dtype=np.float32), 20, axis=0)
    vectors += np.random.default_rng(0).normal(0, 0.02, vectors.shape).astype(np.float32)
    return Embedding(vectors, [f"key{at}" for at in range(120)], metadata=pd.DataFrame(columns, index=range(120)))


@pytest.fixture
def row(workspace):
    embedding_id, _ = keep(workspace, grouped(), "grouped")
    folder = workspace.layout.embedding(embedding_id)
    find_clusters(grouped()).save(folder / CLUSTERS_FILE)
    find_near_duplicates(grouped()).save(folder / NEAR_DUPLICATES_FILE)
    return workspace.embedding(embedding_id)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"layer": 1, "group": 30}, GroupEvent(1, 30)),
        ({"layer": 1, "group": -1}, None),
        ({"layer": True, "group": 1}, None),
        ({"layer": 0, "group": "1"}, None),
        ({"layer": 0, "group": 10**9}, None),
        ([0, 1], None),
        (None, None),
    ],
    ids=["group", "negative", "flag", "text", "huge", "list", "none"],
)
def test_clusters_from_the_browser_are_checked(value, expected):
    assert parse_group(value) == expected


def test_only_a_known_cluster_can_be_renamed(row, monkeypatch):
    stored: dict[str, object] = {}
    monkeypatch.setattr(cluster_panel.st, "session_state", stored)
    view = SimpleNamespace(row=row)
    # A cluster that no longer exists, such as that of an old page.
    cluster_panel.choose_group(view, 0, 99)
    cluster_panel.choose_group(view, 5, 0)
    assert stored == {}
    cluster_panel.choose_group(view, 0, 2)
    chosen = stored["map:group"]
    assert (chosen.embedding_id, chosen.layer, chosen.group) == (row.id, 0, 2)


def test_a_new_name_changes_the_version_and_is_exported(workspace, row):
    version = resources.clusters_version(row.id)
    stored_clusters.rename(workspace, row, 0, 1, "Sports, <b>mine</b>")
    clusters = resources.load_clusters(row.id)
    assert clusters.names[1] == "Sports, <b>mine</b>"
    assert resources.clusters_version(row.id) != version
    lines = clusters_as_csv(grouped(), clusters).decode().splitlines()
    assert lines[0] == '"key","label","cluster_1"'
    assert sum('"Sports, <b>mine</b>"' in line for line in lines) == (clusters.codes == 1).sum()
    stored_clusters.rename(workspace, row, 0, 1, "")
    assert resources.load_clusters(row.id).names[1] != "Sports, <b>mine</b>"


def test_damaged_names_do_not_hide_the_clusters(workspace, row):
    (workspace.layout.embedding(row.id) / "cluster_names.json").write_text("[]")
    assert resources.load_clusters(row.id).names == find_clusters(grouped()).names


def test_keys_without_a_cluster_have_empty_cells_and_formulas_are_text():
    clusters = Clusters(np.array([0, MUTED], np.uint8), ("=1+1",))
    lines = clusters_as_csv(Embedding(np.eye(2, dtype=np.float32), ["a", "b"]), clusters).decode().splitlines()
    assert lines[1:] == ['"a","a","\'=1+1"', '"b","b",']


def test_the_panel_lists_clusters_and_near_duplicates(row):
    def script(embedding_id):
        from types import SimpleNamespace

        from embedlab.ui.map.clusters import cluster_panel
        from embedlab.ui.shell import resources

        row = resources.workspace().embedding(embedding_id)
        embedding = resources.load_embedding(row.id)
        cluster_panel.draw(SimpleNamespace(row=row, embedding=embedding, source_id=row.id))

    page = AppTest.from_function(script, args=(row.id,), default_timeout=60).run()
    assert not page.exception
    captions = [each.value for each in page.caption]
    assert captions[0].startswith("8 clusters")
    assert "6 groups among the first 120 keys" in captions[1]


def test_the_sentence_says_what_was_compared():
    none = NearDuplicates(np.empty((0, 2), np.int32), np.empty(0, np.float32), 20_000)
    assert duplicates_sentence(none, 0, 0.95) == "No group among the first 20,000 keys."
    many = NearDuplicates(np.zeros((20_000, 2), np.int32), np.ones(20_000, np.float32), 20_000, 0.99)
    sentence = duplicates_sentence(many, 300, 0.95)
    assert sentence.startswith("300 groups among the first 20,000 keys, the first 60 shown.")
    assert "only the 20,000 most similar pairs" in sentence


def test_shapes_are_for_columns_with_few_values():
    table = pd.DataFrame(
        {
            "kind": ["a|b", "b", "c"] * 4,
            "many": [f"v{at}" for at in range(12)],
            "same": "x",
            "flag": [True, False] * 6,
            "real": np.linspace(0, 1, 12),
        }
    )
    assert shape_columns(table) == ["kind", "flag"]
    assert MOST_SHAPES == 6


def test_columns_of_layers_are_offered(workspace, row):
    assert cluster_layers.n_layers(row.id) == 1
    other, _ = keep(workspace, planted(), "without")
    assert (cluster_layers.n_layers(other), N_KEYS) == (0, 60)
