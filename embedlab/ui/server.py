"""What the server does besides running pages: start and stop hooks, own routes, headers."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from starlette.middleware import Middleware

from embedlab.errors import EmbedLabError
from embedlab.ui import resources
from embedlab.ui.errors import on_script_error
from embedlab.ui.middleware import SecurityHeaders
from embedlab.ui.routes import routes

__all__ = ["lifespan", "middleware", "on_script_error", "routes"]

#: The first page is painted by then; the first map finds what it needs.
_WARM_UP_AFTER_S = 3.0
_log = logging.getLogger("embedlab.ui")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Open the workspace and start what is queued; a workspace that cannot be opened is told on the pages."""
    try:
        resources.jobs().dispatch()
    except EmbedLabError as error:
        _log.error("%s", error)
    warm_up = threading.Timer(_WARM_UP_AFTER_S, import_module, ["gensim.models"])
    warm_up.daemon = True
    warm_up.start()
    yield {}
    warm_up.cancel()


def middleware() -> list[Middleware]:
    """Return the middleware around everything Streamlit answers."""
    return [Middleware(SecurityHeaders)]
