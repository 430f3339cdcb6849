"""Access token that every request needs, for shared machines: the setting `EMBEDLAB_ACCESS_TOKEN`.

The client sends the token once, as `?token=...` in the URL. The response sets a cookie and redirects to the same URL
without the token, which keeps it out of bookmarks, copied links and the browser's history. Pages send no `Referer`
(`SecurityHeaders`). Jupyter Server uses the same scheme.
"""

from __future__ import annotations

import hmac
import html
import logging
import re
import secrets
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from embedlab.ui.server.hosts import refuse

SETTING = "EMBEDLAB_ACCESS_TOKEN"
PARAMETER = "token"
AUTO = "auto"
#: Key in the ASGI scope: whether the request is authenticated. Set only if a token is required.
SCOPE_KEY = "embedlab.has_token"
_LONGEST_QUERY = 8_000
_TOKEN_IN_URL = re.compile(rf"(?<=[?&]{PARAMETER}=)[^&\s\"]+")


def token_of(setting: str) -> str:
    """Return the token for a setting: its value, a new random token (128 bits) for `auto`, or an empty string."""
    return secrets.token_urlsafe(16) if setting == AUTO else setting


class AccessGuard:
    """ASGI middleware that lets through only requests and WebSockets with the token or with its cookie.

    Parameters
    ----------
    app
        The wrapped ASGI application.
    token
        The token; never empty.
    open_paths
        Paths that respond without a token. `SCOPE_KEY` in the scope is then False, and the route decides what to show.
    cookie_path
        The base path of the app.
    """

    def __init__(
        self, app: ASGIApp, token: str, open_paths: frozenset[str] = frozenset(), cookie_path: str = "/"
    ) -> None:
        self.app = app
        self.open_paths = open_paths
        self.cookie_path = cookie_path
        self._token = token.encode()
        # The cookie proves knowledge of the token without containing it. It stays valid after a restart with the same
        # token.
        self._proof = hmac.digest(self._token, b"EmbedLab access cookie", "sha256").hex()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, set the cookie, or show the sign-in page."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        cookie = connection.cookies.get(self._cookie_name(scope), "")
        has_cookie = hmac.compare_digest(cookie.encode(), self._proof.encode())
        tokens = self._tokens(connection)
        is_read = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        is_known = has_cookie or any(hmac.compare_digest(one.encode(), self._token) for one in tokens)
        if is_read and tokens and is_known:
            await self._redirect(connection, scope, receive, send)
        elif has_cookie or scope["path"] in self.open_paths:
            await self.app({**scope, SCOPE_KEY: has_cookie}, receive, send)
        elif scope["type"] == "http" and scope["method"] == "GET":
            await self._sign_in_page(scope, is_wrong=bool(tokens))(scope, receive, send)
        else:
            await refuse(scope, receive, send, 403, f"This server needs an access token ({SETTING}).\n")

    @staticmethod
    def _cookie_name(scope: Scope) -> str:
        # Browsers share cookies between the ports of a host: two servers must not replace each other's.
        server = scope.get("server") or (None, None)
        return f"embedlab-access-{server[1] or 0}"

    @staticmethod
    def _tokens(connection: HTTPConnection) -> list[str]:
        query = connection.scope.get("query_string", b"")
        if len(query) > _LONGEST_QUERY:
            return []
        return [value for name, value in parse_qsl(query.decode("latin-1")) if name == PARAMETER]

    async def _redirect(self, connection: HTTPConnection, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the cookie and redirect to the same URL without the token."""
        query = [
            (name, value)
            for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            if name != PARAMETER
        ]
        # More than one leading slash would name another host.
        path = "/" + quote(scope["path"].lstrip("/\\"))
        response = RedirectResponse(path + (f"?{urlencode(query)}" if query else ""), status_code=303)
        response.headers["cache-control"] = "no-store"
        response.set_cookie(
            self._cookie_name(scope),
            self._proof,
            path=self.cookie_path,
            httponly=True,
            samesite="strict",
            secure=connection.url.scheme == "https",
        )
        await response(scope, receive, send)

    def _sign_in_page(self, scope: Scope, *, is_wrong: bool) -> HTMLResponse:
        # The browser does not send the cookie when a link on another site is followed, but it does for this link.
        here = html.escape("/" + quote(scope["path"].lstrip("/\\")))
        wrong = "<p><strong>This token is not valid.</strong></p>" if is_wrong else ""
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
            "<title>EmbedLab: access token needed</title>"
            '<body style="font-family: sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; '
            'line-height: 1.5"><h1>Access token needed</h1>'
            f"{wrong}<p>Open the address that the server wrote to its log at startup. It ends in "
            f'<code style="white-space: nowrap">?{PARAMETER}=</code> and the token. If you started the server with the '
            "setting "
            f"<code>{SETTING}</code>, the token is the value of that setting.</p>"
            f'<form method="get" action="{here}"><label>Token <input type="password" name="{PARAMETER}" '
            'autocomplete="off" autofocus></label> <button>Open EmbedLab</button></form>'
            f'<p>Already signed in with this browser? <a href="{here}">Continue</a></p></body></html>'
        )
        return HTMLResponse(page, status_code=403, headers={"cache-control": "no-store"})


class HideToken(logging.Filter):
    """Replaces tokens in the addresses that a web server logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Remove tokens from the record; every record passes."""
        if isinstance(record.args, tuple):
            record.args = tuple(_without_token(value) if isinstance(value, str) else value for value in record.args)
        if isinstance(record.msg, str):
            record.msg = _without_token(record.msg)
        return True


def _without_token(text: str) -> str:
    return _TOKEN_IN_URL.sub("[hidden]", text)


def hide_token_in_logs() -> None:
    """Keep the token out of the request log, if the server writes one (`uvicorn app:app` does)."""
    for name in ("uvicorn.access", "uvicorn.error"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, HideToken) for one in logger.filters):
            logger.addFilter(HideToken())
