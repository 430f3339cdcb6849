"""What the server does besides running pages: start and stop hooks, own routes, headers."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from starlette.middleware import Middleware

from embedlab.jobs.dispatcher import Dispatcher
from embedlab.ui import resources
from embedlab.ui.errors import on_script_error
from embedlab.ui.middleware import SecurityHeaders
from embedlab.ui.routes import routes

__all__ = ["lifespan", "middleware", "on_script_error", "routes"]

#: The first page is painted by then; the first map finds what it needs.
_WARM_UP_AFTER_S = 3.0


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Keep the queue moving for as long as the server runs, whether a page is open or not.

    A workspace that cannot be opened is told on the pages, and tried again.
    """
    dispatcher = Dispatcher(resources.jobs)
    dispatcher.start()
    warm_up = threading.Timer(_WARM_UP_AFTER_S, import_module, ["gensim.models"])
    warm_up.daemon = True
    warm_up.start()
    try:
        yield {}
    finally:
        warm_up.cancel()
        dispatcher.stop()


def middleware() -> list[Middleware]:
    """Return the middleware around everything Streamlit answers."""
    return [Middleware(SecurityHeaders)]
