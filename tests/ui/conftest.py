"""A workspace with one planted embedding, which the pages use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.settings import Settings
from embedlab.kinds.text.tokens.tokenizing import TokenizerOptions
from embedlab.ui.map import unknown_words
from embedlab.ui.shell import resources
from embedlab.workspace.catalog import new_id
from embedlab.workspace.tables import EpochNow, embeddings, projections
from embedlab.workspace.workspace import Workspace

N_KEYS = 60
HOSTILE = "<img src=x onerror=alert(1)>\n![](http://evil.invalid/x.png)"


def planted() -> Embedding:
    """Points on a circle: the nearest neighbors of each are the two adjacent points."""
    angles = 2 * np.pi * np.arange(N_KEYS) / N_KEYS
    vectors = np.stack([np.cos(angles), np.sin(angles), np.zeros(N_KEYS)], axis=1).astype(np.float32)
    labels = [f"label {at}" for at in range(N_KEYS)]
    labels[1] = HOSTILE
    metadata = pd.DataFrame(
        {
            "count": (1000 / (np.arange(N_KEYS) + 1)).astype(np.int64),
            "genres": [f"g{at % 15}|other" for at in range(N_KEYS)],
            "mean_rating": np.linspace(1, 5, N_KEYS, dtype=np.float32),
        }
    )
    return Embedding(vectors, [f"key{at}" for at in range(N_KEYS)], labels, metadata)


def keep(workspace: Workspace, embedding: Embedding, title: str) -> tuple[str, dict[int, str]]:
    """Store an embedding with a 2-D and a 3-D map; return its id and theirs."""
    embedding_id = new_id()
    embedding.save(workspace.layout.embedding(embedding_id))
    maps = {n_components: new_id() for n_components in (2, 3)}
    with workspace.transaction() as connection:
        row = {"id": embedding_id, "name": "words", "title": title, "run_id": None, "dataset_id": None}
        size = {"n_keys": embedding.n_keys, "vector_size": embedding.vector_size, "size_bytes": 1}
        workspace.catalog.insert(connection, embeddings, {**row, **size, "created_at": EpochNow()})
        for n_components, projection_id in maps.items():
            folder = workspace.layout.projection(projection_id)
            folder.mkdir(parents=True)
            np.save(folder / "coordinates.npy", np.array(embedding.vectors[:, :n_components]))
            about = {"embedding_id": embedding_id, "method": "pca", "n_components": n_components, "parameters": {}}
            quality = {"knn_recall_10": 0.875}
            workspace.catalog.insert(
                connection,
                projections,
                {"id": projection_id, **about, "seed": 0, "quality": quality, "created_at": EpochNow()},
            )
    return embedding_id, maps


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that pages and routes use."""
    monkeypatch.setenv("EMBEDLAB_HOME", str(tmp_path))
    st.cache_resource.clear()
    opened = Workspace.open(Settings(home=tmp_path))
    monkeypatch.setattr(resources, "workspace", lambda: opened)
    yield opened
    opened.close()
    st.cache_resource.clear()


@pytest.fixture
def circle(workspace: Workspace) -> tuple[str, dict[int, str]]:
    """Ids of the planted embedding and of its maps by number of dimensions."""
    return keep(workspace, planted(), "circle")


class Between:
    """Planted subword vectors: a number gets a vector of length 2 on the circle, between the adjacent keys."""

    def vector(self, word):
        try:
            angle = 2 * np.pi * float(word) / N_KEYS
        except ValueError:
            return None
        return np.array([2 * np.cos(angle), 2 * np.sin(angle), 0], dtype=np.float32)


@pytest.fixture
def subwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every embedding a run with subword vectors."""
    monkeypatch.setattr(unknown_words, "has_subwords", lambda row: True)
    monkeypatch.setattr(unknown_words, "word_inference", lambda run_id: (Between(), TokenizerOptions()))
