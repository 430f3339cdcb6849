"""The import of a graph: read, check, sum duplicates, find its direction, and describe it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import InputError, TooLargeError
from embedlab.core.files import storage_errors
from embedlab.core.kind import Kind
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.kinds.base import Imported, Preview
from embedlab.kinds.graph.dataset import NODES_FILE, OFFSETS_FILE, TARGETS_FILE, WEIGHTS_FILE
from embedlab.kinds.graph.direction import DirectedEdges, RawEdges, said_of, with_direction
from embedlab.kinds.graph.node_file import read_nodes
from embedlab.kinds.graph.options import GraphOptions
from embedlab.kinds.graph.reading import EdgePlan, edge_rows, plan_of
from embedlab.kinds.graph.structure import (
    component_figures,
    components_of,
    degree_histogram,
)
from embedlab.kinds.reading_report import Changes, ReadAs, report_of
from embedlab.reading.key_codes import KeyCodes
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.table_columns import unnamed_column

Indices = npt.NDArray[np.int32]
#: More edges need more memory than a laptop has: about 60 bytes each while they are sorted.
MOST_EDGES: Final = 100_000_000
FEWEST_NODES: Final = 3
_PREVIEWED: Final = 200_000
_SHOWN: Final = 20


def preview_graph(upload: OpenedUpload, options: GraphOptions, limits: Limits, nodes_path: Path | None) -> Preview:
    """Read the start of an edge list."""
    plan = plan_of(upload, options)
    raw = _read(upload, plan, limits, lambda _: None, most=_PREVIEWED)
    found = with_direction(raw, plan)
    counts: dict[str, int | float] = {"nodes": len(raw.keys), "edges": len(found.sources)}
    warnings = raw.changes.sentences()
    if nodes_path is not None:
        known = set(raw.keys.keys)
        n_known = len(known.intersection(read_nodes(nodes_path, limits, known)["key"]))
        warnings.append(f"The nodes file describes {n_known:,} of {len(known):,} nodes.")
    names = plan.names if plan.options.has_header else [unnamed_column(place) for place in range(len(plan.names))]
    width = len(names)
    rows = [[*row, *[""] * width][:width] for row in plan.rows[:_SHOWN]]
    said = [*plan.assumptions, *said_of(found, plan)]
    return Preview(counts, names, rows, warnings, is_complete=raw.is_all, assumptions=said)


def expected_details(upload: OpenedUpload, options: GraphOptions) -> dict[str, Any]:
    """Return whether the start of a file is a hierarchy, as the details of an import would say it."""
    plan = plan_of(upload, options)
    found = with_direction(_read(upload, plan, upload.limits, lambda _: None, most=_PREVIEWED), plan)
    return {} if found.hierarchy is None else {"hierarchy": {"roots": found.hierarchy.n_roots}}


def import_graph(
    upload: OpenedUpload,
    options: GraphOptions,
    folder: Path,
    *,
    nodes_path: Path | None = None,
    limits: Limits | None = None,
    report: ReportProgress = ignore_progress,
) -> Imported:
    """Import an edge list into the empty folder `folder`, streaming.

    Parameters
    ----------
    upload, options
        The file, and how it is read; missing options are guessed.
    folder
        `GraphDataset.open` reads it afterwards. After an error it is empty again.
    nodes_path
        Labels and other columns of the nodes.
    limits
        Bounds on what is opened.
    report
        Called with the progress, at least once a second.

    Returns
    -------
    Counts `nodes, edges`; as details `weighted`, `components`, `degrees`, `density`, `hierarchy` if the edges form one,
    `nodes_file`, and those of `reading_report.report_of`.

    Raises
    ------
    InputError
        The file is not an edge list, or has fewer than three nodes.
    TooLargeError
        It has more than `MOST_EDGES` edges.
    StorageError
        The disk is full.
    """
    try:
        with storage_errors(folder / NODES_FILE):
            return _import(upload, options, folder, nodes_path, limits or upload.limits, report)
    except BaseException:
        for name in (NODES_FILE, OFFSETS_FILE, TARGETS_FILE, WEIGHTS_FILE):
            (folder / name).unlink(missing_ok=True)
        raise


def _import(
    upload: OpenedUpload,
    options: GraphOptions,
    folder: Path,
    nodes_path: Path | None,
    limits: Limits,
    report: ReportProgress,
) -> Imported:
    report(0.0, "reading")
    plan = plan_of(upload, options)
    raw = _read(upload, plan, limits, lambda share: report(0.6 * share, "reading"))
    report(0.65, "sorting edges")
    found = with_direction(raw, plan)
    if len(raw.keys) < FEWEST_NODES:
        raise InputError(
            "The graph is too small to learn from.",
            received=f"{len(raw.keys):,} nodes and {len(found.sources):,} edges",
            remedy=f"Choose a graph with at least {FEWEST_NODES} nodes.",
        )
    return _write(folder, raw, found, plan, nodes_path, limits, report)


def _read(
    upload: OpenedUpload, plan: EdgePlan, limits: Limits, tick: Callable[[float], None], most: int = MOST_EDGES
) -> RawEdges:
    """Read the rows, drop self-loops, and sum the weights of equal edges."""
    changes, keys = Changes(), KeyCodes()
    parts: list[tuple[Indices, Indices, npt.NDArray[np.float32]]] = []
    n_rows, is_all = 0, True
    for rows in edge_rows(upload, plan, limits, changes, tick):
        parts.append((keys.encode(rows.sources), keys.encode(rows.targets), rows.weights))
        n_rows += len(rows.weights)
        if n_rows >= most:
            is_all = False
            break
    if not is_all and most == MOST_EDGES:
        raise TooLargeError(
            f"A graph may have at most {MOST_EDGES:,} edges.",
            received=f"{n_rows:,} or more",
            remedy="Keep a part of the edges.",
        )
    if not n_rows:
        raise _nothing_usable(changes)
    sources, targets, weights = (np.concatenate(each) for each in zip(*parts, strict=True))
    parts.clear()
    loops = sources == targets
    if loops.any():
        changes.leave_out(
            "self-loops (edges from a node to itself)", keys[int(sources[np.argmax(loops)])], int(loops.sum())
        )
        sources, targets, weights = sources[~loops], targets[~loops], weights[~loops]
        if not len(sources):
            raise _nothing_usable(changes)
    sources, targets, weights = _summed(sources, targets, weights, keys, changes)
    used = np.zeros(len(keys), bool)
    used[sources] = used[targets] = True
    if not used.all():
        # Nodes with self-loops alone.
        remaining = KeyCodes()
        remaining.encode(keys.take(np.flatnonzero(used)))
        row_of = (np.cumsum(used) - 1).astype(np.int32)
        changes.leave_out("nodes without an edge to another node", keys[int(np.argmin(used))], int((~used).sum()))
        keys, sources, targets = remaining, row_of[sources], row_of[targets]
    return RawEdges(keys, sources, targets, weights, changes, n_rows, is_all)


def _summed(
    sources: Indices, targets: Indices, weights: npt.NDArray[np.float32], keys: KeyCodes, changes: Changes
) -> tuple[Indices, Indices, npt.NDArray[np.float32]]:
    """Return each directed edge once, in the order of source and target, with the sum of its weights."""
    n_nodes = len(keys)
    codes = sources.astype(np.int64) * n_nodes + targets
    distinct, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    n_more = len(codes) - len(distinct)
    if n_more:
        first = distinct[int(np.argmax(counts))]
        example = f"{keys[int(first // n_nodes)]} {keys[int(first % n_nodes)]}"
        changes.merge("edges that occur more than once, whose weights are summed", example, n_more)
    sums = np.bincount(place, weights=weights, minlength=len(distinct))
    most = float(np.finfo(np.float32).max)
    return (
        (distinct // n_nodes).astype(np.int32),
        (distinct % n_nodes).astype(np.int32),
        np.minimum(sums, most).astype(np.float32),
    )


def _nothing_usable(changes: Changes) -> InputError:
    return InputError(
        "No row of the file is a usable edge.",
        received=" ".join(changes.sentences()) or "no rows",
        remedy="Check the separator and the chosen columns.",
    )


def _write(
    folder: Path,
    raw: RawEdges,
    found: DirectedEdges,
    plan: EdgePlan,
    nodes_path: Path | None,
    limits: Limits,
    report: ReportProgress,
) -> Imported:
    n_nodes, n_edges = len(raw.keys), len(found.sources)
    low, high = np.minimum(found.sources, found.targets), np.maximum(found.sources, found.targets)
    pairs = np.unique(low.astype(np.int64) * n_nodes + high)
    degrees = np.bincount((pairs // n_nodes).astype(np.int64), minlength=n_nodes) + np.bincount(
        (pairs % n_nodes).astype(np.int64), minlength=n_nodes
    )
    order = np.argsort(-degrees, kind="stable")
    rank = np.empty(n_nodes, np.int32)
    rank[order] = np.arange(n_nodes, dtype=np.int32)
    sources, targets = rank[found.sources], rank[found.targets]
    if not found.directed:
        sources, targets = np.minimum(sources, targets), np.maximum(sources, targets)
    by_source = np.lexsort((targets, sources))
    sources, targets, weights = sources[by_source], targets[by_source], found.weights[by_source]
    report(0.75, "describing")
    components = components_of(sources, targets, n_nodes)
    nodes, nodes_figures, nodes_warnings = _nodes_table(raw.keys.take(order).to_pylist(), nodes_path, limits)
    nodes["count"] = degrees[order].astype(np.int64)
    if found.directed:
        nodes["in_degree"] = np.bincount(targets, minlength=n_nodes)
        nodes["out_degree"] = np.bincount(sources, minlength=n_nodes)
    if components.max() > 0:
        nodes["component"] = components
    if found.hierarchy is not None:
        nodes["depth"] = found.hierarchy.depths[order]
    report(0.9, "writing")
    nodes.to_parquet(folder / NODES_FILE, index=False)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=n_nodes))]).astype(np.int64)
    np.save(folder / OFFSETS_FILE, offsets, allow_pickle=False)
    np.save(folder / TARGETS_FILE, targets.astype(np.int32), allow_pickle=False)
    np.save(folder / WEIGHTS_FILE, weights.astype(np.float32), allow_pickle=False)
    details: dict[str, Any] = {
        "weighted": bool((weights != 1).any()),
        "directed": found.directed,
        "components": component_figures(components),
        "degrees": degree_histogram(degrees),
        "density": len(pairs) / (n_nodes * (n_nodes - 1) / 2),
        "mean_degree": float(degrees.mean()),
    }
    if details["weighted"]:
        details["weights"] = {"lowest": float(weights.min()), "highest": float(weights.max())}
    is_forest = len(pairs) == n_nodes - details["components"]["count"]
    if found.hierarchy is not None:
        hierarchy = found.hierarchy
        details["hierarchy"] = {
            "parent": "source" if hierarchy.source_is_parent else "target",
            "roots": hierarchy.n_roots,
            "leaves": hierarchy.n_leaves,
            "levels": int(hierarchy.depths.max()) + 1,
            "nodes_by_depth": np.bincount(hierarchy.depths)[:50].tolist(),
        }
    if nodes_figures is not None:
        details["nodes_file"] = nodes_figures
    said = said_of(found, plan)
    if is_forest and found.hierarchy is None:
        said.append("The graph has no cycle: it consists of trees, without a direction from parent to child.")
    options = replace_directed(plan.options, found.directed)
    changes = raw.changes
    # Warnings are problems; what was detected is an assumption.
    warnings = [*changes.sentences(), *nodes_warnings]
    if details["components"]["count"] > 1:
        largest = details["components"]["largest"][0]
        warnings.append(
            f"The graph has {details['components']['count']:,} components, the largest with {largest:,} of "
            f"{n_nodes:,} nodes. Nothing relates the positions of different components to each other."
        )
    details |= report_of(_read_as(plan, said), changes)
    imported = Imported(
        Kind.GRAPH,
        {"nodes": n_nodes, "edges": n_edges},
        options.model_dump(mode="json"),
        warnings,
        details,
    )
    imported.save(folder)
    report(1.0, "done")
    return imported


def replace_directed(options: GraphOptions, directed: bool) -> GraphOptions:
    """Return options with the direction that was found."""
    return options.model_copy(update={"directed": directed})


def _nodes_table(
    keys: list[str], nodes_path: Path | None, limits: Limits
) -> tuple[pd.DataFrame, dict[str, Any] | None, list[str]]:
    table = pd.DataFrame({"key": keys, "label": keys})
    if nodes_path is None:
        return table, None, []
    described = read_nodes(nodes_path, limits, set(keys))
    joined = table[["key"]].merge(described, on="key", how="left", sort=False)
    if "label" in joined:
        labels = joined.pop("label").fillna("")
        table["label"] = labels.where(labels != "", joined["key"])
    columns = [str(name) for name in joined.columns if name != "key"]
    for name in columns:
        values = joined[name]
        table[name] = values if pd.api.types.is_numeric_dtype(values) else values.fillna("")
    n_matched = int(table["key"].isin(described["key"]).sum())
    n_unknown = int((~described["key"].isin(set(keys))).sum())
    warnings = []
    if n_matched < len(keys):
        warnings.append(f"The nodes file does not describe {len(keys) - n_matched:,} of {len(keys):,} nodes.")
    if n_unknown:
        warnings.append(f"The nodes file describes {n_unknown:,} nodes without edges, which are left out.")
    return table, {"matched": n_matched, "columns": columns}, warnings


def _read_as(plan: EdgePlan, said: list[str]) -> ReadAs:
    options = plan.options
    columns = {"source": [plan.names[plan.columns.source]], "target": [plan.names[plan.columns.target]]}
    if plan.columns.weight is not None:
        columns["weight"] = [plan.names[plan.columns.weight]]
    return ReadAs(
        Kind.GRAPH,
        str(options.layout),
        options.delimiter,
        bool(options.has_header),
        options.encoding,
        columns,
        [*plan.assumptions, *said],
    )
