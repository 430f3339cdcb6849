"""What one process opens once and all sessions share: the workspace, the jobs, and a few opened embeddings."""

from __future__ import annotations

import streamlit as st

from embedlab.embedding import Embedding
from embedlab.jobs.jobs import Jobs
from embedlab.settings import load_settings
from embedlab.workspace.workspace import Workspace


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """Return the process's workspace, opened at first use."""
    return Workspace.open(load_settings())


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return the process's jobs, over the same workspace."""
    return Jobs(workspace())


# Keyed by id and never by arrays: Streamlit hashes large arrays from a sample. As many as seeds are compared, and two.
@st.cache_resource(max_entries=12, show_spinner=False)
def _opened(embedding_id: str) -> Embedding:
    return workspace().load_embedding(embedding_id)


def load_embedding(embedding_id: str) -> Embedding:
    """Return an embedding, shared by all sessions: read it, never change it.

    Raises
    ------
    NotFoundError
        There is no such embedding (any more).
    """
    return _opened(workspace().embedding(embedding_id).id)
