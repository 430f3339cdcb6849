"""Paired differences of two embeddings on the same word pairs: both are scored on the pairs that both know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.evaluation.cases import FEWEST
from embedlab.evaluation.intervals import Interval, Numbers, bootstrap_interval, spearman
from embedlab.evaluation.lookup import RowLookup
from embedlab.evaluation.question_files import Pair


@dataclass(frozen=True)
class PairedScores:
    """Rank correlations of two embeddings with human ratings, on the same pairs.

    Parameters
    ----------
    first, second
        Spearman's rank correlation of each.
    difference
        First minus second.
    interval
        The 95 % interval of the difference: both are scored on the same resampled pairs; None if undefined.
    n_cases, n_total
        Number of pairs that both embeddings know, and of all pairs.
    """

    first: float
    second: float
    interval: Interval | None
    n_cases: int
    n_total: int

    @property
    def difference(self) -> float:
        """First minus second."""
        return self.first - self.second

    @property
    def are_enough(self) -> bool:
        """Whether there are enough pairs to judge the difference."""
        return self.n_cases >= FEWEST


def paired_scores(first: Embedding, second: Embedding, pairs: Sequence[Pair]) -> PairedScores | None:
    """Score two embeddings on the word pairs that both know; None if there are fewer than two.

    Parameters
    ----------
    first, second
        Keys are words; see `RowLookup` for how they are matched.
    pairs
        Two words and their human similarity rating.
    """
    lookups = RowLookup(first), RowLookup(second)
    used: list[tuple[tuple[int, int], tuple[int, int], float]] = []
    for a, b, judged in pairs:
        rows = [(lookup(a), lookup(b)) for lookup in lookups]
        known = [(one, other) for one, other in rows if one is not None and other is not None]
        if len(known) == 2:
            used.append((known[0], known[1], judged))
    if len(used) < 2:
        return None
    ratings = np.array([judged for _, _, judged in used])
    cosines = [
        _cosines(embedding, np.array([entry[place] for entry in used], dtype=np.int64))
        for place, embedding in enumerate((first, second))
    ]

    def difference(one: Numbers, other: Numbers, judged: Numbers, axis: int = -1) -> Numbers:
        result: Numbers = spearman(one, judged, axis) - spearman(other, judged, axis)
        return result

    scores = [float(spearman(each, ratings)) for each in cosines]
    interval = bootstrap_interval(difference, (*cosines, ratings))
    return PairedScores(scores[0], scores[1], interval, len(used), len(pairs))


def _cosines(embedding: Embedding, rows: npt.NDArray[np.int64]) -> Numbers:
    units = [np.asarray(embedding.vectors[side]) / np.asarray(embedding.norms)[side, np.newaxis] for side in rows.T]
    cosines = np.einsum("nd,nd->n", *units).astype(np.float64)
    # A vector of zeros has no direction; as in `score_pairs`, its similarity counts as 0.
    finite: Numbers = np.nan_to_num(cosines, nan=0.0, posinf=0.0, neginf=0.0)
    return finite
