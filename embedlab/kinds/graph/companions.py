"""Which file describes the nodes of an edge list."""

from __future__ import annotations

from typing import Final

from embedlab.kinds.companion_match import CompanionMatch, NamedFile, matched
from embedlab.kinds.graph.columns import share_nodes
from embedlab.kinds.graph.node_file import names_nodes, read_nodes
from embedlab.kinds.graph.options import GraphOptions
from embedlab.kinds.graph.reading import edge_rows, plan_of
from embedlab.kinds.reading_report import Changes
from embedlab.reading.key_codes import KeyCodes
from embedlab.reading.opened import OpenedUpload

#: Nodes are compared within this many edges.
_MOST_EDGES: Final = 1_000_000
_USUAL_SHARE: Final = 0.3


def match(main: NamedFile, other: NamedFile) -> CompanionMatch | None:
    """Return whether a file describes the nodes of `main`; raises `InputError` if one of them cannot be read."""
    keys = _nodes_of(main.upload)
    nodes = read_nodes(other.upload, other.upload.limits, keys)
    n_matched = len(keys.intersection(nodes["key"]))
    columns = [str(name) for name in nodes.columns if name != "key"]
    if not n_matched or not columns:
        return None
    share = n_matched / len(keys)
    confidence = 0.6 + 0.35 * share if share >= _USUAL_SHARE else 0.3 + 0.5 * share
    if _may_be_edges(other.upload) and not names_nodes(other.name):
        confidence *= 0.4
    return CompanionMatch(
        "nodes", confidence, matched(", ".join(columns), n_matched, len(keys), "nodes"), n_matched, len(keys)
    )


def _nodes_of(upload: OpenedUpload) -> set[str]:
    plan = plan_of(upload, GraphOptions(member=upload.member))
    keys, n_edges = KeyCodes(), 0
    for rows in edge_rows(upload, plan, upload.limits, Changes(), lambda _: None):
        keys.encode(rows.sources)
        keys.encode(rows.targets)
        n_edges += len(rows.weights)
        if n_edges >= _MOST_EDGES:
            break
    return set(keys.keys)


def _may_be_edges(upload: OpenedUpload) -> bool:
    """Return whether a file could itself be an edge list: its first two columns share names."""
    plan = plan_of(upload, GraphOptions(member=upload.member))
    return share_nodes(plan.rows, plan.columns)
