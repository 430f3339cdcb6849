"""How well distances and radii of an embedding reproduce a hierarchy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.differences import paired_difference
from embedlab.evaluation.intervals import percentile_interval
from embedlab.evaluation.resampling import resampled_sums
from embedlab.kinds.graph.dataset import Neighbors

Numbers = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]

MAP: Final = "reconstruction_map"
MEAN_RANK: Final = "mean_rank"
DEPTH: Final = "depth_correlation"
INSIDE: Final = "ancestors_inside"
#: Nodes whose relatives are ranked.
MOST_NODES: Final = 1_000
_BLOCK: Final = 1 << 23
_RESAMPLES: Final = 200


class Shape(Protocol):
    """What is evaluated: similarities between nodes, and a radius that grows with the depth."""

    def similarities(self, nodes: Rows) -> npt.NDArray[np.floating[Any]]:
        """Return `(n, n_nodes)` numbers, larger for nearer nodes."""

    def radii(self) -> npt.NDArray[np.floating[Any]]:
        """Return `(n_nodes,)` numbers, larger for more special nodes."""


@dataclass(frozen=True)
class Reconstruction:
    """How the relatives of each node are ranked among the nodes that are no relatives.

    Parameters
    ----------
    precisions
        `(n,)` average precision of each node.
    ranks
        `(n,)` mean rank of the relatives of each node, 1 best.
    """

    precisions: Numbers
    ranks: Numbers


def reconstruction(shape: Shape, related: Neighbors, nodes: Rows) -> Reconstruction:
    """Rank the relatives of nodes, as in the paper.

    Notes
    -----
    Nickel, M. and Kiela, D. (2017). Poincare embeddings for learning hierarchical representations, section 4.1; ties
    count against the relative.
    """
    n_nodes = len(related.offsets) - 1
    precisions, ranks = np.empty(len(nodes)), np.empty(len(nodes))
    step = max(1, _BLOCK // n_nodes)
    for start in range(0, len(nodes), step):
        part = nodes[start : start + step]
        for line, (node, similar) in enumerate(zip(part.tolist(), shape.similarities(part), strict=True)):
            relatives = related.of(node)
            is_other = np.ones(n_nodes, bool)
            is_other[relatives] = is_other[node] = False
            others = np.sort(-similar[is_other].astype(np.float64))
            # For each relative, the nodes that are no relatives and at least as near.
            before = np.sort(np.searchsorted(others, -similar[relatives].astype(np.float64), "right"))
            place = np.arange(1, len(before) + 1)
            precisions[start + line] = (place / (before + place)).mean()
            ranks[start + line] = (before + 1).mean()
    return Reconstruction(precisions, ranks)


def depth_correlation(radii: npt.NDArray[Any], depths: npt.NDArray[Any]) -> float | None:
    """Return Somers' D of radius and depth: 1 if every deeper node has the larger radius; None with a single depth.

    It is a rank correlation that leaves out pairs of nodes of equal depth, which a radius cannot put in order.

    Notes
    -----
    Somers, R. H. (1962). A new asymmetric measure of association for ordinal variables.
    """
    levels = [np.sort(radii[depths == depth]) for depth in np.unique(depths)]
    difference = n_pairs = 0
    for place, deeper in enumerate(levels):
        for other in levels[:place]:
            lower = np.searchsorted(other, deeper, "left").sum(dtype=np.int64)
            not_higher = np.searchsorted(other, deeper, "right").sum(dtype=np.int64)
            difference += int(lower) - (len(other) * len(deeper) - int(not_higher))
            n_pairs += len(other) * len(deeper)
    return difference / n_pairs if n_pairs else None


def share_inside(radii: npt.NDArray[Any], related: Neighbors, nodes: Rows) -> Numbers:
    """Return `(n,)` for each node the share of its ancestors with a smaller radius; an equal one counts half."""
    shares = np.empty(len(nodes))
    for place, node in enumerate(nodes.tolist()):
        gaps = radii[node] - radii[related.of(node)]
        shares[place] = ((gaps > 0) + 0.5 * (gaps == 0)).mean()
    return shares


def _resampled_depths(radii: list[npt.NDArray[Any]], depths: npt.NDArray[Any]) -> Numbers:
    """Return `(n_resamples, n_shapes)` correlations in resamples of the nodes."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(_RESAMPLES):
        drawn = rng.integers(0, len(depths), len(depths))
        values = [depth_correlation(each[drawn], depths[drawn]) for each in radii]
        found.append([np.nan if value is None else value for value in values])
    return np.array(found)


def score_hierarchy(
    own: Shape, baselines: dict[str, Shape], related: Neighbors, depths: npt.NDArray[np.int32] | None, seed: int = 0
) -> dict[str, Any]:
    """Score an embedding of a hierarchy beside baselines, on the same nodes.

    Parameters
    ----------
    related
        The relatives of each node.
    depths
        `(n_nodes,)` depth of each node; None if the graph is no hierarchy.

    Returns
    -------
    ``{"reconstruction_map", "mean_rank", "depth_correlation", "ancestors_inside", "n_ranked_nodes", "intervals",
    "baselines", "differences"}`` in the format of `embedlab.evaluation.scores`.
    """
    rng = np.random.default_rng([seed, 4])
    nodes = rng.permutation(np.flatnonzero(related.degrees > 0))[:MOST_NODES].astype(np.int32)
    shapes = {"": own, **baselines}
    names = list(shapes)
    ranked = [reconstruction(shape, related, nodes) for shape in shapes.values()]
    radii = [np.asarray(shape.radii()) for shape in shapes.values()]
    columns: dict[str, list[Numbers]] = {
        MAP: [each.precisions for each in ranked],
        MEAN_RANK: [each.ranks for each in ranked],
    }
    if depths is not None:
        columns[INSIDE] = [share_inside(each, related, nodes) for each in radii]
    flat = [column for of_score in columns.values() for column in of_score]
    sums = resampled_sums(np.column_stack([np.ones(len(nodes)), *flat]))
    means = sums[:, 1:] / sums[:, :1]
    values: dict[str, dict[str, float]] = {name: {} for name in names}
    resamples: dict[str, dict[str, Numbers]] = {name: {} for name in names}
    for number, (score, of_score) in enumerate(columns.items()):
        for place, name in enumerate(names):
            values[name][score] = float(of_score[place].mean())
            resamples[name][score] = means[:, number * len(names) + place]
    if depths is not None and len(np.unique(depths)) > 1:
        chosen = rng.permutation(len(depths))[:MOST_NODES]
        of_depth = _resampled_depths([each[chosen] for each in radii], depths[chosen])
        for place, name in enumerate(names):
            values[name][DEPTH] = depth_correlation(radii[place], depths) or 0.0
            resamples[name][DEPTH] = of_depth[:, place]
    intervals = {score: percentile_interval(each, len(nodes)) for score, each in resamples[""].items()}
    return {
        **values[""],
        "n_ranked_nodes": len(nodes),
        "intervals": {score: list(each) for score, each in intervals.items() if each is not None},
        "baselines": {name: values[name] for name in baselines},
        "differences": {
            name: {
                score: paired_difference(
                    value - values[name][score], resamples[""][score] - resamples[name][score], len(nodes)
                )
                for score, value in values[""].items()
            }
            for name in baselines
        },
    }
