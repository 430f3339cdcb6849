"""Choice of the two numbers that quality depends on most: L2 regularization and the weight of unobserved pairs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.models.shared.implicit_als.problem import Objective, Problem, silent

#: Coarse candidates, from the published settings of MovieLens, Pinterest and the Million Song data. L2 regularization
#: is for nu = 1.
ALPHA0_CANDIDATES: Final = (1.0, 0.3, 0.1, 0.03, 0.01)
L2_CANDIDATES: Final = (0.03, 0.01, 0.003, 0.001)
#: One more step beyond the grid where the best is at its edge.
_STEP: Final = 10**0.5
#: Used where there is no validation part.
DEFAULT_ALPHA0: Final = 0.1
DEFAULT_L2: Final = 0.01
SEARCH_EPOCHS: Final = 8
#: With fewer, less L2 regularization would be chosen than is best for usual sizes.
MOST_SEARCH_FACTORS: Final = 64
#: More interactions are sampled by users: the choice depends little on them.
MOST_SEARCH_INTERACTIONS: Final = 2_000_000
SEARCH_FILE: Final = "search.csv"


@dataclass(frozen=True)
class Point:
    """One candidate and its quality.

    Parameters
    ----------
    l2, alpha0
        The candidate, in the units of the training's `nu`.
    quality
        NDCG on the validation part; None if not evaluated.
    """

    l2: float
    alpha0: float
    quality: float | None = None


@dataclass(frozen=True)
class Search:
    """The candidates tried, and the best one first.

    Parameters
    ----------
    points
        Never empty.
    """

    points: tuple[Point, ...]

    @property
    def best(self) -> Point:
        """The candidate with the highest quality."""
        return self.points[0]

    def table(self) -> str:
        """Return the candidates as CSV, the best one first."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["l2", "alpha0", "validation_ndcg@10"])
        writer.writerows(
            (f"{each.l2:.6g}", f"{each.alpha0:.6g}", "" if each.quality is None else f"{each.quality:.6g}")
            for each in self.points
        )
        return stream.getvalue()


def search(
    l2: float | None,
    alpha0: float | None,
    *,
    scale: Callable[[float], float],
    quality: Callable[[float, float], float] | None,
    report: Callable[[float], None] = silent,
) -> Search:
    """Choose L2 regularization and the weight of unobserved pairs on a coarse grid, one step beyond its edges.

    Parameters
    ----------
    l2, alpha0
        Fixed values; None: chosen.
    scale
        Factor of the candidates of L2 regularization for a weight of unobserved pairs, see `l2_scale`.
    quality
        Returns the validation quality of ``(l2, alpha0)``; None if there is no validation part.
    report
        Gets the finished share; may raise to stop.
    """
    relative = 1.0 if l2 is None else l2

    def point(candidate_l2: float, candidate_alpha0: float) -> tuple[float, float]:
        return candidate_l2 * (scale(candidate_alpha0) if l2 is None else 1.0), candidate_alpha0

    if quality is None or None not in (l2, alpha0):
        fixed = DEFAULT_L2 if l2 is None else l2
        return Search((Point(*point(fixed, DEFAULT_ALPHA0 if alpha0 is None else alpha0)),))
    all_l2 = L2_CANDIDATES if l2 is None else (relative,)
    all_alpha0 = ALPHA0_CANDIDATES if alpha0 is None else (alpha0,)
    found: dict[tuple[float, float], float] = {}
    n_expected = len(all_l2) * len(all_alpha0)

    def evaluate(candidates: Sequence[tuple[float, float]]) -> None:
        for candidate in candidates:
            found[candidate] = quality(*point(*candidate))
            report(min(len(found) / n_expected, 1.0))

    evaluate([(one, other) for one in all_l2 for other in all_alpha0])
    evaluate(list(_beyond(max(found, key=found.__getitem__), all_l2, all_alpha0)))
    order = sorted(found, key=lambda each: -found[each])
    return Search(tuple(Point(*point(*each), found[each]) for each in order))


def _beyond(
    best: tuple[float, float], all_l2: Sequence[float], all_alpha0: Sequence[float]
) -> Iterator[tuple[float, float]]:
    """Yield candidates one step beyond the edges of the grid that the best one is on."""
    for place, candidates in enumerate((all_l2, all_alpha0)):
        if len(candidates) < 2:
            continue
        for edge, factor in ((max(candidates), _STEP), (min(candidates), 1 / _STEP)):
            if best[place] == edge:
                yield (best[0] * factor, best[1]) if place == 0 else (best[0], best[1] * factor)


def l2_scale(problem: Problem, nu: float, alpha0: float) -> float:
    """Return the factor of L2 regularization that keeps its mean strength when `nu` is not 1.

    Source: Rendle et al., "Revisiting the Performance of iALS on Item Recommendation Benchmarks", 2022, section 3.2.
    """
    totals = [
        side.sums + alpha0 * len(other)
        for side, other in ((problem.users, problem.items), (problem.items, problem.users))
    ]
    strengths = [sum(float((each**power).sum()) for each in totals) for power in (1.0, nu)]
    return strengths[0] / strengths[1]


def search_interactions(data: InteractionsSplit, validation_users: np.ndarray, seed: int) -> Interactions:
    """Return the training part, or of a large one the interactions of the validation users and a sample of others."""
    train = data.train
    if len(train) <= MOST_SEARCH_INTERACTIONS:
        return train
    counts = np.bincount(train.users, minlength=data.shape[0])
    is_chosen = np.zeros(data.shape[0], bool)
    is_chosen[validation_users] = True
    others = np.random.default_rng(seed).permutation(np.flatnonzero((counts > 0) & ~is_chosen))
    room = MOST_SEARCH_INTERACTIONS - int(counts[is_chosen].sum())
    is_chosen[others[np.cumsum(counts[others]) <= room]] = True
    rows = np.flatnonzero(is_chosen[train.users])
    return Interactions(train.users[rows], train.items[rows], train.weights[rows])


def objective_of(point: Point, nu: float) -> Objective:
    """Return the loss of a candidate."""
    return Objective(point.alpha0, point.l2, nu)
