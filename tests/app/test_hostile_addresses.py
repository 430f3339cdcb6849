"""Every page opens with any URL, without unexpected errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedlab.core.settings import load_settings
from embedlab.jobs.jobs import Jobs
from embedlab.ui.shell import navigation
from embedlab.workspace.workspace import Workspace
from tests.app.hostile_workspace import fill
from tests.app.test_train_and_runs import OpenPage

PARAMETERS = (
    *("dataset", "embedding", "run", "projection", "key", "color", "view", "q", "topn", "user", "item"),
    *("upload", "items", "test", "import", "watch", "model", "mean", "odd", "keys", "embeddings"),
    *("draw", "association", "of", "of_weight", "selected", "min_count", "rare"),
)
VALUES = {
    "path": "../../../etc/passwd",
    "markup": "<img src=x onerror=alert(1)>![](http://evil.invalid/x.png)",
    "empty": "",
    "null": "\x00",
    "long": "x" * 50_000,
    "number": "-1",
    "huge-number": "9" * 400,
    "no-such-id": "abcdefghjkmn",
    "run-and-name": "abcdefghjkmn/words",
    "slashes": "//",
    "quotes": "' OR 1=1 --",
    "json": '{"a": [1e999]}',
    "direction": "\u202e\u2066\ufffe",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", VALUES)
def test_no_url_breaks_a_page(
    kind: str, home: Path, tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    workspace = Workspace.open(load_settings())
    ids = fill(workspace, tmp_path, "plain")
    known = {"dataset": ids["text"], "embedding": ids["embedding"], "run": ids["tastes"]}
    for page in navigation.PAGES:
        # All are odd; or only what hangs on a chosen thing is.
        for kept in ({}, known):
            address = dict.fromkeys(PARAMETERS, VALUES[kind]) | kept
            app = open_page(page.name, **address)
            where = f"{page.name} {'known' if kept else 'odd'}"
            assert not app.exception, where
            assert not any("inside EmbedLab" in error.value for error in app.error), where
    workspace.close()
