"""Importing made graphs."""

from __future__ import annotations

from pathlib import Path

from embedlab.kinds.base import BuildContext, Imported
from embedlab.kinds.graph.dataset import GraphDataset
from embedlab.kinds.graph.kind import GraphKind
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

KIND = GraphKind()


def import_graph(folder: Path, content: str | bytes, nodes: str | None = None, **options: object) -> GraphDataset:
    """Import an edge list, with everything guessed but the given options, and open it."""
    path = folder / "edges.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    companions = {}
    if nodes is not None:
        companions["nodes"] = folder / "nodes.csv"
        companions["nodes"].write_text(nodes, encoding="utf-8")
    upload, dataset = OpenedUpload(path, Limits()), folder / "dataset"
    dataset.mkdir()
    guessed = KIND.options_class().model_copy(update=options) if options else KIND.guess_options(upload)
    KIND.build(upload, guessed, dataset, BuildContext(companions=companions))
    return GraphDataset.open(dataset)


def described(folder: Path, content: str | bytes, **options: object) -> Imported:
    """Import an edge list and return its description."""
    return import_graph(folder, content, **options).imported


def edges_of(dataset: GraphDataset) -> dict[tuple[str, str], float]:
    """Return the weight of each edge by the names of its nodes."""
    keys, edges = dataset.keys, dataset.edges
    return {
        (keys[source], keys[target]): float(weight)
        for source, target, weight in zip(*(each.tolist() for each in edges), strict=True)
    }
