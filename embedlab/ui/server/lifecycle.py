"""Server lifecycle: startup and shutdown, routes, middleware."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib import import_module
from typing import Any

from starlette.middleware import Middleware
from streamlit.web.server.server_util import get_url

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.settings import load_settings
from embedlab.ui.server import access, file_handles, imports
from embedlab.ui.server.compression import widen_window
from embedlab.ui.server.garbage_collection import freeze_modules
from embedlab.ui.server.hosts import HostGuard, parse_allowed
from embedlab.ui.server.middleware import SecurityHeaders
from embedlab.ui.server.own_routes import HEALTH, routes
from embedlab.ui.server.package_files import PackageFiles
from embedlab.ui.shell.errors import on_script_error
from embedlab.ui.shell.urls import base_path

__all__ = ["lifespan", "middleware", "on_script_error", "routes"]

#: By then the first page is visible; the import is done before the first map needs it.
_WARM_UP_AFTER_S = 3.0
_log = logging.getLogger("embedlab.ui")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Process the job queue while the server runs, whether or not a page is open.

    The server answers at once; a thread imports what the pages need, then starts the queue. If the workspace cannot be
    opened, the pages show the error, and opening is retried.
    """
    file_handles.raise_limit()
    widen_window()
    access.hide_token_in_logs()
    _log_address()
    queue = _Queue()
    queue.start()
    warm_up = threading.Timer(_WARM_UP_AFTER_S, _warm_up)
    warm_up.daemon = True
    warm_up.start()
    try:
        yield {}
    finally:
        warm_up.cancel()
        await asyncio.to_thread(queue.stop)


class _Queue:
    """Imports what the pages need, then processes the job queue until the server stops."""

    def __init__(self) -> None:
        self._dispatcher: Any = None
        self._thread = threading.Thread(target=self._import, name="imports", daemon=True)

    def start(self) -> None:
        # The health route needs the queue, and waits for it.
        imports.then(self._process)
        self._thread.start()

    def _import(self) -> None:
        try:
            imports.import_all()
        except Exception:
            # Pages and routes import the same, and show the error.
            _log.exception("EmbedLab could not be imported.")

    def _process(self) -> None:
        resources = import_module("embedlab.ui.shell.resources")
        self._dispatcher = import_module("embedlab.jobs.engine.dispatcher").Dispatcher(resources.jobs)
        self._dispatcher.start()
        _write_address()

    def stop(self) -> None:
        self._thread.join()
        if self._dispatcher is not None:
            self._dispatcher.stop()
            import_module("embedlab.jobs.engine.server_file").remove_server(load_settings().home)


def _warm_up() -> None:
    import_module("gensim.models")
    freeze_modules()


def middleware() -> list[Middleware]:
    """Return the middleware around Streamlit: headers, host and origin checks, access token, files from memory.

    Raises
    ------
    SystemExit
        A setting is invalid. The server must not start without its protection.
    """
    try:
        allowed = parse_allowed(load_settings().allowed_hosts)
        token = access_token()
    except InputError as error:
        raise SystemExit(str(error)) from None
    guards = [Middleware(SecurityHeaders), Middleware(HostGuard, allowed=allowed)]
    if token:
        base = base_path()
        open_paths = frozenset({f"{base}{HEALTH}", f"{base}/_stcore/health"})
        guards.append(Middleware(access.AccessGuard, token=token, open_paths=open_paths, cookie_path=base or "/"))
    return [*guards, Middleware(PackageFiles)]


@cache
def access_token() -> str:
    """Return the token of this process; empty if none is required."""
    return access.token_of(load_settings().access_token)


def _write_address() -> None:
    """Write where this server is, for programs that open the workspace; a read-only workspace does without."""
    try:
        import_module("embedlab.jobs.engine.server_file").write_server(
            load_settings().home, get_url("localhost").rstrip("/")
        )
    except (EmbedLabError, OSError):
        _log.warning("The address of this server could not be written into the workspace.")


def _log_address() -> None:
    """Log the address with the token, if one is required. A warning, since lower levels are hidden by default."""
    token = access_token()
    if not token:
        return
    if load_settings().access_token == access.AUTO:
        _log.warning("EmbedLab needs an access token. Open this address: %s/?token=%s", get_url("localhost"), token)
    else:
        _log.warning("EmbedLab needs an access token. Open %s/?token= with EMBEDLAB_ACCESS_TOKEN", get_url("localhost"))
