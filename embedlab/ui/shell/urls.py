"""URLs of the app's own files and routes, with a version that changes with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import plotly
from streamlit import config

#: JavaScript modules, style sheets and images of the pages.
STATIC = Path(__file__).resolve().parents[1] / "static"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml"}


def base_path() -> str:
    """Return `server.baseUrlPath` as a prefix: empty, or with a leading and without a trailing slash."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


@cache
def static_files() -> dict[str, Path]:
    """Return the static files that may be requested, by their name in the URL."""
    return {
        path.relative_to(STATIC).as_posix(): path
        for path in sorted(STATIC.rglob("*"))
        if path.is_file() and path.suffix in MEDIA_TYPES
    }


@cache
def static_version() -> str:
    """Return a digest of all static files; it is part of their URL, so that they can be cached forever."""
    digest = hashlib.sha256()
    for name, path in static_files().items():
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def static_url(name: str) -> str:
    """Return the URL of a file in `static/`."""
    return f"{base_path()}/ui/{static_version()}/{name}"


def plotly_url() -> str:
    """Return the URL of Plotly.js from the installed plotly package."""
    return f"{base_path()}/vendor/{plotly.__version__}/plotly.min.js"
