"""`clusters`: the layers of clusters of an embedding, their names, and near-duplicates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.asking.queries import EmbeddingName
from embedlab.cli.flags import Json
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import find_embedding, follow, opened_jobs
from embedlab.core.errors import InputError

if TYPE_CHECKING:
    from embedlab.core.embedding import Embedding
    from embedlab.exploration.clusters import Clusters

_RENAME = re.compile(r"(\d{1,2})\.(\d{1,4})=(.*)", re.DOTALL)
_MOST_MEMBERS = 1_000_000
_LISTED_MEMBERS = 4
Rename = Annotated[
    list[str] | None,
    typer.Option("--rename", metavar="LAYER.CLUSTER=NAME", help="Name a cluster; without NAME, its first name again."),
]
Members = Annotated[int, typer.Option("--members", min=0, max=_MOST_MEMBERS, help="Keys to write per cluster.")]
Duplicates = Annotated[
    float | None,
    typer.Option("--duplicates", min=0.8, max=1.0, help="Also write groups of keys with at least this cosine."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(clusters)


def clusters(
    embedding: EmbeddingName,
    rename: Rename = None,
    members: Members = 10,
    duplicates: Duplicates = None,
    json: Json = False,
) -> None:
    """Show the clusters of an embedding by layer, the coarsest first; finds them if there are none."""
    from embedlab.exploration.near_duplicates import NEAR_DUPLICATES_FILE, NearDuplicates
    from embedlab.jobs.clusters import stored_clusters
    from embedlab.jobs.clusters.missing_clusters import clusters_job

    renames = [_parsed(text) for text in rename or []]
    with opened_jobs() as jobs:
        workspace = jobs.workspace
        row = find_embedding(workspace, embedding)
        job = clusters_job(jobs, row)
        if job is not None and job.status.is_active:
            follow(jobs, job.id)
        for layer, cluster, name in renames:
            stored_clusters.rename(workspace, row, layer, cluster, name)
        found = stored_clusters.load_clusters(workspace, row)
        loaded = workspace.load_embedding(row.id)
        pairs = None
        if duplicates is not None:
            pairs = NearDuplicates.load(workspace.layout.embedding(row.id) / NEAR_DUPLICATES_FILE, row.n_keys)
    groups = [] if pairs is None else pairs.groups(duplicates or 1.0)
    if not json:
        _write(found, loaded, groups)
        return
    layers = [] if found is None else _layers(found, loaded, members)
    value: dict[str, Any] = {"embedding": row.id, "n_keys": row.n_keys, "layers": layers}
    if duplicates is not None:
        value["near_duplicates"] = {
            "cosine": duplicates,
            "n_compared": 0 if pairs is None else pairs.n_compared,
            "groups": [
                [[loaded.keys[first], 1.0], *([loaded.keys[at], round(cosine, 6)] for at, cosine in others)]
                for first, others in groups
            ],
        }
    write_json(value)


def _parsed(text: str) -> tuple[int, int, str]:
    match = _RENAME.fullmatch(text)
    if match is None:
        raise InputError(
            "--rename needs a cluster and a name.",
            received=text,
            remedy="Write --rename 0.3=Music for cluster 3.",
        )
    return int(match[1]), int(match[2]), match[3]


def _layers(found: Clusters, embedding: Embedding, members: int) -> list[dict[str, Any]]:
    layers = []
    for number, layer in enumerate(found.layers):
        sizes = layer.sizes.tolist()
        rows = [
            {
                "cluster": cluster,
                "name": name,
                "size": sizes[cluster],
                "parent": int(layer.parents[cluster]) if number else None,
                "members": [embedding.keys[at] for at in layer.members(cluster)[:members].tolist()],
            }
            for cluster, name in enumerate(layer.names)
        ]
        layers.append({"layer": number, "n_clusters": len(layer.names), "clusters": rows})
    return layers


def _write(found: Clusters | None, embedding: Embedding, groups: list[tuple[int, list[tuple[int, float]]]]) -> None:
    if found is None:
        write_note("This embedding has no clusters: it has too few keys, or all vectors are equal.")
    for number, layer in enumerate(found.layers if found else ()):
        rows = [
            (
                f"{number}.{cluster}",
                name,
                size,
                f"{number - 1}.{layer.parents[cluster]}" if number else "",
                ", ".join(embedding.labels[at] for at in layer.members(cluster)[:_LISTED_MEMBERS].tolist()),
            )
            for cluster, (name, size) in enumerate(zip(layer.names, layer.sizes.tolist(), strict=True))
        ]
        write_table(["cluster", "name", "keys", "part of", "first keys"], rows, empty="")
        write_line()
    for first, others in groups:
        names = ", ".join(f"{embedding.labels[at]} ({cosine:.3f})" for at, cosine in others)
        write_line(f"{embedding.labels[first]}: {names}")
