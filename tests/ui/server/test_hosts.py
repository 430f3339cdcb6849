"""Accepted Host and Origin headers, including ones that no browser would send."""

from __future__ import annotations

import asyncio

import pytest

from embedlab.core.errors import InputError
from embedlab.ui.server.hosts import Host, HostGuard, is_same_origin, parse_allowed, parse_host

PORT = 8501


async def _app(scope, receive, send):
    await send({"type": "passed"})


def ask(headers, *, allowed="", kind="http", method="GET", path="/", port=PORT, scheme="http"):
    """Return 'passed', or the status the guard refuses with."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "scheme": scheme,
        "server": ("127.0.0.1", port) if port else ("/run/app.sock", None),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }
    asyncio.run(HostGuard(_app, parse_allowed(allowed))(scope, None, send))
    first = sent[0]
    if first["type"] == "passed":
        return "passed"
    return 403 if first["type"] == "websocket.close" else first["status"]


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("localhost:8501", id="localhost"),
        pytest.param("127.0.0.1:8501", id="ipv4"),
        pytest.param("[::1]:8501", id="ipv6"),
        pytest.param("[0:0:0:0:0:0:0:1]:8501", id="ipv6-long"),
        pytest.param("LOCALHOST:8501", id="upper-case"),
        pytest.param("localhost.:8501", id="trailing-dot"),
    ],
)
def test_own_names_with_own_port_pass(host):
    assert ask([("host", host)]) == "passed"
    assert ask([("host", host)], kind="websocket") == "passed"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("evil.example:8501", 421, id="rebound-name"),
        pytest.param("localhost:9999", 421, id="other-port"),
        pytest.param("localhost", 421, id="no-port"),
        pytest.param("localhost.evil.example:8501", 421, id="prefix"),
        pytest.param("evil-localhost:8501", 421, id="suffix"),
        pytest.param("127.0.0.1.nip.io:8501", 421, id="wildcard-dns"),
        pytest.param("127.1:8501", 421, id="short-ipv4"),
        pytest.param("2130706433:8501", 421, id="decimal-ipv4"),
        pytest.param("0.0.0.0:8501", 421, id="any-address"),
        pytest.param("[::ffff:127.0.0.1]:8501", 421, id="mapped-ipv6"),
        pytest.param("user@localhost:8501", 400, id="userinfo"),
        pytest.param("localhost:8501@evil.example", 400, id="userinfo-port"),
        pytest.param("localhost:8501/x", 400, id="path"),
        pytest.param("localhost:8501, evil.example", 400, id="list"),
        pytest.param("localhost:99999", 400, id="port-too-large"),
        pytest.param("localhost:", 400, id="empty-port"),
        pytest.param("localhost:८५०१", 400, id="other-digits"),
        pytest.param(" localhost:8501", 400, id="space"),
        pytest.param("localhost:8501\n", 400, id="line-break"),
        pytest.param("", 400, id="empty"),
        pytest.param("::1", 400, id="bare-ipv6"),
        pytest.param("[::1%25lo]:8501", 400, id="zone"),
        pytest.param("[]:8501", 400, id="empty-brackets"),
        pytest.param("localhost..:8501", 400, id="two-dots"),
        pytest.param("x" * 400, 400, id="long"),
    ],
)
def test_other_hosts_are_refused(host, status):
    encoded = host.encode("utf-8").decode("latin-1")
    assert ask([("host", encoded)]) == status
    assert ask([("host", encoded)], kind="websocket") == 403


def test_request_needs_exactly_one_host_and_a_path():
    assert ask([]) == 400
    assert ask([("host", "localhost:8501"), ("host", "localhost:8501")]) == 400
    assert ask([("host", "localhost:8501"), ("host", "evil.example")]) == 400
    assert ask([("host", "localhost:8501")], path="http://evil.example/") == 400


def test_default_port_is_the_one_that_browsers_omit():
    assert ask([("host", "localhost")], port=80) == "passed"
    assert ask([("host", "localhost")], port=443, scheme="https") == "passed"
    assert ask([("host", "localhost")], port=443) == 421


@pytest.mark.parametrize(
    ("setting", "host", "expected"),
    [
        pytest.param("lab.example.org", "lab.example.org", "passed", id="behind-a-proxy"),
        pytest.param("lab.example.org", "LAB.example.org.", "passed", id="same-name-written-otherwise"),
        pytest.param("lab.example.org", "lab.example.org:8501", "passed", id="own-port"),
        pytest.param("lab.example.org", "lab.example.org:443", "passed", id="explicit-default-port"),
        pytest.param("lab.example.org", "lab.example.org:9000", 421, id="foreign-port"),
        pytest.param("lab.example.org:9000", "lab.example.org:9000", "passed", id="named-port"),
        pytest.param("lab.example.org:9000", "lab.example.org", 421, id="named-port-missing"),
        pytest.param("lab.example.org:443", "lab.example.org", "passed", id="tls-port-left-out"),
        pytest.param(" a.org , [2001:DB8::1]:8501 ,", "[2001:db8:0::1]:8501", "passed", id="ipv6"),
        pytest.param("localhost:9000", "localhost:9000", "passed", id="ssh-tunnel"),
        pytest.param("example.org", "lab.example.org", 421, id="subdomain"),
    ],
)
def test_the_setting_adds_hosts(setting, host, expected):
    assert ask([("host", host)], allowed=setting) == expected


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param("*", id="wildcard"),
        pytest.param("*.example.org", id="wildcard-subdomain"),
        pytest.param("https://lab.example.org", id="address"),
        pytest.param("lab.example.org/app", id="path"),
        pytest.param("lab.example.org:0", id="port-zero"),
    ],
)
def test_invalid_entry_is_rejected_with_its_text(entry):
    with pytest.raises(InputError, match="EMBEDLAB_ALLOWED_HOSTS") as caught:
        parse_allowed(f"fine.example,{entry}")
    assert caught.value.received == entry


def test_with_a_unix_socket_only_the_setting_counts():
    assert ask([("host", "localhost:8501")], port=None) == 421
    assert ask([("host", "lab.example.org")], port=None, allowed="lab.example.org") == "passed"


FOREIGN = [
    pytest.param("http://evil.example", id="other-site"),
    pytest.param("http://localhost:9999", id="other-port"),
    pytest.param("http://127.0.0.1:8501", id="other-name-of-this-machine"),
    pytest.param("http://localhost", id="no-port"),
    pytest.param("https://localhost", id="tls-default-port"),
    pytest.param("null", id="null"),
    pytest.param("", id="empty"),
    pytest.param("file://localhost:8501", id="file"),
    pytest.param("chrome-extension://localhost:8501", id="extension"),
    pytest.param("http://localhost:8501/", id="path"),
    pytest.param("http://x@localhost:8501", id="userinfo"),
    pytest.param("http://[::1", id="malformed"),
    pytest.param("http://localhost:8501 http://evil.example", id="list"),
]


@pytest.mark.parametrize("origin", FOREIGN)
def test_an_origin_that_is_not_of_the_host_is_refused(origin):
    headers = [("host", "localhost:8501"), ("origin", origin)]
    for kind, method in (("http", "GET"), ("http", "POST"), ("http", "PUT"), ("http", "OPTIONS"), ("websocket", "GET")):
        assert ask(headers, kind=kind, method=method) == 403, (kind, method)


def test_two_origins_are_refused():
    own = ("origin", "http://localhost:8501")
    assert ask([("host", "localhost:8501"), own, own]) == 403


def test_own_origin_passes_behind_a_tls_proxy():
    for kind, method in (("http", "POST"), ("http", "GET"), ("websocket", "GET")):
        headers = [("host", "LOCALHOST:8501"), ("origin", "http://localhost:8501")]
        assert ask(headers, kind=kind, method=method) == "passed"
        headers = [("host", "lab.example.org"), ("origin", "https://lab.example.org")]
        assert ask(headers, kind=kind, method=method, allowed="lab.example.org") == "passed"
    assert not is_same_origin("https://lab.example.org", Host("lab.example.org", 80))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_cross_site_requests_are_refused_but_links_work(site):
    host = ("host", "localhost:8501")
    assert ask([host, ("sec-fetch-site", site), ("sec-fetch-dest", "script")]) == 403
    assert ask([host, ("sec-fetch-site", site), ("sec-fetch-dest", "iframe")]) == 403
    assert ask([host, ("sec-fetch-site", site), ("sec-fetch-dest", "document")]) == "passed"
    assert ask([host, ("sec-fetch-site", site), ("sec-fetch-dest", "document")], method="POST") == 403
    assert ask([host, ("sec-fetch-site", site)], kind="websocket") == 403


def test_hosts_are_parsed_into_name_and_port():
    assert parse_host("Lab.Example.org.:80") == Host("lab.example.org", 80)
    assert parse_host("[::0001]") == Host("[::1]")
    assert parse_host("under_score.example") == Host("under_score.example")
