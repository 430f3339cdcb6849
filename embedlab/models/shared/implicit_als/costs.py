"""Time and memory of a training by alternating least squares."""

from __future__ import annotations

from typing import Final

from embedlab.core.kind import Counts
from embedlab.models.contract.base import Estimate
from embedlab.models.shared.implicit_als.parameters import AlternatingParameters
from embedlab.models.shared.implicit_als.search import (
    ALPHA0_CANDIDATES,
    L2_CANDIDATES,
    MOST_SEARCH_FACTORS,
    MOST_SEARCH_INTERACTIONS,
    SEARCH_EPOCHS,
)

#: Measured on a 2-core laptop-class machine, one core: start; one interaction and one pair of its dimensions; one
#: row and one triple of its dimensions; one dimension of an interaction's score; one score of a user's ranking.
_START_S: Final = 4.0
_PAIR_S: Final = 5e-11
_ROW_S: Final = 7.7e-12
_SCORE_S: Final = 1.4e-9
_RANKED_S: Final = 1.2e-8
_MOST_RANKED: Final = 3_000
_START_MB: Final = 280.0
_INTERACTION_BYTES: Final = 120
#: Of ratings, about this share counts as positive; of implicit feedback, all do.
_POSITIVE: Final = 0.75


def alternating_estimate(counts: Counts, parameters: AlternatingParameters, n_threads: int) -> Estimate:
    """Return the time and memory of the search, the epochs and the refit."""
    n_pairs, n_rows = _POSITIVE * counts["ratings"], counts["users"] + counts["items"]
    ranking_s = min(counts["users"], _MOST_RANKED) * counts["items"] * _RANKED_S
    epochs = parameters.epochs * (2 if parameters.refit else 1)
    work_s = epochs * epoch_s(n_pairs, n_rows, parameters.n_factors, parameters.block) / max(1, n_threads)
    work_s += parameters.epochs * ranking_s
    if parameters.l2 is None or parameters.alpha0 is None:
        share = min(1.0, MOST_SEARCH_INTERACTIONS / max(1.0, n_pairs))
        size = min(parameters.n_factors, MOST_SEARCH_FACTORS)
        candidates = (len(L2_CANDIDATES) if parameters.l2 is None else 1) * (
            len(ALPHA0_CANDIDATES) if parameters.alpha0 is None else 1
        )
        rows = share * counts["users"] + counts["items"]
        search_s = SEARCH_EPOCHS * epoch_s(share * n_pairs, rows, size, size) / max(1, n_threads)
        work_s += candidates * (search_s + ranking_s)
    memory = (n_pairs * _INTERACTION_BYTES + n_rows * parameters.n_factors * 4 * 6) / 1e6
    return Estimate(float(_START_S + work_s), float(_START_MB + memory))


def epoch_s(n_pairs: float, n_rows: float, n_factors: int, block: int) -> float:
    """Return the time of an epoch on one core, both sides."""
    n_blocks = -(-n_factors // block)
    scores_s = 0.0 if n_blocks == 1 else 2 * n_pairs * n_factors * _SCORE_S
    return n_blocks * (2 * n_pairs * block**2 * _PAIR_S + n_rows * block**3 * _ROW_S + scores_s)
