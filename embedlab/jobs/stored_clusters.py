"""The clusters of an embedding as they are stored, with the names that users gave."""

from __future__ import annotations

import logging

from embedlab.core.errors import InputError, NotFoundError, StorageError
from embedlab.exploration.clusters import CLUSTERS_FILE, Clusters
from embedlab.workspace.cluster_names import CLUSTER_NAMES_FILE, cluster_names, rename_cluster
from embedlab.workspace.rows import EmbeddingRow
from embedlab.workspace.workspace import Workspace

_log = logging.getLogger("embedlab.jobs")


def clusters_version(workspace: Workspace, embedding_id: str) -> str:
    """Return a text that changes with the clusters of an embedding and their names; empty if there are no clusters.

    Addresses with clusters contain it, since browsers cache what is at an address.
    """
    folder = workspace.layout.embedding(embedding_id)
    times = []
    for name in (CLUSTERS_FILE, CLUSTER_NAMES_FILE):
        try:
            times.append(f"{(folder / name).stat().st_mtime_ns:x}")
        except FileNotFoundError:
            times.append("")
    return "-".join(times) if times[0] else ""


def load_clusters(workspace: Workspace, row: EmbeddingRow) -> Clusters | None:
    """Return the clusters of an embedding with the names that users gave; None if there are none (yet).

    Damaged names do not hide the clusters: they are logged, and `rename` reports them.
    """
    clusters = Clusters.load(workspace.layout.embedding(row.id) / CLUSTERS_FILE, row.n_keys)
    if clusters is None:
        return None
    try:
        return clusters.renamed(cluster_names(workspace, row.id, clusters.digest))
    except StorageError as error:
        _log.warning("Embedding %s: %s", row.id, error.what)
        return clusters


def rename(workspace: Workspace, row: EmbeddingRow, layer: int, cluster: int, name: str) -> None:
    """Give a cluster a name, or its own name again if `name` is empty.

    Raises
    ------
    NotFoundError
        There are no clusters.
    InputError
        There is no such cluster, or too many have names.
    StorageError
        The names are damaged, or cannot be written.
    """
    clusters = Clusters.load(workspace.layout.embedding(row.id) / CLUSTERS_FILE, row.n_keys)
    if clusters is None:
        raise NotFoundError("This embedding has no clusters.", received=row.id)
    if not 0 <= layer < len(clusters.layers) or not 0 <= cluster < len(clusters.layers[layer].names):
        sizes = ", ".join(
            f"{number}.0 to {number}.{len(each.names) - 1}" for number, each in enumerate(clusters.layers)
        )
        raise InputError("There is no such cluster.", received=f"{layer}.{cluster}", remedy=f"Clusters are {sizes}.")
    rename_cluster(workspace, row.id, clusters.digest, (layer, cluster), name)
