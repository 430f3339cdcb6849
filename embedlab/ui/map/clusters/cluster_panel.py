"""The clusters of the map as a list with layers, their names, and the near-duplicates of the embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import LONGEST_NAME, one_line
from embedlab.exploration.clusters import Clusters
from embedlab.exploration.near_duplicates import (
    DEFAULT_COSINE,
    NEAR_DUPLICATES_FILE,
    NearDuplicates,
)
from embedlab.export.cluster_table import clusters_as_csv
from embedlab.jobs.clusters.stored_clusters import rename
from embedlab.ui.map import isolated
from embedlab.ui.map.selecting import state
from embedlab.ui.map.view import CLUSTERS, TAB, View
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.bundle import component_script
from embedlab.ui.widgets.bar_list import bar_list
from embedlab.workspace.cluster_names import cluster_names
from embedlab.workspace.rows import EmbeddingRow

_GROUP, _NAME, _THRESHOLD = "map:group", "map:group-name", "map:duplicates-from"
_MOST_LISTED = 60
_THRESHOLDS = (0.8, 0.85, 0.9, DEFAULT_COSINE, 0.99, 1.0)
#: Cosines of equal vectors differ from 1 by rounding.
_ROUNDING = 1e-6

_component = st.components.v2.component(
    "embedlab_cluster_tree",
    html='<div class="embedlab-tree"></div>',
    js=component_script("map/cluster_tree.js"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class _Group:
    embedding_id: str
    digest: str
    layer: int
    group: int


def choose_group(view: View, layer: int, group: int) -> None:
    """Remember the cluster that the user chose in the list, so that it can be renamed."""
    clusters = resources.load_clusters(view.row.id)
    if clusters is None or layer >= len(clusters.layers) or group >= len(clusters.layers[layer].names):
        return
    st.session_state[_GROUP] = _Group(view.row.id, clusters.digest, layer, group)
    st.session_state.pop(_NAME, None)
    st.session_state[TAB] = CLUSTERS


def draw(view: View) -> None:
    """Draw the list of clusters, the name of the selected one, exports, and the near-duplicates."""
    row, embedding = view.row, view.embedding
    clusters = resources.load_clusters(row.id)
    if clusters is None:
        st.caption("There are no clusters.")
        return
    counts = ", ".join(f"{len(layer.names)}" for layer in clusters.layers)
    st.caption(
        f"{counts} clusters, found in the original space. Click one to select its points and zoom to it.",
        help="Keys are grouped by the cosine similarity of their vectors, by k-means and Ward's method. Above 30,000 "
        "keys, a random sample decides the groups, and every other key joins the nearest.",
    )
    _component(key="map:tree", data={"embedding": view.source_id, "version": resources.clusters_version(row.id)})
    _name_field(row, clusters)
    st.download_button(
        "Export clusters as CSV",
        lambda: _as_csv(view),
        file_name="clusters.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="Key, label, and the name of the cluster in each layer.",
        key="map:clusters-export",
    )
    # Rows of an isolated map are not those of the embedding.
    if view.source_id == row.id:
        _duplicates(row, embedding)


def _as_csv(view: View) -> bytes:
    clusters = isolated.load_clusters(view.source_id)
    return b"" if clusters is None else clusters_as_csv(view.embedding, clusters)


def _name_field(row: EmbeddingRow, clusters: Clusters) -> None:
    group = st.session_state.get(_GROUP)
    if not isinstance(group, _Group) or (group.embedding_id, group.digest) != (row.id, clusters.digest):
        return
    shown = clusters.layers[group.layer].names[group.group]

    def store() -> None:
        with errors.shown_errors():
            rename(resources.workspace(), row, group.layer, group.group, st.session_state[_NAME])
            st.session_state.pop(_NAME, None)

    try:
        named = (group.layer, group.group) in cluster_names(resources.workspace(), row.id, clusters.digest)
    except EmbedLabError as error:
        errors.show(error)
        return
    if _NAME not in st.session_state:
        st.session_state[_NAME] = shown
    st.text_input(
        "Name of the selected cluster",
        key=_NAME,
        on_change=store,
        max_chars=LONGEST_NAME,
        help="The name is stored with the embedding. Delete it to get the first name back." if named else None,
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _load_duplicates(embedding_id: str, n_keys: int) -> NearDuplicates | None:
    path = resources.workspace().layout.embedding(embedding_id) / NEAR_DUPLICATES_FILE
    return NearDuplicates.load(path, n_keys)


def _duplicates(row: EmbeddingRow, embedding: Embedding) -> None:
    found = _load_duplicates(row.id, row.n_keys)
    if found is None:
        return
    with st.expander("Near-duplicates", key="expander-duplicates"):
        threshold = st.select_slider(
            "Cosine similarity of at least", _THRESHOLDS, value=DEFAULT_COSINE, key=_THRESHOLD, persist_state="session"
        )
        groups = found.groups(threshold - _ROUNDING)
        st.caption(duplicates_sentence(found, len(groups), threshold))
        if not groups:
            return
        listed = groups[:_MOST_LISTED]
        rows = [(_title(embedding, first, others), max(cosine for _, cosine in others)) for first, others in listed]

        def choose(at: int) -> None:
            first, others = listed[at]
            current.put("key", embedding.keys[first])
            state.put_rows(row.id, [first, *(other for other, _ in others)], row.n_keys)

        bar_list(rows, list_id=f"{row.id}:{threshold}", on_choose=choose, key="map:duplicates")


def duplicates_sentence(found: NearDuplicates, n_groups: int, threshold: float) -> str:
    """Return how many groups of near-duplicates there are, and among which keys they were looked for."""
    count = "No group" if not n_groups else "1 group" if n_groups == 1 else f"{n_groups:,} groups"
    among = f"among the first {found.n_compared:,} keys"
    more = f", the first {_MOST_LISTED} shown" if n_groups > _MOST_LISTED else ""
    rest = ""
    if found.least_cosine >= threshold:
        rest = f" There are more: only the {len(found.pairs):,} most similar pairs are stored."
    return f"{count} {among}{more}.{rest}"


def _title(embedding: Embedding, first: int, others: list[tuple[int, Any]]) -> str:
    names = [one_line(embedding.labels[at], 30) for at in (first, *(other for other, _ in others[:2]))]
    more = f" + {len(others) - 2:,}" if len(others) > 2 else ""
    return " · ".join(names) + more
