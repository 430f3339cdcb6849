"""The browser's modules without a Streamlit server: a page that imports them, with routes that answer from a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import plotly

from embedlab.ui.shell.urls import STATIC

_PLOTLY = Path(plotly.__file__).parent / "package_data"
_PAGE = b"""<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/map/map.css">
<style>
:root { --st-background-color: #ffffff; --st-text-color: #102030; --st-primary-color: #0a6480; }
body { margin: 0; }
</style>
<div class="embedlab-map" tabindex="0" style="width: 800px; height: 600px" data-ready="false"></div>"""


class _Files(SimpleHTTPRequestHandler):
    """The static files of the app, and the page at `/page`."""

    def do_GET(self) -> None:
        if self.path == "/page":
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(_PAGE)
            return
        super().do_GET()

    def translate_path(self, path: str) -> str:
        if path == "/plotly.min.js":
            return str(_PLOTLY / "plotly.min.js")
        return super().translate_path(path)

    def log_message(self, *_arguments: Any) -> None:
        """Print nothing."""


@contextmanager
def static_server() -> Iterator[str]:
    """Serve the static files; yield the origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(STATIC)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
