"""Stability: which neighbors of a key are the same after training with another seed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.evaluation.intervals import FEWEST_SEEDS, seed_interval
from embedlab.evaluation.scores import OVER_SEEDS, score_entry

Rows = npt.NDArray[np.int64]

#: Neighbors compared per key.
TOPN = 10
#: Maximum number of cosines per embedding; larger embeddings are limited to their most frequent keys.
MOST_COSINES = 1_000_000_000
_BLOCK_NUMBERS = 1 << 24


@dataclass(frozen=True)
class Stability:
    """Shared neighbors between embeddings.

    Parameters
    ----------
    keys
        The keys that all embeddings have, in the order of the first.
    shares
        `(n_keys,)` float32: the share of each key's neighbors that two embeddings have in common, 0 to 1, averaged over
        all pairs of embeddings; NaN for keys that were not compared.
    topn
        Neighbors compared per key.
    between
        `(n_embeddings, n_embeddings)` float64, symmetric: the mean share of each pair of embeddings over the compared
        keys; 1 on the diagonal.
    """

    keys: list[str]
    shares: npt.NDArray[np.float32]
    topn: int
    between: npt.NDArray[np.float64]

    @property
    def n_embeddings(self) -> int:
        """Number of compared embeddings."""
        return len(self.between)

    def score(self, noun: str = "keys") -> dict[str, Any]:
        """Return the mean over the compared keys, as `score_entry`; also ``topn``, ``n_seeds`` and ``interval_over``.

        The interval is for the mean with other seeds: the seeds are the sample, the keys are fixed. There is none with
        fewer than 3 seeds.

        Parameters
        ----------
        noun
            Plural noun for the keys, for the note.
        """
        compared = self.shares[np.isfinite(self.shares)].astype(np.float64)
        interval = seed_interval(self.between)
        reason = _no_interval(self.n_embeddings)
        if interval is not None:
            interval = max(0.0, interval[0]), min(1.0, interval[1])
        return {
            **score_entry(float(compared.mean()), interval, len(compared), len(self.keys), noun, reason),
            "topn": self.topn,
            "n_seeds": self.n_embeddings,
            "interval_over": OVER_SEEDS,
        }


def _no_interval(n_seeds: int) -> str:
    if n_seeds < FEWEST_SEEDS:
        return f"it needs at least {FEWEST_SEEDS} seeds"
    return "every pair of seeds agrees equally well"


def neighbor_stability(
    embeddings: Sequence[Embedding], topn: int = TOPN, report: ReportProgress = ignore_progress
) -> Stability:
    """Compare the neighbors of every key between embeddings that differ only in their seed.

    Parameters
    ----------
    embeddings
        Two or more. Neighbors are searched among the keys that all of them have.
    topn
        Neighbors per key; fewer if there are not enough keys.
    report
        Called with the progress; may raise to cancel the comparison.

    Raises
    ------
    InputError
        There are fewer than two embeddings, or fewer than three keys that all have.

    Notes
    -----
    Wendlandt, Kummerfeld and Mihalcea, "Factors Influencing the Surprising Instability of Word Embeddings", 2018: the
    overlap of the ten nearest neighbors.
    """
    if len(embeddings) < 2:
        raise InputError(
            "Stability needs at least two trainings with different seeds.",
            received=len(embeddings),
            remedy="Train with another seed first.",
        )
    common = [key for key in embeddings[0].keys if all(key in each.key_to_index for each in embeddings[1:])]
    if len(common) < 3:
        raise InputError("The trainings have too few keys in common to compare.", received=f"{len(common)} keys")
    topn = min(topn, len(common) - 1)
    n_queries = min(len(common), max(1, MOST_COSINES // len(common)))
    nearest_rows = []
    for number, embedding in enumerate(embeddings):

        def report_share(share: float, stage: str, number: int = number) -> None:
            report((number + share) / len(embeddings), stage)

        rows = np.array([embedding.key_to_index[key] for key in common], np.int64)
        nearest_rows.append(_nearest(embedding.unit_vectors[rows], n_queries, topn, report_share))
    shares = np.full(len(common), np.nan, np.float32)
    of_keys, between = shared_neighbors(np.stack(nearest_rows))
    shares[:n_queries] = of_keys / topn
    report(1.0, "comparing")
    return Stability(common, shares, topn, between / topn)


def shared_neighbors(neighbors: Rows) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the number of neighbors that two embeddings share.

    Parameters
    ----------
    neighbors
        `(n_embeddings, n_keys, topn)` rows, unique per key.

    Returns
    -------
    `(n_keys,)` averaged over all pairs of embeddings, and `(n_embeddings, n_embeddings)` averaged over all keys;
    float64, 0 to `topn`.
    """
    n_embeddings, n_keys, topn = neighbors.shape
    of_keys: npt.NDArray[np.float64] = np.zeros(n_keys)
    between: npt.NDArray[np.float64] = np.full((n_embeddings, n_embeddings), float(topn))
    for one, other in itertools.combinations(range(n_embeddings), 2):
        together = np.sort(np.concatenate([neighbors[one], neighbors[other]], axis=1), axis=1)
        shared = (together[:, 1:] == together[:, :-1]).sum(axis=1)
        of_keys += shared
        between[one, other] = between[other, one] = shared.mean()
    return of_keys / (n_embeddings * (n_embeddings - 1) / 2), between


def _nearest(units: npt.NDArray[np.float32], n_queries: int, topn: int, report: ReportProgress) -> Rows:
    """Return the `(n_queries, topn)` rows nearest to each of the first rows, itself excluded, in no order."""
    nearest = np.empty((n_queries, topn), np.int64)
    step = max(1, _BLOCK_NUMBERS // len(units))
    for start in range(0, n_queries, step):
        report(start / n_queries, "comparing")
        block = np.arange(start, min(n_queries, start + step))
        cosines = units[block] @ units.T
        cosines[np.arange(len(block)), block] = -np.inf
        nearest[block] = np.argpartition(-cosines, topn - 1, axis=1)[:, :topn]
    return nearest
