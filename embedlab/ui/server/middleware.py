"""Security headers of every response: the browser may contact only the app's own origin."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embedlab.ui.shell.streamlit_files import address_script, index_html


def inline_script_hashes(page: str) -> list[str]:
    """Return the CSP hashes of the inline scripts of an HTML page, so that only these may run."""
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


@cache
def content_security_policy() -> str:
    """Return the Content-Security-Policy.

    Streamlit loads component modules from `blob:` URLs. The WebGL layer of Plotly.js needs `unsafe-eval`, because it
    compiles its draw calls; without it no scatter plot appears. Inline styles are Streamlit's own (emotion).
    """
    hashes = inline_script_hashes(index_html() + address_script())
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob: 'unsafe-eval' {' '.join(hashes)}",
            "worker-src 'self' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self' data:",
            # In current browsers 'self' includes the WebSocket of the same host.
            "connect-src 'self' data: blob:",
            "frame-src 'self' blob: data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


#: JSON is never shown as a page. The policy of a page would be most of an answer about one point of the map.
JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"


def _is_json(headers: MutableHeaders) -> bool:
    return headers.get("content-type", "").split(";")[0] == "application/json"


def _is_image(path: str, headers: MutableHeaders) -> bool:
    """Return whether a response is an image of Streamlit, whose name is a digest of its content.

    Browsers request the icon of the page again whenever its address changes, which is at each click on the map.
    """
    return "/media/" in path and headers.get("content-type", "").startswith("image/")


class SecurityHeaders:
    """ASGI middleware that adds the headers to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = JSON_POLICY if _is_json(headers) else content_security_policy()
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
                headers["cross-origin-opener-policy"] = "same-origin"
                headers["cross-origin-resource-policy"] = "same-origin"
                if _is_image(scope["path"], headers):
                    headers["cache-control"] = "private, max-age=86400, immutable"
            await send(message)

        await self.app(scope, receive, send_with_headers)
