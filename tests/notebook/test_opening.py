"""`embedlab.open`: a real import and a stand-in for the app; the app itself is started once, in `test_server`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

import embedlab
from embedlab.core.errors import ConflictError, InputError, NotFoundError
from embedlab.core.settings import Settings
from embedlab.notebook import opening
from embedlab.workspace.highlight.store import highlight, set_highlight
from embedlab.workspace.workspace import Workspace

KEYS = ["sea, deep", "ship", "sand", "sun", "sail", "salt"]


class App:
    """Stands in for the app of a workspace."""

    started: ClassVar[list[Path]] = []
    stopped: ClassVar[list[Path]] = []

    def __init__(self, home, port):
        self.home, self.port, self.users, self.address, self.is_alive = home, port, 0, "http://localhost:1", True
        App.started.append(home)

    def stop(self):
        App.stopped.append(self.home)


@pytest.fixture
def app(monkeypatch):
    App.started, App.stopped = [], []
    monkeypatch.setattr(opening, "AppServer", App)
    monkeypatch.setattr(opening, "_servers", {})
    browsed = []
    monkeypatch.setattr(opening.webbrowser, "open", browsed.append)
    return browsed


def test_importing_the_package_stays_light():
    heavy = "{'numpy', 'pandas', 'streamlit', 'gensim', 'sqlalchemy'}"
    code = f"import sys, embedlab; assert callable(embedlab.open); assert not {heavy} & set(sys.modules), sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_vectors_of_a_program_are_opened_selected_and_closed(app, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(6, 4))
    kinds = pd.DataFrame({"kind": list("aabbab"), "label": [key.title() for key in KEYS]})
    home = tmp_path / "home"
    with embedlab.open(vectors, KEYS, kinds, workspace=home, color="kind", select=["ship"], title="Beach") as opened:
        address = urlsplit(opened.url)
        assert parse_qs(address.query) == {"embedding": [opened.embedding_id], "color": ["kind"], "highlight": ["1"]}
        assert app == [opened.url]
        assert opened.url in opened._repr_html_().replace("&amp;", "&")
        workspace = Workspace.open(Settings(home=home))
        stored = workspace.load_embedding(opened.embedding_id)
        assert list(stored.keys) == KEYS
        assert list(stored.labels) == [key.title() for key in KEYS]
        assert stored.metadata["kind"].tolist() == list("aabbab")
        np.testing.assert_allclose(stored.vectors, vectors, rtol=1e-6)
        assert opened.selected() == ["ship"]
        opened.select(["salt", "sea, deep"])
        assert highlight(workspace, opened.embedding_id).keys == ("sea, deep", "salt")
        set_highlight(workspace, opened.embedding_id, ["sun"], "page")
        assert opened.selected() == ["sun"]
        with pytest.raises(NotFoundError, match="vocabulary"):
            opened.select(["moon"])
        assert opened.clusters().empty
        with pytest.raises(NotFoundError, match="no clusters"):
            opened.rename_cluster(0, 0, "x")
        workspace.close()
    assert App.stopped == [home]
    assert home.is_dir(), "a named workspace stays"
    with pytest.raises(ConflictError, match="closed"):
        opened.selected()
    opened.close()
    assert repr(opened) == "<closed map>"


def test_a_temporary_workspace_is_deleted_and_its_clusters_are_read_and_named(app):
    vectors = np.repeat(np.eye(6), 20, axis=0) + np.random.default_rng(0).normal(0, 0.02, (120, 6))
    opened = embedlab.open(vectors, browser=False)
    (home,) = App.started
    assert home.is_dir()
    assert app == []
    found = opened.clusters()
    assert sorted(key for keys in found["keys"] for key in keys) == sorted(map(str, range(120)))
    for each in found.itertuples():
        # Each cluster is part of one planted group.
        assert len({int(key) // 20 for key in each.keys}) == 1
        assert each.size == len(each.keys)
    first = found.loc[1, "name"]
    opened.rename_cluster(0, 1, "Mine")
    assert opened.clusters().loc[1, "name"] == "Mine"
    opened.rename_cluster(0, 1, "")
    assert opened.clusters().loc[1, "name"] == first
    with pytest.raises(InputError, match="no such cluster"):
        opened.rename_cluster(0, 99, "x")
    opened.close()
    assert not home.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [({"color": "kind"}, "no such column"), ({"select": ["x"]}, "vocabulary")],
    ids=["column", "key"],
)
def test_what_cannot_be_shown_is_said_before_anything_starts(app, options, said):
    with pytest.raises(InputError, match=said):
        embedlab.open(np.eye(3), **options)
    assert (App.started, app) == ([], [])
