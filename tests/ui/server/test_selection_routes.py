"""Routes of the selection, of the table beside the map, and of isolated maps."""

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from embedlab.exploration.selections.selection import Selection
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.ui.map.selecting import state
from embedlab.ui.server import lifecycle as server
from embedlab.ui.server import routes
from tests.ui.conftest import HOSTILE, N_KEYS


@pytest.fixture
def client(workspace):
    return TestClient(Starlette(routes=routes.routes(), middleware=server.middleware()), base_url="http://localhost")


@pytest.fixture
def isolated(circle, workspace, monkeypatch) -> str:
    """An isolated map of every third point."""
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    jobs = Jobs(workspace)
    job = jobs.submit_projection(circle[0], "pca", 2, isolated=Selection.of_rows(range(0, N_KEYS, 3), N_KEYS))
    assert execute(workspace, job.id)
    return jobs.job(job.id).result["projection_id"]


def test_a_published_selection_is_one_bit_for_each_point(client, circle):
    selection = Selection.of_rows([0, 9, 59], N_KEYS)
    digest = state.publish(selection)
    answer = client.get(f"/maps/{circle[0]}/selection/{digest}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]
    bits = np.unpackbits(np.frombuffer(answer.content, np.uint8), bitorder="little", count=N_KEYS)
    assert np.flatnonzero(bits).tolist() == [0, 9, 59]


def test_unknown_selections_and_those_of_other_embeddings_are_not_found(client, circle):
    assert client.get(f"/maps/{circle[0]}/selection/{'0' * 24}").status_code == 404
    other = state.publish(Selection.of_rows([0], N_KEYS + 1))
    answer = client.get(f"/maps/{circle[0]}/selection/{other}")
    assert answer.status_code == 404
    assert answer.json()["remedy"] == "Select it again."


def test_the_table_lists_all_or_the_selected_points(client, circle):
    url = f"/maps/{circle[1][2]}/table"
    page = client.get(url, params={"n": 5}).json()
    assert [column["id"] for column in page["columns"][:3]] == ["label", "key", "m0"]
    assert (page["n_rows"], [row for row, _, _ in page["rows"]]) == (N_KEYS, [0, 1, 2, 3, 4])
    # Names are data.
    assert page["rows"][1][2][0].startswith("<img src=x")
    assert "\n" not in page["rows"][1][2][0]
    assert HOSTILE.startswith("<img")
    selected = state.publish(Selection.of_rows([3, 8], N_KEYS))
    marked = client.get(url, params={"n": 5, "selected": selected}).json()
    assert [is_selected for _, is_selected, _ in marked["rows"]] == [False, False, False, True, False]
    only = client.get(url, params={"selected": selected, "only": 1, "sort": "m0", "descending": 0}).json()
    assert [row for row, _, _ in only["rows"]] == [8, 3]
    assert client.get(url, params={"q": "label 59"}).json()["n_rows"] == 1
    around = client.get(url, params={"n": 5, "around": 22}).json()
    assert around["first"] == 20


@pytest.mark.parametrize(
    "query", ["n=0", "n=1000", "first=-1", "first=a", "sort=vector", "around=60", "selected=x"], ids=lambda query: query
)
def test_invalid_tables_are_refused(client, circle, query):
    answer = client.get(f"/maps/{circle[1][2]}/table?{query}")
    assert answer.status_code in {400, 404}
    assert answer.json()["what"]


def test_a_page_of_the_table_is_small(client, circle):
    assert len(client.get(f"/maps/{circle[1][3]}/table", params={"n": 12}).content) < 5000


def test_an_isolated_map_serves_its_points_by_their_own_numbers(client, circle, isolated):
    points = np.frombuffer(client.get(f"/maps/{isolated}/points").content, "<f4").reshape(-1, 2)
    labels = client.get(f"/maps/{isolated}/labels").text.split("\n")
    assert len(points) == len(labels) == N_KEYS // 3
    assert labels[4] == "label 12"
    neighbors = client.get(f"/maps/{isolated}/neighbors", params={"index": 4, "topn": 2}).json()["neighbors"]
    assert {(row, label) for row, label, _ in neighbors} == {(3, "label 9"), (5, "label 15")}
    assert client.get(f"/maps/{isolated}/search", params={"q": "label 12"}).json()["found"] == [[4, "label 12"]]
    assert client.get(f"/maps/{isolated}/search", params={"q": "label 13"}).json()["found"] == []
    assert client.get(f"/maps/{isolated}/column/mean_rating").status_code == 200
    assert client.get(f"/maps/{isolated}/table").json()["n_rows"] == N_KEYS // 3
    # A map of all points is not a source of points: its embedding is.
    assert client.get(f"/maps/{circle[1][2]}/labels").status_code == 404


@pytest.mark.parametrize("what", ["points", "rows", "overlap/0", "overlap/1", "neighbors/0?index=0"])
def test_isolated_maps_cannot_be_compared(client, circle, isolated, what):
    for pair in (f"{circle[1][2]}/{isolated}", f"{isolated}/{circle[1][2]}", f"{isolated}/{isolated}"):
        answer = client.get(f"/compared/{pair}/{what}")
        assert answer.status_code == 400, pair
        assert answer.json()["what"] == "An isolated map cannot be compared."
