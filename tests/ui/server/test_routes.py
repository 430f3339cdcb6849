import io
import re
import threading

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit import config

from embedlab.core.embedding import Embedding
from embedlab.core.pictures import Pictures
from embedlab.jobs import map_trust
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.layouts.live import LiveLayout
from embedlab.jobs.stability import StoredStability
from embedlab.projections.context import ProjectionContext
from embedlab.ui.map import early
from embedlab.ui.map import pictures as map_pictures
from embedlab.ui.server import lifecycle as server
from embedlab.ui.server import routes
from embedlab.ui.server.middleware import inline_script_hashes
from embedlab.ui.shell import bundle, resources, urls
from tests.ui.conftest import N_KEYS, keep, planted


class QuietJobs(Jobs):
    """Starts no worker."""

    def dispatch(self):
        pass


@pytest.fixture
def client(workspace):
    return TestClient(Starlette(routes=routes.routes(), middleware=server.middleware()), base_url="http://localhost")


def test_points_are_binary_cached_and_uncompressed(client, circle, workspace):
    _, maps = circle
    for n_components, projection_id in maps.items():
        answer = client.get(f"/maps/{projection_id}/points")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "identity"
        points = np.frombuffer(answer.content, "<f4").reshape(N_KEYS, n_components)
        np.testing.assert_array_equal(points, workspace.coordinates(projection_id))


@pytest.fixture
def pictured(workspace, circle, monkeypatch):
    """Give every key of the circle a picture of 2 x 3 pixels whose first one is its number."""

    class Numbered(Pictures):
        size, digest = (2, 3), "a1"

        def of(self, keys):
            found = np.full((len(keys), 2, 3), 200, np.uint8)
            found[:, 0, 0] = [int(key.removeprefix("key")) for key in keys]
            return found

    monkeypatch.setattr(map_pictures, "pictures_of", lambda row: Numbered())
    return circle[0]


def test_sheets_hold_the_thumbnails_in_the_order_of_the_stride(client, pictured):
    answer = client.get(f"/maps/{pictured}/pictures/a1/0")
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    sheet = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert sheet.shape[:2] == (2 * -(-N_KEYS // 64), 64 * 3)
    stride = map_pictures.stride(N_KEYS)
    for rank in range(N_KEYS):
        row, column = divmod(rank, 64)
        assert sheet[2 * row, 3 * column] == rank * stride % N_KEYS


def test_a_sheet_is_made_of_few_whole_pictures_at_a_time(client, pictured, monkeypatch):
    whole = client.get(f"/maps/{pictured}/pictures/a1/0").content
    sizes, reduced = [], map_pictures.thumbnails
    monkeypatch.setattr(map_pictures, "_AT_A_TIME", 7)
    monkeypatch.setattr(
        map_pictures, "thumbnails", lambda images, *size: sizes.append(len(images)) or reduced(images, *size)
    )
    assert client.get(f"/maps/{pictured}/pictures/a1/0").content == whole
    assert (sum(sizes), max(sizes)) == (N_KEYS, 7)


def test_a_single_picture_is_that_of_its_point(client, pictured):
    answer = client.get(f"/maps/{pictured}/picture/a1/5")
    assert np.asarray(Image.open(io.BytesIO(answer.content)))[0, 0] == 5


@pytest.mark.parametrize("rest", ["pictures/a1/1", "pictures/b2/0", "picture/a1/99999", "picture/a1/x", "picture/b2/0"])
def test_other_pictures_are_not_found(client, pictured, rest):
    assert client.get(f"/maps/{pictured}/{rest}").status_code == 404


def test_an_embedding_without_pictures_has_no_sheets(client, circle):
    assert client.get(f"/maps/{circle[0]}/pictures/a1/0").status_code == 404


def test_labels_are_text_one_per_line(client, circle):
    answer = client.get(f"/maps/{circle[0]}/labels")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.text.split("\n")) == N_KEYS


def test_a_column_may_have_any_name(client, circle):
    assert client.get(f"/maps/{circle[0]}/column/mean_rating").status_code == 200
    assert client.get(f"/maps/{circle[0]}/column/a%2Fb").json()["received"] == "a/b"


def test_colors_of_a_map_are_cached_and_those_of_seeds_are_not(client, circle, monkeypatch):
    embedding_id, maps = circle
    answer = client.get(f"/maps/{embedding_id}/column/~distortion@{maps[2]}")
    assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert client.get(f"/maps/{embedding_id}/column/~distortion").status_code == 404
    assert "was not measured" in client.get(f"/maps/{embedding_id}/column/~stability").json()["what"]
    stored = StoredStability(None, np.ones(N_KEYS, np.float32), 3, 10)
    monkeypatch.setattr(map_trust, "stability_of", lambda *_: stored)
    answer = client.get(f"/maps/{embedding_id}/column/~stability")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


def test_a_pick_is_compared_with_the_picture_in_few_bytes(client, workspace):
    # The map exchanges two opposite points of the circle.
    embedding = planted()
    embedding_id, maps = keep(workspace, embedding, "exchanged")
    coordinates = np.array(embedding.vectors[:, :2])
    coordinates[[1, 31]] = coordinates[[31, 1]]
    np.save(workspace.layout.projection(maps[2]) / "coordinates.npy", coordinates)
    answer = client.get(f"/maps/{maps[2]}/compared", params={"index": 0})
    assert answer.json() == {"index": 0, "false": [[31, "label 31", 57]], "missing": [1]}
    assert len(answer.content) < 2000
    answer = client.get(f"/maps/{maps[3]}/compared", params={"index": 0})
    assert answer.json() == {"index": 0, "false": [], "missing": []}
    assert client.get(f"/maps/{maps[2]}/compared", params={"index": N_KEYS}).status_code == 400
    assert client.get(f"/maps/{embedding_id}/compared", params={"index": 0}).status_code == 404


def test_neighbors_on_a_circle_are_the_adjacent_points(client, circle):
    answer = client.get(f"/maps/{circle[0]}/neighbors", params={"index": 10, "topn": 2}).json()
    assert {row[0] for row in answer["neighbors"]} == {9, 11}
    assert answer["neighbors"][0][2] == pytest.approx(np.cos(2 * np.pi / N_KEYS), abs=1e-5)


def test_neighbors_with_a_minimum_count_are_the_nearest_frequent_points(client, circle):
    # The counts are 1000 / (row + 1), and so at least 50 up to row 19.
    answer = client.get(f"/maps/{circle[0]}/neighbors", params={"index": 30, "topn": 2, "min_count": 50}).json()
    assert [row[0] for row in answer["neighbors"]] == [19, 18]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "index=1&min_count=-1",
        "index=-1",
        f"index={N_KEYS}",
        "index=1.5",
        "index=a",
        "index=1&topn=0",
        "index=1&topn=101",
        pytest.param("index=²", id="superscript"),
    ],
)
def test_numbers_out_of_bounds_are_refused(client, circle, query):
    answer = client.get(f"/maps/{circle[0]}/neighbors?{query}")
    assert answer.status_code == 400
    assert "whole number" in answer.json()["what"]


def test_neighbors_of_hostile_vectors_are_json_without_nan(client, workspace):
    vectors = np.array([[1, 0], [np.nan, 1], [0, 0], [np.inf, 1], [3e38, 3e38]], np.float32)
    embedding_id, _ = keep(workspace, Embedding(np.hstack([vectors, vectors]), list("abcde")), "diverged")
    for index, (status, near) in enumerate([(200, 2), (400, None), (200, 2), (400, None), (200, 2)]):
        answer = client.get(f"/maps/{embedding_id}/neighbors", params={"index": index})
        assert answer.status_code == status
        assert "NaN" not in answer.text.replace("contains NaN", "")
        assert near is None or len(answer.json()["neighbors"]) == near


def test_a_single_key_has_no_neighbors(client, workspace):
    embedding_id, _ = keep(workspace, Embedding(np.ones((1, 3), np.float32), ["alone"]), "alone")
    answer = client.get(f"/maps/{embedding_id}/neighbors", params={"index": 0})
    assert answer.json() == {"index": 0, "neighbors": []}


def test_search_matches_labels_and_ignores_empty_text(client, circle):
    found = client.get(f"/maps/{circle[0]}/search", params={"q": "LABEL 7"}).json()["found"]
    assert found[0] == [7, "label 7"]
    assert client.get(f"/maps/{circle[0]}/search", params={"q": "  "}).json()["found"] == []
    assert client.get(f"/maps/{circle[0]}/search", params={"q": "x" * 10_000}).json()["found"] == []


@pytest.mark.usefixtures("subwords")
@pytest.mark.parametrize("n_components", [2, 3])
def test_unknown_word_is_placed_between_its_neighbors(client, circle, n_components):
    answer = client.get(f"/maps/{circle[1][n_components]}/place", params={"word": " 4.5 ", "topn": 2})
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    angle = 2 * np.pi * 4.5 / N_KEYS
    assert told["at"] == pytest.approx([2 * np.cos(angle), 2 * np.sin(angle), 0][:n_components], abs=1e-5)
    assert (told["word"], told["how"]) == ("4.5", "exact")
    assert {row[0] for row in told["neighbors"]} == {4, 5}
    assert told["neighbors"][0][2] == pytest.approx(np.cos(np.pi / N_KEYS), abs=1e-5)


@pytest.mark.usefixtures("subwords")
@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 400, "subwords"),
        ("word=zebra", 400, "subwords"),
        ("word=%20%E2%80%AE", 400, "subwords"),
        ("word=" + "x" * 5000, 413, "200 characters"),
        ("word=KEY4", 400, "in the vocabulary"),
        ("word=4.5&topn=0", 400, "whole number"),
        ("word=4.5&topn=101", 400, "whole number"),
    ],
)
def test_unplaceable_word_is_rejected_with_a_reason(client, circle, query, status, said):
    answer = client.get(f"/maps/{circle[1][2]}/place?{query}")
    assert answer.status_code == status
    assert said in answer.json()["what"]


def test_run_without_subwords_does_not_place_words(client, circle):
    assert client.get(f"/maps/{circle[1][2]}/place", params={"word": "4.5"}).status_code == 400
    assert client.get(f"/maps/{circle[0]}/search", params={"q": "4.5"}).json() == {"found": [], "place": None}


@pytest.mark.usefixtures("subwords")
@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param(" Har\u202ebour ", "harbour", id="bidi"),
        ("key4", None),
        ("KEY4", None),
        ("key", "key"),
        ("  ", None),
        ("<b>&", "<b>&"),
    ],
)
def test_search_offers_to_place_unknown_words(client, circle, text, word):
    assert client.get(f"/maps/{circle[0]}/search", params={"q": text}).json()["place"] == word


@pytest.mark.parametrize("bad", ["nothing", "..%2f..%2fetc", "a" * 12, "A" * 12, "%00" * 12])
@pytest.mark.parametrize(
    "kind", ["points", "labels", "column/count", "neighbors?index=0", "search?q=a", "place?word=a"]
)
def test_invalid_id_is_not_found(client, circle, bad, kind):
    answer = client.get(f"/maps/{bad}/{kind}")
    assert answer.status_code == 404


def test_static_files_are_cached_only_under_their_own_version(client):
    current = client.get(urls.static_url("map/main.js"))
    assert current.headers["content-type"].startswith("text/javascript")
    assert "immutable" in current.headers["cache-control"]
    old = client.get("/ui/000000000000/map/main.js")
    assert old.content == current.content
    assert old.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["../routes.py", "..%2froutes.py", "%2e%2e/routes.py", "map/none.js", "/etc/passwd"])
def test_only_listed_files_are_served(client, name):
    assert client.get(f"/ui/{urls.static_version()}/{name}").status_code == 404


def test_plotly_comes_from_the_installed_package(client):
    answer = client.get(urls.plotly_url())
    assert answer.status_code == 200
    assert len(answer.content) > 1_000_000
    assert b"plotly.js v" in answer.content[:200]


def test_map_page_loads_all_modules_at_once_and_knows_the_server(client):
    page = client.get("/map")
    assert page.headers["content-type"].startswith("text/html")
    assert f'src="{bundle.bundle_url()}" data-embedlab-load="map/preload.js"' in page.text
    assert page.text.index("BACKEND_BASE_URL: location.origin") < page.text.index("static/js/index")
    assert re.search(r'<link rel="modulepreload" [^>]*href="/static/js/BidiComponent\.[^"]+\.js"', page.text)
    assert "/maps/" not in page.text
    assert "plotly.min" not in page.text
    # Streamlit's inline script and ours; no others may run.
    policy = page.headers["content-security-policy"]
    assert policy.count("sha256-") == 2
    assert all(digest in policy for digest in inline_script_hashes(page.text))
    assert client.get(bundle.bundle_url()).content == bundle.bundle()


def test_map_page_loads_the_points_of_its_map_early_and_plotly_only_if_it_draws_them(client, circle, monkeypatch):
    embedding_id, maps = circle
    for address in (f"embedding={embedding_id}", f"embedding={embedding_id}&projection={maps[2]}"):
        page = client.get(f"/map?{address}").text
        assert f'crossorigin="anonymous" href="/maps/{maps[2]}/points"' in page
        assert f'id="embedlab-plotly" rel="preload" as="script" href="{urls.plotly_url()}"' in page
    assert f"/maps/{maps[3]}/points" in client.get(f"/map?projection={maps[3]}").text
    monkeypatch.setitem(early.PLOTLY_MOST_POINTS, 2, N_KEYS - 1)
    assert "plotly.min" not in client.get(f"/map?embedding={embedding_id}").text


def test_map_page_loads_the_columns_of_its_map_early_if_they_are_known(client, circle):
    embedding_id, maps = circle
    resources._cache().clear()
    assert "/column/" not in client.get(f"/map?embedding={embedding_id}").text
    resources.load_embedding(embedding_id)
    for chosen, loaded in (
        ("", ["genres"]),
        ("&color=mean_rating", ["mean_rating"]),
        ("&color=-", []),
        ("&color=x", []),
    ):
        page = client.get(f"/map?projection={maps[2]}{chosen}").text
        found = re.findall(r'href="(/maps/[^"]+/column/[^"]+)"', page)
        assert found == [f"/maps/{embedding_id}/column/{name}?v={early.COLUMN_FORMAT}" for name in loaded]
        assert [client.get(url).status_code for url in found] == [200] * len(loaded)
    text = urls.static_files()["map/columns.js"].read_text(encoding="utf-8")
    assert f"const FORMAT = {early.COLUMN_FORMAT};" in text


@pytest.mark.parametrize(
    "address",
    ["embedding=" + "a" * 12, "projection=" + "a" * 12, "projection=../x", "embedding="],
    ids=["embedding", "projection", "path", "empty"],
)
def test_map_page_of_an_unknown_id_loads_no_points_early(client, circle, address):
    page = client.get(f"/map?{address}")
    assert page.status_code == 200
    assert "/maps/" not in page.text


def test_limits_of_plotly_are_those_of_the_browser():
    text = urls.static_files()["map/renderers.js"].read_text(encoding="utf-8")
    limits = re.search(r"PLOTLY_MOST_POINTS = \{ 2: (\d+), 3: (\d+) \}", text)
    assert limits is not None
    assert {2: int(limits[1]), 3: int(limits[2])} == early.PLOTLY_MOST_POINTS


def test_cross_site_requests_are_refused_but_links_work(client, circle):
    url = f"/maps/{circle[0]}/labels"
    assert client.get(url, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get(url, headers={"sec-fetch-site": "same-origin"}).status_code == 200
    assert client.get("/map", headers={"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}).status_code == 200


def test_every_own_route_uses_the_guard(circle, workspace, monkeypatch):
    monkeypatch.setattr(routes, "authorized", lambda request: False)
    client = TestClient(Starlette(routes=routes.routes()))
    for route in routes.routes():
        names = {"version": "x", "name": "map/main.js", "digest": "x", "other": circle[0], "side": 0, "number": 0}
        path = route.path_format.format(id=circle[0], **names)
        (method,) = route.methods - {"HEAD"}
        assert client.request(method, path).status_code == 403, path


def test_internal_error_reveals_nothing(circle, workspace, monkeypatch):
    monkeypatch.setattr(routes.map_data, "labels_bytes", lambda labels: 1 / 0)
    client = TestClient(Starlette(routes=routes.routes()), raise_server_exceptions=False)
    answer = client.get(f"/maps/{circle[0]}/labels")
    assert answer.status_code == 500
    assert "Zero" not in answer.text


def test_routes_are_below_the_base_path(monkeypatch):
    monkeypatch.setattr(config, "get_option", lambda name: "/lab/" if name == "server.baseUrlPath" else None)
    assert all(route.path.startswith("/lab/") for route in routes.routes())
    assert urls.static_url("map/main.js").startswith("/lab/ui/")
    assert urls.plotly_url().startswith("/lab/vendor/")


def test_a_running_layout_answers_with_its_newest_frame(client, circle, workspace):
    embedding_id, _ = circle
    job_id = QuietJobs(workspace).submit_projection(embedding_id, "tsne", 2).id
    frames, rows = f"/layouts/{job_id}/frame", f"/layouts/{job_id}/rows"
    assert client.get(frames).status_code == client.get(rows).status_code == 204
    projection = ProjectionContext(2)
    context = JobContext(workspace.layout.job(job_id), 1, threading.Event())
    LiveLayout(context, np.arange(0, N_KEYS, 2)).attach(projection)
    projection.stops_after(20, 750)
    points = np.arange(N_KEYS, dtype=np.float32).reshape(-1, 2)
    projection.frame(lambda: points)
    answer = client.get(frames, params={"since": 0})
    assert answer.headers["cache-control"] == "no-store"
    assert np.frombuffer(answer.content, "<u4", count=4).tolist() == [1, 20, 750, 2]
    np.testing.assert_array_equal(np.frombuffer(answer.content, "<f4", offset=16).reshape(-1, 2), points)
    np.testing.assert_array_equal(np.frombuffer(client.get(rows).content, "<i4"), np.arange(0, N_KEYS, 2))
    assert client.get(frames, params={"since": 1}).status_code == 204
    assert client.get(frames, params={"since": -1}).status_code == 400
    assert client.get("/layouts/zzzzzzzzzzzz/frame").status_code == 404
