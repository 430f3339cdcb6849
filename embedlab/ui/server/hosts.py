"""Allowed hosts and origins: the defense against DNS rebinding and requests from other sites.

A page of another site can reach a server on this machine if its host name resolves to 127.0.0.1 (DNS rebinding). The
browser then treats both as the same origin, and only the `Host` header still shows the foreign name. Therefore every
HTTP request and WebSocket handshake must have exactly one `Host` header on the allowlist, and an `Origin` header, if
present, must be the origin of that host. Streamlit's own checks stay on, but they accept every port of localhost.

Sources: RFC 9110 section 7.2 (Host), RFC 6454 (Origin), RFC 6455 section 10.2 (WebSocket origins), and the W3C's Fetch
Metadata Request Headers.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from embedlab.core.errors import InputError

SETTING = "EMBEDLAB_ALLOWED_HOSTS"
#: Names of this machine that are always allowed, with the port that the server listens on.
OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")
_LONGEST = 300
_HOST = re.compile(
    r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\.?(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

WRONG_HOST = (
    f"EmbedLab does not answer to this host name. To allow it, add it to the setting {SETTING} (host[:port], separated "
    "by commas) and restart the server.\n"
)
WRONG_ORIGIN = (
    "EmbedLab refuses requests made by pages of another origin. If this address is your own, add its host to the "
    f"setting {SETTING}; a proxy must pass the Host header on unchanged.\n"
)
BAD_REQUEST = f"A request needs exactly one valid Host header, and a path. Allowed hosts: see the setting {SETTING}.\n"


@dataclass(frozen=True)
class Host:
    """A host name with an optional port.

    The name is lowercase, without a trailing dot; an IPv6 address is in brackets and in its shortest form.
    """

    name: str
    port: int | None = None


def parse_host(text: str) -> Host | None:
    """Parse a `Host` header or an entry of the setting; return None if it is malformed.

    User information, paths, spaces and anything else that is not `host[:port]` is malformed.
    """
    match = _HOST.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    name = match["name"].lower()
    if name.startswith("["):
        try:
            name = f"[{ipaddress.IPv6Address(name[1:-1])}]"
        except ValueError:
            return None
    elif ".." in name:
        return None
    port = None if match["port"] is None else int(match["port"])
    return Host(name, port) if port is None or 1 <= port <= 65535 else None


def parse_allowed(setting: str) -> tuple[Host, ...]:
    """Return the hosts in the setting; raises `InputError` for an entry that is not `host[:port]`."""
    hosts = []
    for entry in filter(None, (part.strip() for part in setting.split(","))):
        host = parse_host(entry)
        if host is None:
            raise InputError(
                f"The setting {SETTING} has an entry that is not a host.",
                received=entry,
                remedy="Write host or host:port, separated by commas, without https:// and without wildcards.",
            )
        hosts.append(host)
    return tuple(hosts)


def is_allowed(host: Host, allowed: Iterable[Host], server_port: int | None, default_port: int) -> bool:
    """Return whether the server accepts `host`.

    Parameters
    ----------
    host
        The host in the request.
    allowed
        The hosts in the setting. An entry without a port means the ports that a browser omits (80 and 443) and the
        server's own.
    server_port
        The port the server listens on; None for a Unix socket.
    default_port
        The default port of the connection's scheme, if the request has none.
    """
    port = host.port or default_port
    if server_port is not None and host.name in OWN_NAMES and port == server_port:
        return True
    for entry in allowed:
        ports = {80, 443, server_port} if entry.port is None else {entry.port}
        # Behind a TLS proxy, the connection's scheme does not tell which port the browser omitted.
        requested = {host.port} if host.port is not None else {80, 443}
        if entry.name == host.name and ports & requested:
            return True
    return False


def is_same_origin(origin: str, host: Host) -> bool:
    """Return whether an `Origin` header matches `host`, including the port; `null` never does."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    of_origin = parse_host(parts.netloc) if parts.scheme in {"http", "https"} else None
    if of_origin is None or origin != f"{parts.scheme}://{parts.netloc}":
        return False
    default = _DEFAULT_PORTS[parts.scheme]
    return (of_origin.name, of_origin.port or default) == (host.name, host.port or default)


def is_of_own_page(headers: Headers) -> bool:
    """Return whether a request comes from the app's own pages, from a person, or from a program other than a browser.

    Browsers mark requests by pages of other sites. A `same-site` request comes from another port of this machine or
    from a sibling domain, which is also foreign.
    """
    return headers.get("sec-fetch-site", "none") in {"same-origin", "none"}


def is_followed_link(headers: Headers) -> bool:
    """Return whether a request opens a whole page, for example through a link on another site."""
    return headers.get("sec-fetch-dest") == "document"


class HostGuard:
    """ASGI middleware that refuses requests and WebSockets from unknown hosts and other origins.

    Parameters
    ----------
    app
        The wrapped ASGI application.
    allowed
        Allowed hosts in addition to this machine's own names.
    """

    def __init__(self, app: ASGIApp, allowed: tuple[Host, ...] = ()) -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        refusal = self.refusal(scope) if scope["type"] in {"http", "websocket"} else None
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            await refuse(scope, receive, send, *refusal)

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and text of a refusal, or None if the request is allowed."""
        headers = Headers(scope=scope)
        headers_host = headers.getlist("host")
        host = parse_host(headers_host[0]) if len(headers_host) == 1 else None
        # An absolute address in place of the path names a second host.
        if host is None or not scope["path"].startswith("/"):
            return 400, BAD_REQUEST
        server = scope.get("server") or (None, None)
        if not is_allowed(host, self.allowed, server[1], _DEFAULT_PORTS.get(scope.get("scheme", "http"), 80)):
            return 421, WRONG_HOST
        # Browsers send an Origin with every WebSocket handshake and every request that can change something, and
        # scripts cannot remove it. A WebSocket without one is therefore from another program, not a web page, and the
        # Host header and the access token decide. An Origin with a GET indicates a cross-origin read.
        origins = headers.getlist("origin")
        if len(origins) > 1 or not all(is_same_origin(origin, host) for origin in origins):
            return 403, WRONG_ORIGIN
        is_read = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        if is_of_own_page(headers) or (is_read and is_followed_link(headers)):
            return None
        return 403, WRONG_ORIGIN


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    """Respond to a request or a WebSocket handshake with a line of plain text."""
    response = PlainTextResponse(text, status_code=status, headers={"cache-control": "no-store"})
    if scope["type"] == "websocket" and "websocket.http.response" not in (scope.get("extensions") or {}):
        # Closing a WebSocket before accepting it sends status 403.
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    await response(scope, receive, send)
