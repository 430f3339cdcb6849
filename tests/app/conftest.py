"""A fresh workspace for every page test, and small embeddings for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.core.settings import load_settings
from embedlab.jobs.kinds.embeddings import keep_embedding
from embedlab.workspace.rows import EmbeddingRow
from embedlab.workspace.workspace import Workspace


def runs_listed(app: AppTest) -> dict[str, list[str]]:
    """The texts of the list of runs, by heading."""
    components = [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]
    data = next(each for each in components if "links" in each)
    return {title: [row[place] for row in data["texts"]] for place, title in enumerate(data["columns"])}


ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty workspace folder, with all caches cleared."""
    folder = tmp_path / "home"
    monkeypatch.setenv("EMBEDLAB_HOME", str(folder))
    # Jobs queued by a page do not start workers.
    monkeypatch.setattr("embedlab.jobs.engine.processes.start_worker", _no_worker)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield folder
    st.cache_resource.clear()


def _no_worker(*_: object) -> None:
    raise AssertionError("a page test starts no worker")


@pytest.fixture
def workspace(home: Path) -> Workspace:
    """The workspace the pages will open."""
    return Workspace.open(load_settings())


@pytest.fixture
def keep(workspace: Workspace) -> Callable[..., EmbeddingRow]:
    """Write an embedding with its PCA map into the workspace, as a job would."""

    # Only the note of the output is used from the job context.
    context: Any = SimpleNamespace(makes=lambda path: path, n_threads=1)

    def write(embedding: Embedding, name: str = "words", title: str = "Test: words") -> EmbeddingRow:
        kept = keep_embedding(workspace, context, embedding, name=name, title=title, run_id=None, dataset_id=None)
        with workspace.transaction() as connection:
            kept.store(workspace, connection)
        return workspace.embedding(kept.embedding_id)

    return write


@pytest.fixture
def royal() -> Embedding:
    """Words on three axes (royal, female, food), with known answers."""
    axes = {
        "king": (1, 0, 0),
        "queen": (1, 1, 0),
        "man": (0.1, 0, 0),
        "woman": (0.1, 1, 0),
        "bread": (0, 0, 1),
        "butter": (0, 0.1, 1),
        "kingdom": (1, 0.3, 0.3),
    }
    vectors = np.array(list(axes.values()), dtype=np.float32)
    counts = pd.DataFrame({"count": range(70, 0, -10)})
    return Embedding(vectors, list(axes), metadata=counts)


def breadcrumb(app: AppTest, level: str) -> Any:
    """Return the box of a level of the breadcrumb; its key has a number that grows with every change from outside."""
    (box,) = (box for box in app.selectbox if (box.key or "").partition(":")[0] == f"switch-{level}")
    return box


@pytest.fixture
def open_page(home: Path) -> Callable[..., AppTest]:
    """Open a page of the app by name, with URL parameters as keywords."""

    def open_it(name: str, **address: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "embedlab" / "ui" / "server" / "main.py"), default_timeout=60)
        app.run()
        # A link replaces the whole address.
        app.query_params.clear()
        app.query_params.update(address)
        app.switch_page(str(ROOT / "pages" / f"{name}.py")).run()
        return app

    return open_it
