"""The access token: sent once, stored in a cookie, and not exposed anywhere else."""

from __future__ import annotations

import logging

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from embedlab.core.errors import InputError
from embedlab.core.settings import Settings, load_settings
from embedlab.jobs.engine import processes
from embedlab.ui.server.access import SCOPE_KEY, AccessGuard, HideToken, token_of
from embedlab.ui.server.middleware import SecurityHeaders

TOKEN = "correct-horse-battery"


async def _echo(websocket):
    await websocket.accept()
    await websocket.send_text("in")
    await websocket.close()


def client(**options):
    def inside(request):
        return JSONResponse({"query": str(request.url.query), "has": request.scope[SCOPE_KEY]})

    app = Starlette(
        routes=[
            Route("/{path:path}", inside, methods=["GET", "POST"]),
            WebSocketRoute("/_stcore/stream", _echo),
        ],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(AccessGuard, token=TOKEN, open_paths=frozenset({"/healthz"}), **options),
        ],
    )
    return TestClient(app, base_url="http://localhost", follow_redirects=False)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/_stcore/upload_file/a/b", "/media/x", "/static/x.js", "/healthz/", "/maps/1"])
def test_requests_without_a_token_are_refused(method, path):
    answer = client().request(method, path)
    assert answer.status_code == 403
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert "EMBEDLAB_ACCESS_TOKEN" in answer.text or method == "HEAD"


def test_token_sets_a_cookie_and_redirects_without_it():
    browser = client()
    answer = browser.get(f"/map?embedding=a%20b&token={TOKEN}&key=")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/map?embedding=a+b&key="
    assert answer.headers["referrer-policy"] == "no-referrer"
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    inside = browser.get(answer.headers["location"])
    assert inside.json() == {"query": "embedding=a+b&key=", "has": True}
    assert browser.post("/").status_code == 200
    with browser.websocket_connect("ws://localhost/_stcore/stream") as socket:
        assert socket.receive_text() == "in"


def test_the_cookie_is_for_tls_only_where_there_is_tls():
    browser = client()
    assert "Secure" not in browser.get(f"/?token={TOKEN}").headers["set-cookie"]
    browser.base_url = "https://localhost"
    assert "Secure" in browser.get(f"/?token={TOKEN}").headers["set-cookie"]


@pytest.mark.parametrize(
    "query",
    [
        "token=",
        "token=wrong",
        f"token={TOKEN}x",
        f"token={TOKEN[:-1]}",
        f"token={TOKEN.upper()}",
        f"Token={TOKEN}",
        "token=%FF%FE",
        f"token={'x' * 20_000}",
        f"x={'y' * 20_000}&token={TOKEN}",
    ],
    ids=["empty", "wrong", "longer", "shorter", "upper", "other-name", "no-text", "long", "long-query"],
)
def test_a_wrong_token_does_not_get_in_and_is_not_repeated(query):
    answer = client().get(f"/?{query}")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "?token=" in answer.text
    assert "wrong" not in answer.text
    assert TOKEN not in answer.text


def test_token_is_accepted_only_for_get_requests():
    assert client().post(f"/?token={TOKEN}").status_code == 403
    with pytest.raises(WebSocketDisconnect), client().websocket_connect(f"ws://localhost/_stcore/stream?token={TOKEN}"):
        pass


@pytest.mark.parametrize("value", ["", "x", TOKEN, "0" * 64, "é"], ids=["empty", "x", "token", "zeros", "accent"])
def test_a_made_up_cookie_does_not_get_in(value):
    header = f"embedlab-access-80={value}".encode()
    assert client().get("/", headers={b"cookie": header}).status_code == 403


def test_wrong_token_is_removed_from_the_url_with_a_cookie():
    browser = client()
    browser.get(f"/?token={TOKEN}")
    answer = browser.get("/ask?token=old&q=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ask?q=1")


@pytest.mark.parametrize("path", ["//evil.example/x", "/%2Fevil.example", "/%5Cevil.example", "/a%0D%0Aset-cookie:x=1"])
def test_the_redirect_stays_on_this_host(path):
    location = client().get(f"http://localhost{path}?token={TOKEN}").headers["location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "\r" not in location


def test_sign_in_page_escapes_the_url():
    answer = client().get('/"><script>alert(1)</script>')
    assert answer.status_code == 403
    assert "<script" not in answer.text


def test_open_path_receives_the_authentication_state():
    browser = client()
    assert browser.get("/healthz").json()["has"] is False
    browser.get(f"/?token={TOKEN}")
    assert browser.get("/healthz").json()["has"] is True


def test_auto_is_a_new_token_each_time_and_long_enough():
    tokens = {token_of("auto") for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 22 for token in tokens)
    assert (token_of(""), token_of(TOKEN)) == ("", TOKEN)


@pytest.mark.parametrize(
    "value",
    ["short", "fifteen-letters", "with spaces in it!", "x" * 201, "Auto", "ümlaut-ümlaut-ümlaut", "sixteen-letters-\n"],
    ids=["short", "fifteen", "spaces", "long", "upper-auto", "no-ascii", "line-break"],
)
def test_invalid_token_setting_is_rejected_and_not_shown(value):
    with pytest.raises(InputError, match="EMBEDLAB_ACCESS_TOKEN") as caught:
        load_settings({"EMBEDLAB_ACCESS_TOKEN": value})
    assert value not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_token_is_not_shown_with_the_settings():
    assert TOKEN not in repr(Settings(access_token=TOKEN))


def test_the_token_is_hidden_in_the_log_of_requests(caplog):
    logger = logging.getLogger("test.access")
    logger.addFilter(HideToken())
    with caplog.at_level(logging.INFO, "test.access"):
        logger.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", f"/map?a=1&token={TOKEN}&b=2", "1.1", 303)
        logger.info(f'"WebSocket /x?token={TOKEN}" [accepted]')
    assert TOKEN not in caplog.text
    assert "/map?a=1&token=[hidden]&b=2" in caplog.text


def test_workers_do_not_get_the_token(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDLAB_ACCESS_TOKEN", TOKEN)
    environment = processes._environment(
        load_settings({"EMBEDLAB_HOME": str(tmp_path), "EMBEDLAB_ACCESS_TOKEN": TOKEN})
    )
    assert TOKEN not in environment.values()
    assert load_settings(environment).access_token == ""
