"""The files that the application object names exist; without them every request would fail."""

from __future__ import annotations

from embedlab.ui.shell import navigation, urls


def test_script_of_the_app_exists() -> None:
    from app import app

    assert app.script_path.is_file()
    # Every page is run by it, so what it reads at each run must be there too.
    assert {path.name for path in urls.STATIC.iterdir()} >= {"app.css", "icon.png"}
    assert len(navigation.present()) == len(navigation.PAGES)
