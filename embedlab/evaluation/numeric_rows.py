"""How much of held-out rows of numbers vectors keep: explained variance, true neighbors, and labels of neighbors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.differences import paired_difference, share_difference
from embedlab.evaluation.intervals import Numbers, percentile_interval, wilson_interval
from embedlab.evaluation.resampling import SEED, resampled_sums

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]

EXPLAINED = "test_explained_variance"
RECALL = "neighbor_recall@10"
KNN = "test_knn_accuracy"
#: Numbers of neighbors that are compared, and that vote for a label.
N_RECALLED, N_VOTERS = 10, 5
#: A bounded sample of rows is compared: held-out rows, and rows to choose neighbors from.
MOST_QUERIES, MOST_CANDIDATES = 1000, 20_000
_BLOCK = 200
#: Sums of float32 squares differ by this much from those in another order.
_ROUNDING = 1e-6


def explained_entries(errors: Mapping[str, Numbers], squares: Numbers, own: str) -> dict[str, Any]:
    """Return the explained share of the variance of held-out rows, beside baselines.

    Parameters
    ----------
    errors
        By name of the run and the baselines: `(n,)` sum of squared errors of each row, standardized.
    squares
        `(n,)` sum of squares of each row, standardized: the error of the mean.
    own
        The name of the run in `errors`.

    Returns
    -------
    ``{EXPLAINED, "intervals", "baselines", "differences"}``; rows are resampled for the intervals. Empty if nothing
    varies.
    """
    if squares.sum() <= 0:
        return {}
    names = [own, *(name for name in errors if name != own)]
    sums = resampled_sums(np.column_stack([squares, *(errors[name] for name in names)]))
    # A resample may consist of equal rows.
    explained = 1 - np.divide(sums[:, 1:], sums[:, :1], out=np.ones_like(sums[:, 1:]), where=sums[:, :1] > 0)
    exact = [_exact(1 - float(errors[name].sum() / squares.sum())) for name in names]
    values = [exact[0] if abs(each - exact[0]) < _ROUNDING else each for each in exact]
    interval = percentile_interval(explained[:, 0], len(squares)) if values[0] < 1 else None
    return {
        EXPLAINED: values[0],
        "intervals": {} if interval is None else {EXPLAINED: list(interval)},
        "baselines": {name: {EXPLAINED: value} for name, value in zip(names[1:], values[1:], strict=True)},
        "differences": {
            name: {
                EXPLAINED: paired_difference(
                    values[0] - values[place], _rounded(explained[:, 0] - explained[:, place]), len(squares)
                )
            }
            for place, name in enumerate(names[1:], 1)
        },
    }


def _exact(value: float) -> float:
    return 1.0 if abs(value - 1) < _ROUNDING else value


def _rounded(values: Numbers) -> Numbers:
    return np.where(np.abs(values) < _ROUNDING, 0.0, values)


def sample_rows(rows: Codes, most: int) -> Codes:
    """Return at most `most` of some rows, ascending; the same sample for every run."""
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(SEED).permutation(rows)[:most])


def nearest_by_distance(queries: Floats, candidates: Floats, k: int) -> Codes:
    """Return the `(n, k)` places of the nearest candidates of each query by Euclidean distance, the nearest first."""
    squares = np.einsum("ij,ij->i", candidates, candidates, dtype=np.float64)
    found = [_smallest(squares - 2.0 * (block @ candidates.T).astype(np.float64), k) for block in _blocks(queries)]
    return np.concatenate(found)


def nearest_by_cosine(queries: Floats, candidates: Floats, k: int) -> Codes:
    """Return the `(n, k)` places of the nearest candidates of each query by cosine similarity, the nearest first."""
    units, others = unit_rows(queries), unit_rows(candidates)
    return np.concatenate([_smallest(-(block @ others.T).astype(np.float64), k) for block in _blocks(units)])


def unit_rows(vectors: Floats) -> Floats:
    """Return the vectors with length 1; zero rows stay zero."""
    norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    norms[norms == 0] = 1
    units: Floats = (vectors / norms[:, np.newaxis]).astype(np.float32)
    return units


def _blocks(queries: Floats) -> list[Floats]:
    return [queries[start : start + _BLOCK] for start in range(0, len(queries), _BLOCK)]


def _smallest(costs: Numbers, k: int) -> Codes:
    """Return the `(n, k)` columns with the smallest costs, ascending."""
    some = np.argpartition(costs, k - 1, axis=1)[:, :k]
    order = np.take_along_axis(costs, some, axis=1).argsort(axis=1, kind="stable")
    nearest: Codes = np.take_along_axis(some, order, axis=1).astype(np.int64)
    return nearest


@dataclass(frozen=True)
class Neighbors:
    """The nearest known rows of some held-out rows, in one space.

    Parameters
    ----------
    nearest
        `(n_queries, k)` places among the candidates, the nearest first.
    """

    nearest: Codes

    def share_in(self, other: Neighbors, k: int) -> Numbers:
        """Return `(n_queries,)`: the share of the first `k` of the other that are among the first `k` of these."""
        own, theirs = self.nearest[:, :k], other.nearest[:, :k]
        shares: Numbers = (theirs[:, :, np.newaxis] == own[:, np.newaxis, :]).any(axis=2).mean(axis=1)
        return shares

    def votes(self, codes: Codes, k: int) -> Codes:
        """Return `(n_queries,)`: the most frequent code among the first `k`; ties go to the nearer ones."""
        voters = codes[self.nearest[:, :k]]
        # One vote weighs more than all ranks together.
        weights = 1 - np.arange(voters.shape[1]) / (2.0 * voters.shape[1] ** 2)
        score = ((voters[:, :, np.newaxis] == voters[:, np.newaxis, :]) * weights).sum(axis=2)
        winners: Codes = voters[np.arange(len(voters)), score.argmax(axis=1)]
        return winners


def recall_entries(truth: Neighbors, found: Mapping[str, Neighbors], own: str) -> dict[str, Any]:
    """Return how many of the true neighbors each space keeps, in the format of `explained_entries`.

    Parameters
    ----------
    truth
        Neighbors by the distance of the standardized columns.
    found
        Neighbors by the name of the run and the baselines.
    own
        The name of the run in `found`.
    """
    k = min(N_RECALLED, truth.nearest.shape[1])
    shares = {name: each.share_in(truth, k) for name, each in found.items()}
    names = [own, *(name for name in found if name != own)]
    n_queries = len(truth.nearest)
    means = resampled_sums(np.column_stack([shares[name] for name in names])) / n_queries
    values = [float(shares[name].mean()) for name in names]
    interval = percentile_interval(means[:, 0], n_queries)
    return {
        RECALL: values[0],
        "n_neighbor_queries": n_queries,
        "intervals": {} if interval is None else {RECALL: list(interval)},
        "baselines": {name: {RECALL: value} for name, value in zip(names[1:], values[1:], strict=True)},
        "differences": {
            name: {RECALL: paired_difference(values[0] - values[place], means[:, 0] - means[:, place], n_queries)}
            for place, name in enumerate(names[1:], 1)
        },
    }


def knn_entries(
    found: Mapping[str, Neighbors], own: str, known_codes: Codes, codes: Codes, majority: int
) -> dict[str, Any]:
    """Return how often neighbors predict a label, in the format of `explained_entries`.

    Parameters
    ----------
    found, own
        As for `recall_entries`.
    known_codes, codes
        Labels of the candidates and of the queries as numbers from 0.
    majority
        The most frequent label of the known rows.
    """
    k = min(N_VOTERS, next(iter(found.values())).nearest.shape[1])
    right = {name: each.votes(known_codes, k) == codes for name, each in found.items()}
    right["majority"] = codes == majority
    interval = wilson_interval(int(right[own].sum()), len(codes))
    others = [name for name in right if name != own]
    return {
        KNN: float(right[own].mean()),
        "n_labeled_queries": len(codes),
        "intervals": {} if interval is None else {KNN: list(interval)},
        "baselines": {name: {KNN: float(right[name].mean())} for name in others},
        "differences": {name: {KNN: share_difference(right[own], right[name])} for name in others},
    }


def joined(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the entries of several scores as one; those that hold values by baseline are merged."""
    result: dict[str, Any] = {}
    for each in entries:
        for name, value in each.items():
            result[name] = _merged(result[name], value) if name in result and isinstance(value, Mapping) else value
    return result


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    both = {**first, **second}
    for name in first.keys() & second.keys():
        if isinstance(first[name], Mapping) and isinstance(second[name], Mapping):
            both[name] = {**first[name], **second[name]}
    return both
