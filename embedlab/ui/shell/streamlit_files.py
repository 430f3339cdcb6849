"""Streamlit's own files for the browser, from memory, and which of them a page will need.

Streamlit reads a file for each request and looks for a change of it first, which takes several threads in turn; a page
needs more than a hundred files. They are part of the installed package and do not change while the server runs.
"""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import streamlit

from embedlab.ui.shell.urls import MEDIA_TYPES, base_path

_FOLDER = Path(streamlit.__file__).parent / "static"
_SCRIPTS = "static/js"
_IMPORT = re.compile(r'(?:from|import)\s?"\./([\w.-]+\.js)"')


@cache
def index_html() -> str:
    """Return Streamlit's page."""
    return (_FOLDER / "index.html").read_text(encoding="utf-8")


def address_script() -> str:
    """Return a script element with the address of the server.

    Without it, the page of a path such as `/map` first looks for the server below this path, fails, and waits.
    """
    return f"<script>window.__streamlit = {{ BACKEND_BASE_URL: location.origin + {json.dumps(base_path())} }};</script>"


@cache
def _paths() -> dict[str, Path]:
    folder = _FOLDER / "static"
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def content(name: str) -> tuple[bytes, str] | None:
    """Return the bytes and the media type of a file below `/static/`; None if there is none."""
    path = _paths().get(name)
    return None if path is None else _read(path)


@cache
def _read(path: Path) -> tuple[bytes, str]:
    # What Python knows of scripts depends on the settings of the operating system.
    media_type = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return path.read_bytes(), media_type or "application/octet-stream"


@cache
def element_scripts(elements: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths, such as `static/js/Button.x1.js`, of the scripts that kinds of elements need.

    Streamlit loads the script of an element when the first one appears, and then the scripts that it imports. Those
    that the page loads anyway are left out.

    Parameters
    ----------
    elements
        Names of Streamlit's components in the browser, such as `BidiComponent`. Unknown names are ignored: then the
        elements appear later, which is all.
    """
    by_component = {name.split("/")[-1].split(".")[0]: name for name in _paths() if name.startswith("js/")}
    waiting = [by_component[element] for element in elements if element in by_component]
    found: list[str] = []
    while waiting:
        name = waiting.pop(0)
        if name not in found and f"static/{name}" not in index_html():
            found.append(name)
            waiting += [f"js/{each}" for each in _imports(name) if f"js/{each}" in _paths()]
    return tuple(f"static/{name}" for name in found)


def _imports(name: str) -> Iterable[str]:
    return _IMPORT.findall(_paths()[name].read_text(encoding="utf-8"))
