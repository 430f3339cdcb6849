"""The route of the HTML file: it takes what is seen, and not more than that."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from embedlab.ui.map.outside.seen import LARGEST_BYTES
from embedlab.ui.server import lifecycle as server
from embedlab.ui.server import routes
from tests.ui.map.outside.sent import header, sent


@pytest.fixture
def client(workspace):
    return TestClient(Starlette(routes=routes.routes(), middleware=server.middleware()), base_url="http://localhost")


def test_a_file_is_a_download_of_what_was_sent(client, circle):
    answer = client.post(f"/maps/{circle[1][2]}/page", content=sent(header()))
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "label 2" in answer.text


def test_what_is_not_a_map_is_refused(client, circle):
    url = f"/maps/{circle[1][2]}/page"
    wrong = client.post(url, content=b"?")
    assert (wrong.status_code, wrong.json()["remedy"]) == (400, "Reload the page.")
    large = client.post(url, content=bytes(LARGEST_BYTES + 1))
    assert (large.status_code, large.json()["what"]) == (413, "The content can have at most 16 MB.")
    assert client.post("/maps/zzzzzzzzzzzz/page", content=sent(header())).status_code == 404
    assert client.post("/maps/../page", content=sent(header())).status_code in {404, 405}
    assert client.get(url).status_code == 405


def test_pages_of_other_sites_cannot_ask_for_it(client, circle):
    foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
    answer = client.post(f"/maps/{circle[1][2]}/page", content=sent(header()), headers=foreign)
    assert answer.status_code == 403
