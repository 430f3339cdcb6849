"""Where the app's own routes are. Their handlers are imported for the first request, not before the server starts."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from embedlab.ui.server.imports import import_all
from embedlab.ui.shell.urls import base_path

#: Path of the health route, below the base path.
HEALTH = "/healthz"
_PAGES = ("/map", HEALTH)
_FOLDERS = ("/ui", "/vendor", "/maps", "/compared", "/films", "/layouts", "/exports")


class _OwnRoutes:
    """ASGI application that passes requests to the handlers in `embedlab.ui.server.routes`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        router = await run_in_threadpool(_router)
        await router(scope, receive, send)


@cache
def _router() -> Router:
    import_all()
    return Router(import_module("embedlab.ui.server.routes").routes(), redirect_slashes=False)


def routes() -> list[Route]:
    """Return routes for all paths of `embedlab.ui.server.routes`."""
    base = base_path()
    paths = [*_PAGES, *(f"{folder}/{{rest:path}}" for folder in _FOLDERS)]
    return [Route(f"{base}{path}", _OwnRoutes()) for path in paths]
