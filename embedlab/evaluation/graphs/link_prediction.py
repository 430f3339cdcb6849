"""Predicting hidden links: AUC against pairs without a link, and hits among all nodes, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.differences import share_difference
from embedlab.evaluation.intervals import FEWEST_FOR_INTERVAL, Interval, wilson_interval
from embedlab.kinds.graph.dataset import Edges, GraphSplit, Neighbors, neighbors_of

Rows = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.float64]

AUC: Final = "auc"
AUC_HARD: Final = "auc_hard"
HITS_AT: Final = 10
HITS: Final = f"hits@{HITS_AT}"
#: Links that are compared; more change the third digit only.
MOST_LINKS: Final = 20_000
#: Links whose end is searched among all nodes.
MOST_QUERIES: Final = 2_000
#: Scores of all nodes in memory at a time (64 MB of float32).
_BLOCK: Final = 1 << 24
_MOST_DRAWS: Final = 50
_Z: Final = 1.959963984540054


class ScoresLinks(Protocol):
    """Scores pairs of nodes: higher means that a link is more likely."""

    def pair_scores(self, first: Rows, second: Rows) -> npt.NDArray[np.float32]:
        """Return `(n,)` float32 scores of pairs of rows."""

    def scores(self, nodes: Rows) -> npt.NDArray[np.float32]:
        """Return `(n, n_nodes)` float32 scores of all nodes for `(n,)` rows."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows of nodes, `(n,)` int32 each."""

    first: Rows
    second: Rows

    def __len__(self) -> int:
        return len(self.first)


class LinkCodes:
    """Which pairs of nodes are linked, whatever the direction."""

    def __init__(self, n_nodes: int, *edges: Edges) -> None:
        self._n_nodes = n_nodes
        sources = np.concatenate([each.sources for each in edges]).astype(np.int64)
        targets = np.concatenate([each.targets for each in edges]).astype(np.int64)
        self._codes = np.unique(self._code(sources, targets))

    def _code(self, first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        low, high = np.minimum(first, second).astype(np.int64), np.maximum(first, second).astype(np.int64)
        codes: npt.NDArray[np.int64] = low * self._n_nodes + high
        return codes

    def are_linked(self, first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Return `(n,)` whether pairs are linked."""
        codes = self._code(first, second)
        place = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        linked: npt.NDArray[np.bool_] = self._codes[place] == codes
        return linked


def random_non_links(linked: LinkCodes, n_nodes: int, n: int, rng: np.random.Generator) -> Pairs:
    """Draw at most `n` pairs of different nodes without a link, uniformly; fewer if nearly all nodes are linked."""

    def draw(n_draws: int) -> tuple[Rows, Rows]:
        first, second = rng.integers(0, n_nodes, (2, n_draws), np.int32)
        return first, second

    return _drawn(draw, linked, n)


def hard_non_links(linked: LinkCodes, neighbors: Neighbors, n: int, rng: np.random.Generator) -> Pairs:
    """Draw at most `n` pairs without a link that have a common neighbor: the ends of random walks of two steps."""
    degrees = neighbors.degrees
    starts = np.flatnonzero(degrees > 0)

    def step(nodes: npt.NDArray[Any]) -> npt.NDArray[Any]:
        place = (rng.random(len(nodes)) * degrees[nodes]).astype(np.int64)
        reached: npt.NDArray[np.int32] = neighbors.nodes[neighbors.offsets[nodes] + place]
        return reached

    def draw(n_draws: int) -> tuple[Rows, Rows]:
        first = rng.choice(starts, n_draws)
        return first.astype(np.int32), step(step(first)).astype(np.int32)

    return _drawn(draw, linked, n)


def share_neighbors(neighbors: Neighbors, pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Return `(n,)` whether the two nodes of each pair have a common neighbor."""
    shared = np.zeros(len(pairs), bool)
    for place, (first, second) in enumerate(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)):
        shared[place] = len(np.intersect1d(neighbors.of(first), neighbors.of(second), assume_unique=True)) > 0
    return shared


def _drawn(draw: Callable[[int], tuple[Rows, Rows]], linked: LinkCodes, n: int) -> Pairs:
    found: list[tuple[Rows, Rows]] = []
    n_found = 0
    for _ in range(_MOST_DRAWS):
        if n_found >= n:
            break
        first, second = draw(max(100, 2 * (n - n_found)))
        usable = (first != second) & ~linked.are_linked(first, second)
        found.append((first[usable], second[usable]))
        n_found += int(usable.sum())
    if not found:
        return Pairs(np.empty(0, np.int32), np.empty(0, np.int32))
    first, second = (np.concatenate(each)[:n] for each in zip(*found, strict=True))
    return Pairs(first, second)


@dataclass(frozen=True)
class LinkTest:
    """The hidden links of a split, and what they are compared with.

    Parameters
    ----------
    links
        At most `MOST_LINKS` hidden links.
    non_links
        As many random pairs without a link.
    hard_links, hard_non_links
        Those of the links that have a common neighbor in training, and as many pairs without a link that have one.
    queries
        At most `MOST_QUERIES` hidden links: `first` asks, and `second` is to be found among all other nodes.
    known
        All links, hidden ones included: of the nodes that are ranked, those linked to the asking node are left out.
    seed
        Breaks ties.
    """

    links: Pairs
    non_links: Pairs
    hard_links: Pairs
    hard_non_links: Pairs
    queries: Pairs
    known: Neighbors
    seed: int


def link_test(split: GraphSplit, seed: int) -> LinkTest:
    """Return the test of a split, the same for all models."""
    rng = np.random.default_rng([seed, 1])
    test, dataset = split.test, split.dataset
    chosen = rng.permutation(test.n_edges)[:MOST_LINKS]
    links = Pairs(test.sources[chosen], test.targets[chosen])
    linked = LinkCodes(split.n_nodes, dataset.pairs)
    shared = share_neighbors(split.neighbors, links)
    hard = Pairs(links.first[shared], links.second[shared])
    turned = rng.random(len(links)) < 0.5
    first, second = np.where(turned, links.second, links.first), np.where(turned, links.first, links.second)
    return LinkTest(
        links,
        random_non_links(linked, split.n_nodes, len(links), rng),
        hard,
        hard_non_links(linked, split.neighbors, len(hard), rng),
        Pairs(first[:MOST_QUERIES].astype(np.int32), second[:MOST_QUERIES].astype(np.int32)),
        neighbors_of(dataset.pairs, split.n_nodes),
        seed,
    )


@dataclass(frozen=True)
class Placements:
    """How links and other pairs are ranked against each other.

    Parameters
    ----------
    of_links
        `(n_links,)` share of the other pairs with a lower score than each link; a tie counts half.
    of_others
        `(n_others,)` share of the links with a higher score than each other pair.

    Notes
    -----
    DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988). Comparing the areas under two or more correlated
    receiver operating characteristic curves: a nonparametric approach.
    """

    of_links: Numbers
    of_others: Numbers

    @property
    def auc(self) -> float:
        """The share of pairs (link, other) in which the link has the higher score."""
        return float(self.of_links.mean())

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the AUC; None with too few cases, or if all scores are equal."""
        if self.auc in (0.0, 1.0):
            # Without an error there is no variation: as for a share of the smaller number of cases.
            n_cases = min(len(self.of_links), len(self.of_others))
            return wilson_interval(round(self.auc * n_cases), n_cases)
        return _normal_interval(self.auc, self.of_links, self.of_others, 0.0, 1.0)

    def difference(self, other: Placements) -> dict[str, float | None]:
        """Return the difference to the AUC of another scorer on the same pairs, as `differences.paired_difference`."""
        of_links, of_others = self.of_links - other.of_links, self.of_others - other.of_others
        value = float(of_links.mean())
        if not of_links.any() and not of_others.any():
            return {"value": 0.0, "low": 0.0, "high": 0.0}
        low, high = _normal_interval(value, of_links, of_others, -1.0, 1.0) or (None, None)
        return {"value": value, "low": low, "high": high}


def _normal_interval(
    value: float, of_links: Numbers, of_others: Numbers, lowest: float, highest: float
) -> Interval | None:
    n_links, n_others = len(of_links), len(of_others)
    if min(n_links, n_others) < FEWEST_FOR_INTERVAL:
        return None
    variance = of_links.var(ddof=1) / n_links + of_others.var(ddof=1) / n_others
    if variance <= 0:
        return None
    reach = _Z * math.sqrt(variance)
    return max(lowest, value - reach), min(highest, value + reach)


def placements(of_links: npt.NDArray[Any], of_others: npt.NDArray[Any]) -> Placements:
    """Rank the scores of links and of other pairs against each other; both must not be empty."""

    def share_below(values: npt.NDArray[Any], others: npt.NDArray[Any]) -> Numbers:
        ordered = np.sort(others)
        lower, equal_or_lower = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
        share: Numbers = (lower + equal_or_lower) / (2 * len(ordered))
        return share

    return Placements(share_below(of_links, of_others), 1 - share_below(of_others, of_links))


def found_links(scorer: ScoresLinks, test: LinkTest, tick: Callable[[], None] = lambda: None) -> npt.NDArray[np.bool_]:
    """Return for each query whether its node is among the first `HITS_AT`; nodes with equal scores come in any order.

    Nodes that are linked to the asking node, other than the one to be found, are left out of the ranking.
    """
    n_nodes = len(test.known.offsets) - 1
    rng = np.random.default_rng([test.seed, 2])
    order = rng.random(len(test.queries))
    found = np.zeros(len(test.queries), bool)
    step = max(1, _BLOCK // n_nodes)
    for start in range(0, len(found), step):
        part = slice(start, start + step)
        asking, wanted = test.queries.first[part], test.queries.second[part]
        scores = np.array(scorer.scores(asking), np.float32)
        lines = np.arange(len(asking))
        own = scores[lines, wanted].copy()
        for line, node in enumerate(asking.tolist()):
            scores[line, test.known.of(node)] = -np.inf
            scores[line, node] = -np.inf
        better, equal = (scores > own[:, np.newaxis]).sum(axis=1), (scores == own[:, np.newaxis]).sum(axis=1)
        # The wanted node is at a random place among those with the same score.
        found[part] = np.isfinite(own) & (better + np.floor(order[part] * (equal + 1)) < HITS_AT)
        tick()
    return found


def score_links(
    own: ScoresLinks,
    baselines: Mapping[str, ScoresLinks],
    test: LinkTest,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Score predicted links beside those of baselines, on the same pairs.

    Returns
    -------
    ``{"auc", "auc_hard", "hits@10", "n_test", "n_ranked_links", "n_ranked_nodes", "intervals", "baselines",
    "differences"}`` in the format of `embedlab.evaluation.scores`; without hidden links or other pairs ``{"n_test"}``.
    """
    if not len(test.links) or not len(test.non_links):
        return {"n_test": len(test.links)}
    scorers = {"": own, **baselines}
    ranked: dict[str, dict[str, Placements]] = {}
    found: dict[str, npt.NDArray[np.bool_]] = {}
    for name, scorer in scorers.items():
        ranked[name] = {AUC: placements(_scores_of(scorer, test.links), _scores_of(scorer, test.non_links))}
        if len(test.hard_links) and len(test.hard_non_links):
            hard = (_scores_of(scorer, each) for each in (test.hard_links, test.hard_non_links))
            ranked[name][AUC_HARD] = placements(*hard)
        found[name] = found_links(scorer, test, tick)
    intervals = {score: each.interval for score, each in ranked[""].items()}
    intervals[HITS] = wilson_interval(int(found[""].sum()), len(found[""]))
    values = {
        name: {**{score: each.auc for score, each in ranked[name].items()}, HITS: float(found[name].mean())}
        for name in scorers
    }
    return {
        **values[""],
        "n_test": len(test.links),
        "n_hard_links": len(test.hard_links),
        "n_ranked_links": len(test.queries),
        "n_ranked_nodes": len(test.known.offsets) - 1,
        "intervals": {name: list(interval) for name, interval in intervals.items() if interval is not None},
        "baselines": {name: values[name] for name in baselines},
        "differences": {
            name: {
                **{score: each.difference(ranked[name][score]) for score, each in ranked[""].items()},
                HITS: share_difference(found[""], found[name]),
            }
            for name in baselines
        },
    }


def _scores_of(scorer: ScoresLinks, pairs: Pairs) -> npt.NDArray[np.float32]:
    return _finite(scorer.pair_scores(pairs.first, pairs.second))


def _finite(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.nan_to_num(scores, nan=-np.inf)
