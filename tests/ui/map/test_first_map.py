"""The first map is colored and named without a choice, and a background map does not replace a choice."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.exploration.clusters import CLUSTERS_FILE, MUTED, Clusters
from embedlab.ui.map import color_columns
from embedlab.ui.map.new_map import map_to_open
from embedlab.ui.map.view import open_view
from embedlab.ui.shell import current
from embedlab.workspace.rows import Status
from tests.ui.conftest import N_KEYS, keep, planted
from tests.ui.map.test_data import unpack


def save_clusters(workspace, embedding_id):
    codes = (np.arange(N_KEYS) % 3).astype(np.uint8)
    codes[0] = MUTED
    Clusters(codes, ("a, b", "c", "d"), has_stop_words=True).save(
        workspace.layout.embedding(embedding_id) / CLUSTERS_FILE
    )


@pytest.fixture
def view(workspace, monkeypatch):
    """Open the map of an embedding with these metadata columns, with or without clusters."""

    def open_it(columns, *, clusters=True, color=None):
        all_columns = planted().metadata.assign(**{"class": ["x", "y"] * 30})
        embedding = planted()
        metadata = all_columns[list(columns)] if columns else pd.DataFrame(index=range(N_KEYS))
        embedding_id, _ = keep(workspace, Embedding(embedding.vectors, embedding.keys, metadata=metadata), "first")
        if clusters:
            save_clusters(workspace, embedding_id)
        chosen = {"color": color} if color else {}
        monkeypatch.setattr(current, "get", chosen.get)
        return open_view(workspace.embedding(embedding_id))

    return open_it


@pytest.mark.parametrize(
    ("columns", "clusters", "color", "expected"),
    [
        (("count",), True, None, color_columns.CLUSTERS),
        (("count",), False, None, None),
        (("count", "genres"), True, None, "genres"),
        (("genres", "class"), True, None, "class"),
        (("genres",), True, color_columns.CLUSTERS, color_columns.CLUSTERS),
        (("genres",), True, "-", None),
        (("genres",), True, "count", None),
    ],
    ids=["words", "no-clusters", "genres", "class", "clusters-chosen", "one-color", "unknown-column"],
)
def test_color_of_the_first_map(view, columns, clusters, color, expected):
    assert view(columns, clusters=clusters, color=color).color == expected


def test_clusters_are_offered_as_a_color(view):
    assert view(("count", "genres")).columns[:3] == [color_columns.CLUSTERS, "count", "genres"]
    assert not view(("count", "genres"), clusters=False).has_clusters


def test_cluster_column_has_names_and_counts():
    clusters = Clusters(np.array([1, 0, 0, MUTED, 0], dtype=np.uint8), ("food\nsoup", "sport"), has_stop_words=True)
    legend, values = unpack(color_columns.cluster_column(clusters).as_bytes())
    assert values.tolist()[:5] == [1, 0, 0, legend["other_code"], 0]
    assert legend["categories"] == [["food soup", 3], ["sport", 1]]
    assert (legend["title"], legend["other"], legend["n_other"]) == ("Clusters", "stop words", 1)
    other, _ = unpack(color_columns.cluster_column(replace(clusters, has_stop_words=False)).as_bytes())
    assert other["other"] == "no cluster"


def test_clusters_come_by_the_route_of_columns(workspace, circle):
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from embedlab.ui.server.routes import routes

    client = TestClient(Starlette(routes=routes()), base_url="http://localhost")
    url = f"/maps/{circle[0]}/column/{color_columns.CLUSTERS}"
    assert client.get(url).status_code == 404
    save_clusters(workspace, circle[0])
    legend, values = unpack(client.get(url).content)
    assert [name for name, _ in legend["categories"]] == ["a, b", "c", "d"]
    assert values[:4].tolist() == [legend["other_code"], 1, 2, 0]


@pytest.mark.parametrize(
    ("status", "request_", "expected"),
    [
        (Status.SUCCEEDED, {}, "p1"),
        (Status.SUCCEEDED, {"in_background": True}, None),
        (Status.FAILED, {}, None),
    ],
    ids=["of-the-user", "in-background", "failed"],
)
def test_only_a_map_of_the_user_replaces_the_chosen_one(status, request_, expected):
    assert map_to_open(SimpleNamespace(status=status, request=request_, result={"projection_id": "p1"})) == expected


def test_no_job_opens_no_map():
    assert map_to_open(None) is None
