"""The number of layers of clusters of an embedding."""

from __future__ import annotations

import streamlit as st

from embedlab.ui.shell import resources


def n_layers(embedding_id: str) -> int:
    """Return the number of layers of clusters; 0 if there are none (yet)."""
    version = resources.clusters_version(embedding_id)
    return _n_layers(embedding_id, version) if version else 0


@st.cache_resource(max_entries=64, show_spinner=False)
def _n_layers(embedding_id: str, version: str) -> int:
    del version
    clusters = resources.load_clusters(embedding_id)
    return 0 if clusters is None else len(clusters.layers)
