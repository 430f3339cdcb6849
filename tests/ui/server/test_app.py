"""The files that the application object names exist; without them every request would fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from embedlab.ui.server import own_routes, routes
from embedlab.ui.shell import navigation, urls

ROOT = Path(__file__).resolve().parents[3]


def test_script_of_the_app_exists() -> None:
    from app import app

    assert app.script_path.is_file()
    # Every page is run by it, so what it reads at each run must be there too.
    assert {path.name for path in urls.STATIC.iterdir()} >= {"app.css", "icon.png"}
    assert len(navigation.present()) == len(navigation.PAGES)


def test_the_server_answers_before_it_imports_what_pages_need() -> None:
    heavy = "{'pandas', 'sqlalchemy', 'embedlab.workspace.workspace'} & set(sys.modules)"
    code = f"import sys; import app; print({heavy} or 'none')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none"


def test_every_own_route_is_where_the_server_looks_for_it() -> None:
    outer = own_routes.routes()
    for route in routes.routes():
        names = dict.fromkeys(route.param_convertors, "x")
        scope = {"type": "http", "method": "GET", "path": route.path_format.format(**names), "headers": []}
        assert any(each.matches(scope)[0].name == "FULL" for each in outer), route.path
