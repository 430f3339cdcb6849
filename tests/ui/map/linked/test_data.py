"""Routes of two linked maps: aligned points, rows of the same keys, overlaps, neighbors among the shared keys."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from embedlab.core.embedding import Embedding
from embedlab.ui.map.linked.maps import parse_picked
from embedlab.ui.server import lifecycle as server
from embedlab.ui.server import routes
from tests.ui.conftest import N_KEYS, keep, planted


@pytest.fixture
def client(workspace):
    return TestClient(Starlette(routes=routes.routes(), middleware=server.middleware()), base_url="http://localhost")


@pytest.fixture
def mirrored(workspace):
    """The planted circle mirrored, twice as large, in opposite order, without ten keys, and with three others."""
    first = planted()
    keep_rows = np.arange(N_KEYS - 10)[::-1]
    vectors = 2 * first.vectors[keep_rows] * np.float32([-1, 1, 1])
    more = np.float32([[1, 1, 0], [-1, 1, 0], [1, -1, 0]])
    keys = [*(first.keys[row] for row in keep_rows), "x1", "x2", "x3"]
    labels = [*(first.labels[row] for row in keep_rows), "x1", "x2", "x3"]
    return keep(workspace, Embedding(np.concatenate([vectors, more]), keys, labels), "mirrored")


def _column(content: bytes) -> tuple[dict, np.ndarray]:
    length = struct.unpack("<I", content[:4])[0]
    return json.loads(content[4 : 4 + length]), np.frombuffer(content[4 + length :], "<f4")


def test_a_mirrored_copy_is_aligned_and_shares_all_neighbors(client, workspace, circle, mirrored):
    path = f"/compared/{circle[1][2]}/{mirrored[1][2]}"
    rows = np.frombuffer(client.get(f"{path}/rows").content, "<i4")
    assert rows.tolist() == [*range(N_KEYS - 11, -1, -1), *[-1] * 10]
    points = np.frombuffer(client.get(f"{path}/points").content, "<f4").reshape(-1, 2)
    expected = workspace.coordinates(circle[1][2])
    np.testing.assert_allclose(points[rows[:50]], expected[:50], atol=1e-4)
    legend, shares = _column(client.get(f"{path}/overlap/0").content)
    assert (legend["kind"], legend["min"], legend["max"]) == ("numbers", 0.0, 1.0)
    assert shares[:50].tolist() == [1.0] * 50
    assert np.isnan(shares[50:]).all()
    _, others = _column(client.get(f"{path}/overlap/1").content)
    assert np.isfinite(others).sum() == 50


def test_both_maps_have_the_colors_of_the_first_by_key(client, circle, mirrored):
    path = f"/compared/{circle[1][2]}/{mirrored[1][2]}/column"

    def column(side, name):
        content = client.get(f"{path}/{side}/{name}").content
        length = struct.unpack("<I", content[:4])[0]
        legend = json.loads(content[4 : 4 + length])
        n = N_KEYS if side == 0 else N_KEYS - 10 + 3
        return legend, np.frombuffer(content[4 + length :], legend["dtype"])[:n]

    shared = N_KEYS - 10
    legend, first = column(0, "genres")
    other_legend, second = column(1, "genres")
    assert legend | {"n_further": 0} == other_legend | {"n_further": 0}
    assert second[:shared].tolist() == first[:shared][::-1].tolist()
    assert set(second[shared:].tolist()) == {legend["missing_code"]}
    assert len(set(first.tolist())) > 1
    _, counts = column(0, "count")
    _, others = column(1, "count")
    assert others[:shared].tolist() == counts[:shared][::-1].tolist()
    assert np.isnan(others[shared:]).all()
    assert client.get(f"{path}/1/nothing").status_code == 404


def test_neighbors_are_searched_among_the_shared_keys(client, circle, mirrored):
    path = f"/compared/{circle[1][2]}/{mirrored[1][2]}/neighbors"
    # Row 49 is the last shared key of the circle: its next one is missing in the other.
    found = client.get(f"{path}/0", params={"index": 49, "topn": 2}).json()["neighbors"]
    assert [row for row, _, _ in found] == [48, 47]
    assert found[0][2] == pytest.approx(np.cos(2 * np.pi / N_KEYS), abs=1e-5)
    # A key that the other lacks has its own neighbors.
    found = client.get(f"{path}/0", params={"index": 55, "topn": 2}).json()["neighbors"]
    assert {row for row, _, _ in found} == {54, 56}
    assert client.get(f"{path}/1", params={"index": 999}).status_code == 404
    assert client.get(f"{path}/2", params={"index": 1}).status_code == 404


def test_a_flat_map_and_one_in_space_are_not_aligned(client, workspace, circle, mirrored):
    points = client.get(f"/compared/{circle[1][2]}/{mirrored[1][3]}/points").content
    np.testing.assert_array_equal(np.frombuffer(points, "<f4").reshape(-1, 3), workspace.coordinates(mirrored[1][3]))


def test_two_maps_of_one_embedding_compare_their_pictures(client, circle):
    path = f"/compared/{circle[1][2]}/{circle[1][3]}"
    rows = np.frombuffer(client.get(f"{path}/rows").content, "<i4")
    assert rows.tolist() == list(range(N_KEYS))
    assert _column(client.get(f"{path}/overlap/0").content)[1].tolist() == [1.0] * N_KEYS
    found = client.get(f"{path}/neighbors/0", params={"index": 10, "topn": 2}).json()["neighbors"]
    assert {row for row, _, _ in found} == {9, 11}


def test_embeddings_without_a_common_key_are_refused_with_a_sentence(client, workspace, circle):
    other = keep(workspace, Embedding(planted().vectors, [f"other{at}" for at in range(N_KEYS)]), "other")
    answer = client.get(f"/compared/{circle[1][2]}/{other[1][2]}/rows")
    assert answer.status_code == 400
    assert "too few keys in common" in answer.json()["what"]
    assert client.get(f"/compared/{circle[1][2]}/{'z' * 12}/rows").status_code == 404


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"side": 1, "index": 4}, (True, (1, 4)), id="second"),
        pytest.param({"side": 0, "index": None}, (True, None), id="cleared"),
        pytest.param({"side": 0, "index": 10}, (False, None), id="too-large"),
        pytest.param({"side": 2, "index": 1}, (False, None), id="no-side"),
        pytest.param({"side": True, "index": 1}, (False, None), id="boolean"),
        pytest.param({"index": 1}, (False, None), id="without-side"),
        pytest.param("1", (False, None), id="text"),
    ],
)
def test_what_the_browser_sends_is_checked(value, expected):
    assert parse_picked(value, (10, 5)) == expected
