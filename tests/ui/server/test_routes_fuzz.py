"""Any URL and any damaged file return a plain status without internal details."""

from __future__ import annotations

import logging
from urllib.parse import quote

import numpy as np
import pytest
import streamlit as st
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from starlette.applications import Starlette
from starlette.testclient import TestClient

from embedlab.ui.server import routes
from embedlab.ui.shell import urls

KINDS = ("points", "labels", "column/count", "column/~distortion", "neighbors", "compared", "search", "place")
NAMES = ("index", "topn", "min_count", "q", "word", "token", "")
TEXTS = some.one_of(
    some.text(max_size=40),
    some.integers().map(str),
    some.sampled_from(
        [
            "-0",
            "00",
            "1e3",
            "0x1",
            "+1",
            "\u0661",
            "9" * 30,
            "%00",
            "../../etc/passwd",
            "\ud7ff",
            "nan",
            "true",
            " 1",
            "1 ",
        ]
    ),
)


@pytest.fixture
def client(workspace):
    return TestClient(Starlette(routes=routes.routes()), base_url="http://localhost")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=some.sampled_from(KINDS), which=some.sampled_from(["embedding", "map"]), data=some.data())
def test_any_query_of_a_known_id_has_a_plain_status(client, circle, kind, which, data):
    row_id = circle[0] if which == "embedding" else circle[1][2]
    pairs = data.draw(some.lists(some.tuples(some.sampled_from(NAMES), TEXTS), max_size=4))
    query = "&".join(f"{name}={quote(text)}" for name, text in pairs)
    answer = client.get(f"/maps/{row_id}/{kind}?{query}")
    assert answer.status_code in {200, 400, 404, 413}, (answer.status_code, answer.text)
    assert answer.status_code == 200 or set(answer.json()) == {"what", "received", "remedy"}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, kind=some.sampled_from([*KINDS, "exports", "ui", "vendor", "column"]))
@example(text="a" * 12, kind="exports")
@example(text="\ud800", kind="column")
@example(text="a/b/../../c", kind="ui")
def test_any_id_and_name_has_a_plain_status(client, circle, text, kind):
    part = quote(text, safe="", errors="surrogatepass")
    paths = {
        "exports": f"/exports/{part}",
        "ui": f"/ui/{routes.static_version()}/{part}",
        "vendor": f"/vendor/{part}/plotly.min.js",
        "column": f"/maps/{circle[0]}/column/{part}",
    }
    answer = client.get(paths.get(kind, f"/maps/{part}/{kind}"))
    assert answer.status_code in ({200} if kind == "vendor" and part and "/" not in text else {200, 400, 404, 405})


@pytest.mark.parametrize(
    "query",
    ["q=" + "x" * 60_000, "q=" + "%F0%9F%98%80" * 5000, "&".join(["q=1"] * 5000), "q=%ff%fe%00", "q[]=1&q=;&&&=="],
    ids=["long", "long-unicode", "many", "no-utf8", "odd"],
)
def test_huge_and_odd_queries(client, circle, query):
    assert client.get(f"/maps/{circle[0]}/search?{query}").status_code == 200
    assert client.get(f"/maps/{circle[0]}/neighbors?index=1&{query}").status_code == 200
    assert client.get(f"/maps/{circle[1][2]}/place?{query}").status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_methods_other_than_get_are_refused(client, circle, method):
    for path in (f"/maps/{circle[0]}/labels", "/map", "/healthz", "/exports/aaaaaaaaaaaa", urls.plotly_url()):
        assert client.request(method, path).status_code == 405, path


def damage(path, seed):
    """Cut a file, empty it, remove it, or change some of its bytes."""
    random = np.random.default_rng(seed)
    content = bytearray(path.read_bytes())
    how = seed % 4
    if how == 0:
        path.unlink()
        return
    if how == 1:
        content = content[: int(random.integers(0, len(content)))]
    elif how == 2:
        content = bytearray(random.bytes(len(content)))
    else:
        # The first bytes and the last are where the formats have their headers.
        places = [*random.integers(0, min(128, len(content)), 8), *random.integers(1, min(128, len(content)), 8) * -1]
        for place in places:
            content[int(place)] = int(random.integers(0, 256))
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("name", ["vectors.npy", "keys.parquet", "coordinates.npy"])
def test_damaged_files_return_an_error_without_a_traceback(client, circle, workspace, caplog, name, seed):
    embedding_id, maps = circle
    folder = (
        workspace.layout.projection(maps[2]) if name == "coordinates.npy" else workspace.layout.embedding(embedding_id)
    )
    damage(folder / name, seed)
    st.cache_resource.clear()
    with caplog.at_level(logging.ERROR):
        for path in (
            f"/maps/{maps[2]}/points",
            f"/maps/{embedding_id}/labels",
            f"/maps/{embedding_id}/column/count",
            f"/maps/{embedding_id}/neighbors?index=3",
            f"/maps/{embedding_id}/search?q=label",
            f"/maps/{maps[2]}/place?word=x",
        ):
            answer = client.get(path)
            assert answer.status_code in {200, 400, 404, 500}, path
            if answer.status_code != 200:
                assert answer.json()["what"]
                assert str(workspace.settings.home) not in answer.text
    # Every damage was foreseen.
    assert "Traceback" not in caplog.text


def test_vectors_with_nan_have_no_neighbors(client, circle, workspace):
    path = workspace.layout.embedding(circle[0]) / "vectors.npy"
    vectors = np.load(path)
    vectors[5] = np.nan
    path.unlink()
    np.save(path, vectors)
    answer = client.get(f"/maps/{circle[0]}/neighbors?index=5")
    assert answer.status_code == 400
    assert "NaN or infinite" in answer.json()["what"]
    # It is no answer to others either.
    others = client.get(f"/maps/{circle[0]}/neighbors?index=6").json()["neighbors"]
    assert 5 not in [row for row, _, _ in others]


def test_invalid_json_response_is_an_error_with_a_remedy(client, circle, monkeypatch):
    monkeypatch.setattr(routes.map_data, "neighbor_rows", lambda *_: [[1, "a", float("nan")]])
    answer = client.get(f"/maps/{circle[0]}/neighbors?index=5")
    assert answer.status_code == 500
    assert "damaged" in answer.json()["what"]
