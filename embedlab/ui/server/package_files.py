"""Answer requests for the files of Streamlit's package from memory."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from embedlab.ui.shell.streamlit_files import content
from embedlab.ui.shell.urls import base_path

# Their names contain a digest of the content.
_HEADERS = {"cache-control": "public, max-age=31536000, immutable"}


class PackageFiles:
    """ASGI middleware that answers before Streamlit does; everything else is passed on, and so are unknown names."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        prefix = f"{base_path()}/static/"
        is_read = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        found = content(scope["path"].removeprefix(prefix)) if is_read and scope["path"].startswith(prefix) else None
        if found is None:
            await self.app(scope, receive, send)
            return
        await Response(found[0], media_type=found[1], headers=_HEADERS)(scope, receive, send)
