"""A real server with raw requests, and WebSockets with arbitrary headers."""

from __future__ import annotations

import re
import socket
import time
from http.cookies import SimpleCookie

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.browser.conftest import Server

#: A server may be busy, and a machine stand still: httpx and websockets give up after 5 and 10 seconds.
PATIENCE_S = 60.0
OPEN_PATHS = ("/", "/map", "/_stcore/health", "/_stcore/host-config", "/static/index.js", "/media/x", "/vendor/x/y")


class TokenServer(Server):
    """A server that needs a token of its own."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "EMBEDLAB_ACCESS_TOKEN": "auto"}


def _started(server):
    server.start()
    yield server
    if server.process is not None:
        server.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    yield from _started(Server(tmp_path_factory.mktemp("open")))


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    yield from _started(TokenServer(tmp_path_factory.mktemp("locked")))


def get(url: str, **options) -> httpx.Response:
    return httpx.get(url, timeout=PATIENCE_S, **options)


def raw(server, request: str) -> int:
    """Send bytes as they are; return the status of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode("latin-1"))
        return int(connection.makefile("rb").readline().split(b" ")[1])


def stream(server, **headers):
    """Open Streamlit's WebSocket with these headers (underscores for dashes) and close it again."""
    host = headers.pop("host", f"127.0.0.1:{server.port}")
    with (
        socket.create_connection(("127.0.0.1", server.port)) as connection,
        connect(
            f"ws://{host}/_stcore/stream",
            sock=connection,
            proxy=None,
            open_timeout=PATIENCE_S,
            additional_headers={name.replace("_", "-"): value for name, value in headers.items()},
        ),
    ):
        return 101


def refused_stream(server, **headers) -> int:
    with pytest.raises(InvalidStatus) as caught:
        stream(server, **headers)
    return caught.value.response.status_code


@pytest.mark.parametrize("path", OPEN_PATHS)
def test_every_path_checks_the_host(server, path):
    answer = get(f"{server.origin}{path}", headers={"host": f"evil.example:{server.port}"})
    assert answer.status_code == 421
    assert answer.text.count("\n") == 1
    assert "EMBEDLAB_ALLOWED_HOSTS" in answer.text
    assert get(f"{server.origin}{path}").status_code in {200, 404}


def test_uploads_of_another_host_or_origin_are_refused(server):
    url = f"{server.origin}/_stcore/upload_file/session/file"
    for headers in ({"host": "evil.example"}, {"origin": "http://localhost:1"}, {"origin": "null"}):
        assert httpx.put(url, timeout=PATIENCE_S, headers=headers, content=b"x").status_code in {403, 421}


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        pytest.param("GET / HTTP/1.1\nHost: localhost:{port}\n\n", 200, id="localhost"),
        pytest.param("GET / HTTP/1.1\nHost: LocalHost.:{port}\n\n", 200, id="case-and-dot"),
        pytest.param("GET / HTTP/1.1\nHost: [::1]:{port}\n\n", 200, id="ipv6"),
        pytest.param("GET / HTTP/1.1\nHost: localhost:{port}\nHost: localhost:{port}\n\n", 400, id="two-hosts"),
        pytest.param("GET / HTTP/1.1\nHost: localhost:{port}\nHost: evil.example\n\n", 400, id="second-host-evil"),
        pytest.param("GET / HTTP/1.1\n\n", 400, id="no-host"),
        pytest.param("GET / HTTP/1.0\n\n", 400, id="http-1.0-no-host"),
        pytest.param("GET / HTTP/1.1\nHost: x@localhost:{port}\n\n", 400, id="userinfo"),
        pytest.param("GET http://evil.example/ HTTP/1.1\nHost: localhost:{port}\n\n", 400, id="absolute-address"),
        pytest.param("GET http://localhost:{port}/ HTTP/1.1\nHost: evil.example\n\n", 400, id="absolute-evil-host"),
        pytest.param("OPTIONS * HTTP/1.1\nHost: localhost:{port}\n\n", 400, id="asterisk"),
        pytest.param("GET / HTTP/1.1\nHost: 127.0.0.1.nip.io:{port}\n\n", 421, id="wildcard-dns"),
    ],
)
def test_raw_requests(server, request_text, status):
    assert raw(server, request_text.format(port=server.port)) == status


def test_websocket_checks_host_and_origin(server):
    own = f"127.0.0.1:{server.port}"
    assert stream(server) == 101
    assert stream(server, origin=f"http://{own}") == 101
    assert stream(server, host=f"localhost:{server.port}", origin=f"http://localhost:{server.port}") == 101
    evil = f"evil.example:{server.port}"
    assert refused_stream(server, host=evil) == 421
    # What a rebound name sends: both are the same, and both are foreign.
    assert refused_stream(server, host=evil, origin=f"http://{evil}") == 421
    for origin in ("http://evil.example", "http://localhost:9999", f"http://localhost:{server.port}", "null"):
        assert refused_stream(server, origin=origin) == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_own_routes_allow_only_get(server, method):
    for path in ("/map", "/healthz", "/maps/aaaaaaaaaaaa/labels", "/exports/aaaaaaaaaaaa"):
        answer = httpx.request(method, f"{server.origin}{path}", timeout=PATIENCE_S)
        assert answer.status_code == 405, path
        assert "Traceback" not in answer.text


def test_an_automatic_token_is_in_the_log_and_opens_every_path(locked):
    addresses = re.findall(r"http://localhost:\d+/\?token=[\w-]+", locked.log.read_text())
    assert len(addresses) == 1
    token = addresses[0].split("=")[1]
    for path in ("/", "/map", "/_stcore/host-config", "/static/index.js", "/media/x"):
        assert get(f"{locked.origin}{path}").status_code == 403, path
    assert get(f"{locked.origin}/_stcore/health").text == "ok"
    assert refused_stream(locked) == 403

    with httpx.Client(timeout=PATIENCE_S) as browser:
        entered = browser.get(f"{locked.origin}/?token={token}&x=1")
        assert (entered.status_code, entered.headers["location"]) == (303, "/?x=1")
        assert browser.get(f"{locked.origin}/?x=1").status_code == 200
    (cookie,) = SimpleCookie(entered.headers["set-cookie"]).values()
    assert stream(locked, cookie=f"{cookie.key}={cookie.value}") == 101
    assert refused_stream(locked, cookie=f"{cookie.key}={token}") == 403
    assert locked.log.read_text().count(token) == 1


def test_the_health_route_of_a_running_server_says_ok_and_without_a_token_nothing_else(server, locked):
    # A server answers before it has looked at its queue for the first time, and says so.
    for each in (server, locked):
        end = time.monotonic() + PATIENCE_S
        while get(f"{each.origin}/healthz").status_code == 503 and time.monotonic() < end:
            time.sleep(0.1)
    answer = get(f"{server.origin}/healthz")
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    assert get(f"{locked.origin}/healthz").json() == {"ok": True}


def test_invalid_setting_stops_the_server_with_one_line(tmp_path):
    class Broken(Server):
        @property
        def environment(self):
            return {**super().environment, "EMBEDLAB_ALLOWED_HOSTS": "https://lab.example.org"}

    broken = Broken(tmp_path / "home")
    broken.launch()
    assert broken.process.wait(timeout=60) == 1
    log = broken.log.read_text()
    assert "EMBEDLAB_ALLOWED_HOSTS" in log
    assert "Traceback" not in log
