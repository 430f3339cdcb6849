"""Resources that all sessions of a process share: workspace, jobs, and open embeddings and models."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.settings import load_settings
from embedlab.exploration.clusters import Clusters
from embedlab.exploration.new_things.recommender import Recommender
from embedlab.jobs import inference
from embedlab.jobs.clusters import stored_clusters
from embedlab.jobs.jobs import Jobs
from embedlab.ui.shell.byte_cache import ByteCache, memory_of
from embedlab.workspace.workspace import Workspace

T = TypeVar("T")

#: Memory per key that an embedding adds at first use: row by key, norm, and search index.
_EXTRA_BYTES_PER_KEY = 300


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """Return the workspace of the process, opened at first use."""
    return Workspace.open(load_settings())


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return the jobs of the process, for the same workspace."""
    return Jobs(workspace())


@st.cache_resource(show_spinner=False)
def _cache() -> ByteCache:
    return ByteCache(workspace().settings.max_cache_mb * 1_000_000)


def open_cached(kind: str, row_id: str, open_it: Callable[[], T], *, spinner: str = "", extra_bytes: int = 0) -> T:
    """Return an object that is opened once and shared by all sessions, within the memory limit of the cache.

    Parameters
    ----------
    kind, row_id
        Type of object, and the id of its row. Files of a row never change. Arrays are never part of the key: hashing
        them is slow.
    open_it
        Opens the object if it is not in memory; its exceptions propagate.
    spinner
        Text of the spinner; empty for none, as routes need.
    extra_bytes
        Memory that it will use in addition to its size when opened.
    """
    cache, key = _cache(), (kind, row_id)
    context = st.spinner(spinner, show_time=False) if spinner and key not in cache else nullcontext()
    with context:
        return cache.get(key, open_it, lambda item: memory_of(item) + extra_bytes)


def clusters_version(embedding_id: str) -> str:
    """Return a text that changes with the clusters of an embedding and their names; empty if there are no clusters."""
    return stored_clusters.clusters_version(workspace(), embedding_id)


def load_clusters(embedding_id: str) -> Clusters | None:
    """Return the clusters of an embedding with the names that users gave; None if there are none (yet)."""
    return stored_clusters.load_clusters(workspace(), workspace().embedding(embedding_id))


def load_embedding(embedding_id: str) -> Embedding:
    """Return an embedding, shared by all sessions; callers must not modify it.

    Raises
    ------
    NotFoundError
        The embedding does not exist.
    """
    row = workspace().embedding(embedding_id)
    extra_bytes = row.n_keys * _EXTRA_BYTES_PER_KEY
    return open_cached("embedding", row.id, lambda: workspace().load_embedding(row.id), extra_bytes=extra_bytes)


def opened_embedding(embedding_id: str) -> Embedding | None:
    """Return an embedding if it is in memory, otherwise None."""
    opened: Embedding | None = _cache().peek(("embedding", embedding_id))
    return opened


def open_recommender(run_id: str) -> Recommender:
    """Return a run opened for recommendations, shared by all sessions, without TensorFlow.

    Raises
    ------
    InputError, ConflictError, NotFoundError, StorageError
        As `embedlab.jobs.inference.open_recommender`.
    """
    run = workspace().run(run_id)
    return open_cached(
        "recommender", run.id, lambda: inference.open_recommender(workspace(), run.id), spinner="Opening the run"
    )
