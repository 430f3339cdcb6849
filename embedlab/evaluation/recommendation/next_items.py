"""Scores of predictions of the next item, from the rank of the item that came next among all items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.differences import paired_difference
from embedlab.evaluation.intervals import percentile_interval
from embedlab.evaluation.resampling import resampled_sums

Ranks = npt.NDArray[np.float64]

RECALL_5: Final = "recall@5"
RECALL_10: Final = "recall@10"
MRR: Final = "mrr"
NAMES: Final = (RECALL_5, RECALL_10, MRR)


def measures(ranks: Ranks) -> npt.NDArray[np.float64]:
    """Return `(n, 3)`: whether each rank, 0 best, is among the first 5, the first 10, and 1 / (rank + 1)."""
    return np.column_stack([ranks < 5, ranks < 10, 1 / (ranks + 1)]).astype(np.float64)


def score_next_items(own: Ranks, baselines: Mapping[str, Ranks], n_items: int) -> dict[str, Any]:
    """Score a model beside baselines on the same held-out users.

    Parameters
    ----------
    own
        `(n_users,)` rank of the next item, 0 best; half ranks for ties.
    baselines
        The same by name of the baseline.
    n_items
        Number of items that were ranked.

    Returns
    -------
    ``{"recall@5", "recall@10", "mrr", "n_test", "n_ranked_items", "intervals", "baselines", "differences"}``, in the
    format of `embedlab.evaluation.scores`; intervals resample users. Without users only their number.
    """
    n_users = len(own)
    if n_users == 0:
        return {"n_test": 0, "n_ranked_items": n_items}
    of_source = {"": measures(own), **{name: measures(ranks) for name, ranks in baselines.items()}}
    columns = np.column_stack(list(of_source.values()))
    sums = resampled_sums(np.column_stack([np.ones(n_users), columns]))
    means = sums[:, 1:] / sums[:, :1]
    place = {(source, name): 3 * row + at for row, source in enumerate(of_source) for at, name in enumerate(NAMES)}
    value = {key: float(columns[:, column].mean()) for key, column in place.items()}
    intervals = {name: percentile_interval(means[:, place["", name]], n_users) for name in NAMES}
    return {
        **{name: value["", name] for name in NAMES},
        "n_test": n_users,
        "n_ranked_items": n_items,
        "intervals": {name: list(interval) for name, interval in intervals.items() if interval is not None},
        "baselines": {source: {name: value[source, name] for name in NAMES} for source in baselines},
        "differences": {
            source: {
                name: paired_difference(
                    value["", name] - value[source, name],
                    means[:, place["", name]] - means[:, place[source, name]],
                    n_users,
                )
                for name in NAMES
            }
            for source in baselines
        },
    }
