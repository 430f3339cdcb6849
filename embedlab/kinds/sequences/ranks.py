"""The rank of the item that came next among all items."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from embedlab.kinds.sequences.histories import Histories, Ints

#: Scores of all items for some histories: `(n_histories, n_items)` float32; -inf: never recommended.
ScoreHistories = Callable[[Histories], npt.NDArray[np.float32]]
#: Scores in memory at a time (64 MB of float32).
_MOST_SCORES = 1 << 24


def next_ranks(
    score: ScoreHistories,
    histories: Histories,
    targets: Ints,
    n_items: int,
    *,
    with_history: bool,
    tick: Callable[[], None] = lambda: None,
) -> npt.NDArray[np.float64]:
    """Return the rank of each target, 0 best, among all items.

    Items with the same score share their mean rank. A target without a score (-inf) is behind all items.

    Parameters
    ----------
    with_history
        Whether the items of a history are ranked too; otherwise they are left out.
    tick
        Called after each batch; may raise to stop.
    """
    ranks = np.empty(len(histories))
    step = max(1, _MOST_SCORES // max(1, n_items))
    for start in range(0, len(histories), step):
        part = histories.part(start, min(start + step, len(histories)))
        scores = np.array(score(part), np.float32)
        rows, chosen = np.arange(len(part)), targets[start : start + len(part)]
        own = scores[rows, chosen]
        if not with_history:
            scores[part.rows, part.items] = -np.inf
            scores[rows, chosen] = own
        better = (scores > own[:, np.newaxis]).sum(axis=1)
        equal = (scores == own[:, np.newaxis]).sum(axis=1) - 1
        ranks[start : start + len(part)] = np.where(np.isneginf(own), n_items, better + equal / 2)
        tick()
    return ranks
