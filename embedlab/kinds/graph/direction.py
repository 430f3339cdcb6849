"""Whether the edges of a graph have a direction, and why; opposite edges are merged if they have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.kinds.graph.reading import EdgePlan
from embedlab.kinds.graph.structure import Hierarchy, hierarchy_of
from embedlab.kinds.reading_report import Changes
from embedlab.reading.key_codes import KeyCodes
from embedlab.reading.table_columns import column_in_sentence

Indices = npt.NDArray[np.int32]
#: The share of edges that occur in both directions above which the direction means nothing.
_BOTH_WAYS: Final = 0.999


@dataclass(frozen=True)
class RawEdges:
    """Distinct edges in the direction of the file, without self-loops; nodes are codes of the keys."""

    keys: KeyCodes
    sources: Indices
    targets: Indices
    weights: npt.NDArray[np.float32]
    changes: Changes
    n_rows: int
    is_all: bool


@dataclass(frozen=True)
class DirectedEdges:
    """Edges, whether they have a direction and why, and the hierarchy they form."""

    sources: Indices
    targets: Indices
    weights: npt.NDArray[np.float32]
    directed: bool
    hierarchy: Hierarchy | None
    reason: str


def with_direction(raw: RawEdges, plan: EdgePlan) -> DirectedEdges:
    """Decide whether the edges have a direction, and merge opposite ones if they have none."""
    n_nodes = len(raw.keys)
    reverse = raw.targets.astype(np.int64) * n_nodes + raw.sources
    codes = raw.sources.astype(np.int64) * n_nodes + raw.targets
    has_reverse = np.isin(reverse, codes, assume_unique=True)
    share = float(has_reverse.mean())
    hierarchy = None if share else hierarchy_of(raw.sources, raw.targets, n_nodes)
    # Two nodes a component are pairs, and not a hierarchy.
    if hierarchy is not None and hierarchy.depths.max() < 2:
        hierarchy = None
    chosen = plan.options.directed
    directed, reason = _direction(chosen, plan, share, hierarchy)
    if directed:
        return DirectedEdges(raw.sources, raw.targets, raw.weights, True, hierarchy, reason)
    low, high = np.minimum(raw.sources, raw.targets), np.maximum(raw.sources, raw.targets)
    pairs, place = np.unique(low.astype(np.int64) * n_nodes + high, return_inverse=True)
    weights: npt.NDArray[Any] = np.bincount(place, weights=raw.weights)
    if share >= _BOTH_WAYS and _same_weights(raw, codes, reverse):
        # The file lists every edge in both directions: it is one edge, not two.
        weights = weights / np.bincount(place)
    elif n_opposite := int(has_reverse.sum()) // 2:
        row = int(np.argmax(has_reverse))
        example = f"{raw.keys[int(raw.sources[row])]} {raw.keys[int(raw.targets[row])]}"
        raw.changes.merge("edges in opposite directions, whose weights are summed", example, n_opposite)
    return DirectedEdges(
        (pairs // n_nodes).astype(np.int32),
        (pairs % n_nodes).astype(np.int32),
        np.minimum(weights, np.finfo(np.float32).max).astype(np.float32),
        False,
        None,
        reason,
    )


def _same_weights(raw: RawEdges, codes: npt.NDArray[np.int64], reverse: npt.NDArray[np.int64]) -> bool:
    place = np.minimum(np.searchsorted(codes, reverse), len(codes) - 1)
    is_there = codes[place] == reverse
    return bool(np.allclose(raw.weights[place[is_there]], raw.weights[is_there]))


def _direction(chosen: bool | None, plan: EdgePlan, share: float, hierarchy: Hierarchy | None) -> tuple[bool, str]:
    """Return whether edges have a direction, and why."""
    if chosen is not None:
        return chosen, f"The edges are {'directed' if chosen else 'undirected'}, as chosen."
    if share >= _BOTH_WAYS:
        return False, "Every edge occurs in both directions, so the graph is undirected."
    if plan.comments_say is not None:
        return plan.comments_say, f"The comments say that the graph is {'' if plan.comments_say else 'un'}directed."
    if plan.columns.has_direction:
        names = f"{plan.names[plan.columns.source]} and {plan.names[plan.columns.target]}"
        return True, f"The columns are called {names}, so edges have a direction."
    if hierarchy is not None:
        return True, "Every node has at most one parent and there is no cycle, so edges have a direction."
    if share:
        return (
            True,
            f"Only {share:.1%} of the edges occur in both directions, so edges have a direction.",
        )
    return False, "No edge occurs in both directions and nothing names a direction, so the graph is read as undirected."


def said_of(found: DirectedEdges, plan: EdgePlan) -> list[str]:
    """Return what was detected, in plain sentences."""
    sentences = [found.reason]
    if found.hierarchy is not None:
        which = "source" if found.hierarchy.source_is_parent else "target"
        name = plan.names[plan.columns.source if found.hierarchy.source_is_parent else plan.columns.target]
        of_column = f"the column {name}" if plan.options.has_header else f"the {which}"
        sentences.append(
            f"The graph is a hierarchy: every node has at most one parent ({of_column}), and there is no cycle. It has "
            f"{_plural(found.hierarchy.n_roots, 'root')} and {found.hierarchy.depths.max() + 1:,} levels."
        )
    if plan.columns.weight is not None:
        named = bool(plan.options.has_header)
        sentences.append(f"Weights are in the {column_in_sentence(plan.names, plan.columns.weight, named=named)}.")
    return sentences


def _plural(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
