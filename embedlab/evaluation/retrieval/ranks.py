"""Ranks of held-out partners among the whole catalog, with the other known partners of a query left out.

Leaving them out is the "filtered" setting of link prediction: Bordes et al., "Translating Embeddings for Modeling
Multi-relational Data", 2013, section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.differences import paired_difference
from embedlab.evaluation.intervals import percentile_interval
from embedlab.evaluation.resampling import resampled_sums
from embedlab.evaluation.scores import refuse_not_finite

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
#: Scores of all things of the other side for rows of one side: `(n,)` to `(n, n_candidates)`, higher is better.
ScoreAll = Callable[[Ints], npt.NDArray[np.float32]]

RECALL_AT: Final = (1, 5, 10)
#: Names of the scores from left to right; from right to left they begin with `REVERSE`.
MEASURES: Final = (*(f"recall@{k}" for k in RECALL_AT), "mrr")
REVERSE: Final = "reverse_"
#: Scores in memory at a time (64 MB of float32).
_MOST_SCORES: Final = 1 << 24


@dataclass(frozen=True)
class Partners:
    """All known partners of each thing of one side: those of thing i are `partners[starts[i]:starts[i + 1]]`."""

    starts: Ints
    partners: Ints

    @classmethod
    def of(cls, things: npt.NDArray[np.integer], partners: npt.NDArray[np.integer], n_things: int) -> Partners:
        """Group pairs by their first side."""
        order = np.lexsort((partners, things))
        counts = np.bincount(things, minlength=n_things)
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(starts, partners[order].astype(np.int64))

    def positions(self, things: Ints) -> tuple[Ints, Ints]:
        """Return for some things the position among them, and the row, of every partner."""
        lengths = self.starts[things + 1] - self.starts[things]
        places = np.repeat(np.arange(len(things)), lengths)
        offsets = np.arange(len(places)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return places, self.partners[np.repeat(self.starts[things], lengths) + offsets]


def filtered_ranks(score: ScoreAll, queries: Ints, targets: Ints, known: Partners) -> Floats:
    """Return the rank of each target among all candidates, from 1, without the other known partners of the query.

    Equal scores share the mean of their ranks, so that a constant score is no better than chance.

    Raises
    ------
    EmbedLabError
        A score is NaN or infinite.
    """
    different, of_case = np.unique(queries, return_inverse=True)
    ranks = np.empty(len(queries))
    order = np.argsort(of_case, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(of_case, minlength=len(different)))])
    first = score(different[:1])
    step = max(1, _MOST_SCORES // max(1, first.shape[1]))
    for start in range(0, len(different), step):
        block = different[start : start + step]
        scores = np.array(score(block), np.float32)
        refuse_not_finite(scores)
        cases = order[starts[start] : starts[start + len(block)]]
        rows = of_case[cases] - start
        own = scores[rows, targets[cases]]
        places, partners = known.positions(block)
        scores[places, partners] = -np.inf
        for row in range(len(block)):
            of_row = rows == row if len(block) < 64 else slice(*np.searchsorted(rows, [row, row + 1]))
            own_of_row = own[of_row]
            ordered = np.sort(scores[row])
            low, high = (np.searchsorted(ordered, own_of_row, side) for side in ("left", "right"))
            n_better = len(ordered) - high
            ranks[cases[of_row]] = 1 + n_better + (high - low) / 2
    return ranks


@dataclass(frozen=True)
class Direction:
    """The ranks of one model in one direction, and what was ranked.

    Parameters
    ----------
    ranks
        `(n_cases,)` float64.
    """

    ranks: Floats

    def measures(self) -> Floats:
        """Return `(n_cases, len(MEASURES))`: whether each target is among the first, and its reciprocal rank."""
        hits = [self.ranks <= k for k in RECALL_AT]
        return np.column_stack([*hits, 1 / self.ranks]).astype(np.float64)


def score_retrieval(
    own: tuple[Floats, Floats], baselines: Mapping[str, tuple[Floats, Floats]], units: Ints
) -> dict[str, Any]:
    """Score ranks from left to right and from right to left beside those of baselines.

    Parameters
    ----------
    own
        `(n_cases,)` ranks in both directions.
    baselines
        The same of each baseline, on the same cases.
    units
        `(n_cases,)` what is resampled for the intervals: the thing on the left of a case, or its held-out group.

    Returns
    -------
    The measures with `intervals`, `baselines` and `differences`, in the format of `embedlab.evaluation.scores`.
    """
    names = [*MEASURES, *(f"{REVERSE}{name}" for name in MEASURES)]
    sources = {"": own, **baselines}
    columns = np.column_stack([Direction(each).measures() for ranks in sources.values() for each in ranks])
    _, of_case = np.unique(units, return_inverse=True)
    n_units = int(of_case.max()) + 1
    sizes = np.bincount(of_case, minlength=n_units)
    totals = np.column_stack([np.bincount(of_case, column, n_units) for column in columns.T])
    sums = resampled_sums(np.column_stack([sizes, totals]))
    means = sums[:, 1:] / sums[:, :1]
    place = {(source, name): column for column, (source, name) in enumerate((s, n) for s in sources for n in names)}
    value = {key: float(columns[:, column].mean()) for key, column in place.items()}
    intervals = {name: percentile_interval(means[:, place["", name]], n_units) for name in names}
    return {
        **{name: value["", name] for name in names},
        "intervals": {name: list(interval) for name, interval in intervals.items() if interval is not None},
        "baselines": {source: {name: value[source, name] for name in names} for source in baselines},
        "differences": {
            source: {
                name: paired_difference(
                    value["", name] - value[source, name],
                    means[:, place["", name]] - means[:, place[source, name]],
                    n_units,
                )
                for name in names
            }
            for source in baselines
        },
    }
