from pathlib import Path

import streamlit
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from embedlab.ui.server import lifecycle as server
from embedlab.ui.server.middleware import content_security_policy, inline_script_hashes


def answer_headers():
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("x"))], middleware=server.middleware())
    return TestClient(app, base_url="http://localhost").get("/").headers


def directives():
    parts = (part.split(" ", 1) for part in content_security_policy().split("; "))
    return {name: sources.split() for name, sources in parts}


def test_every_response_has_the_headers():
    headers = answer_headers()
    assert headers["content-security-policy"] == content_security_policy()
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_json_may_load_nothing():
    app = Starlette(routes=[Route("/", lambda request: JSONResponse({}))], middleware=server.middleware())
    headers = TestClient(app, base_url="http://localhost").get("/").headers
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"


def test_images_of_streamlit_are_cached_but_not_its_other_files():
    def answer(request):
        return Response(b"x", media_type="image/png" if request.path_params["name"].endswith("png") else "text/csv")

    app = Starlette(
        routes=[Route("/lab/media/{name}", answer), Route("/{name}", answer)], middleware=server.middleware()
    )
    client = TestClient(app, base_url="http://localhost")
    assert "immutable" in client.get("/lab/media/0a1b.png").headers["cache-control"]
    assert "cache-control" not in client.get("/lab/media/0a1b.csv").headers
    assert "cache-control" not in client.get("/0a1b.png").headers


def test_404_response_has_the_headers():
    app = Starlette(middleware=server.middleware())
    assert "content-security-policy" in TestClient(app, base_url="http://localhost").get("/nothing").headers


def test_no_source_is_outside():
    allowed = {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "blob:", "data:"}
    for name, sources in directives().items():
        assert all(source in allowed or source.startswith("'sha256-") for source in sources), name


def test_scripts_in_the_page_run_only_by_their_hash():
    scripts = directives()["script-src"]
    assert "'unsafe-inline'" not in scripts
    assert "data:" not in scripts
    index = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    assert set(inline_script_hashes(index)) <= set(scripts)


def test_the_hash_is_the_one_browsers_compute():
    # Published example of the CSP specification's implementers: echo -n "doSomething();" | openssl sha256 -binary.
    assert inline_script_hashes("<script>doSomething();</script>") == [
        "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='"
    ]
