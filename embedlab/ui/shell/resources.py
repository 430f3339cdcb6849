"""What one process opens once and all sessions share: the workspace, the jobs, and opened embeddings and models."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.settings import load_settings
from embedlab.jobs.jobs import Jobs
from embedlab.ui.shell.byte_cache import ByteCache, memory_of
from embedlab.workspace.workspace import Workspace

T = TypeVar("T")

#: What an embedding computes for each key at first use: its row by key, its norm, and the index of the search.
_EXTRA_BYTES_PER_KEY = 300


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """Return the process's workspace, opened at first use."""
    return Workspace.open(load_settings())


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return the process's jobs, over the same workspace."""
    return Jobs(workspace())


@st.cache_resource(show_spinner=False)
def _cache() -> ByteCache:
    return ByteCache(workspace().settings.max_cache_mb * 1_000_000)


def opened(kind: str, row_id: str, open_it: Callable[[], T], *, spinner: str = "", extra_bytes: int = 0) -> T:
    """Return what is opened once and shared by all sessions, as long as the memory for such things suffices.

    Parameters
    ----------
    kind, row_id
        What it is, and of which row. Files of a row never change, and arrays are never part of the key: hashing them
        takes long.
    open_it
        Opens it when it is not in memory; what this raises is raised.
    spinner
        What the page shows meanwhile; nothing when left out, as routes need it.
    extra_bytes
        Memory that it will take besides what it holds when it is opened.
    """
    cache, key = _cache(), (kind, row_id)
    waiting = st.spinner(spinner, show_time=False) if spinner and key not in cache else nullcontext()
    with waiting:
        return cache.get(key, open_it, lambda item: memory_of(item) + extra_bytes)


def load_embedding(embedding_id: str) -> Embedding:
    """Return an embedding, shared by all sessions: read it, never change it.

    Raises
    ------
    NotFoundError
        There is no such embedding (any more).
    """
    row = workspace().embedding(embedding_id)
    extra_bytes = row.n_keys * _EXTRA_BYTES_PER_KEY
    return opened("embedding", row.id, lambda: workspace().load_embedding(row.id), extra_bytes=extra_bytes)
