"""Time and memory for ranking the items for held-out users, by a model and by the baselines beside it."""

from __future__ import annotations

from embedlab.core.kind import Counts

_TEST_SHARE = 0.2
#: The model, most frequent items, co-occurrence, Markov table, and VSKNN.
_N_RANKINGS = 5
#: Measured with 100,000 users and 2,000 items.
_SCORE_S = 8e-8
#: Scores at a time, and the copies that ranking makes of them.
_MOST_SCORES = 1 << 24
_BYTES_OF_SCORE = 28


def scoring_seconds(counts: Counts) -> float:
    """Return the time for the ranks of the held-out users' last items."""
    return _N_RANKINGS * _n_scores(counts) * _SCORE_S


def scoring_mb(counts: Counts) -> float:
    """Return the memory for one block of scores, in MB."""
    return min(_n_scores(counts), _MOST_SCORES) * _BYTES_OF_SCORE / 1e6


def _n_scores(counts: Counts) -> float:
    return _TEST_SHARE * counts["users"] * counts["items"]
