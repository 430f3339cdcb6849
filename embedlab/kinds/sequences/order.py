"""Whether the order of the events says more than which items occur together."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from embedlab.kinds.sequences.counting import (
    cooccurrence_counts,
    item_counts,
    smoothed_transitions,
    transition_counts,
)
from embedlab.kinds.sequences.histories import Histories
from embedlab.kinds.sequences.ranks import next_ranks

AT = 5
_SHARE = 0.2
_SMOOTHING = 0.1
_MOST_TESTED = 5_000
_MOST_SEQUENCES = 200_000
_FEWEST_TESTED = 20
#: Two standard errors.
_Z = 1.96
#: Sequences whose steps nearly all go to a later key are sorted lists.
_SORTED_SHARE = 0.98


@dataclass(frozen=True)
class OrderTest:
    """Recall of the next item on held-out sequences.

    Parameters
    ----------
    transitions
        Recall@5 of the probabilities of the step from the last item.
    cooccurrence
        Recall@5 of how often items occur together with the last item.
    n_tested
        Held-out sequences.
    low, high
        95 % interval of the difference.
    is_sorted
        Whether the items of nearly all sequences are sorted by their key, so that their order is not that of events.
    """

    transitions: float
    cooccurrence: float
    n_tested: int
    low: float
    high: float
    is_sorted: bool

    @property
    def sentence(self) -> str:
        """What the test says, with its numbers."""
        if self.is_sorted:
            return (
                "The items of each sequence are sorted, so their order is not the order of events. "
                "Read them as sets: choose a model that ignores the order."
            )
        values = (
            f"Recall@{AT} of the next item on {self.n_tested:,} held-out sequences is {self.transitions:.2f} by what "
            f"follows the last item, and {self.cooccurrence:.2f} by what occurs together with it."
        )
        if self.low > 0:
            return f"Order matters. {values}"
        if self.high < 0:
            return f"Order does not help: items that occur together say more. {values}"
        return f"Order makes no clear difference. {values}"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON, with its sentence."""
        return {**asdict(self), "sentence": self.sentence}


def order_test(sequences: Histories, keys: list[str], *, with_history: bool) -> OrderTest | None:
    """Compare a Markov table with co-occurrence on the last events of a fifth of the sequences.

    Parameters
    ----------
    sequences
        All sequences of a dataset.
    keys
        Keys of the items by row.
    with_history
        Whether items of the history may be the next one.

    Returns
    -------
    None if there are too few sequences of at least two items to tell.
    """
    random = np.random.default_rng(0)
    several = random.permutation(np.flatnonzero(sequences.lengths >= 2))[:_MOST_SEQUENCES]
    n_tested = min(_MOST_TESTED, int(_SHARE * len(several)))
    if n_tested < _FEWEST_TESTED:
        return None
    n_items = len(keys)
    histories, targets = sequences.take(several[:n_tested]).without_last()
    if not with_history:
        fresh = ~_is_in(histories, targets)
        histories, targets = histories.take(np.flatnonzero(fresh)), targets[fresh]
        if len(targets) < _FEWEST_TESTED:
            return None
    learned = sequences.take(several[n_tested:])
    counts = item_counts(learned, n_items)
    popularity = counts / max(1, counts.sum())
    steps, together = transition_counts(learned, n_items), cooccurrence_counts(learned, n_items)

    def recall(score: Any) -> Any:
        return next_ranks(score, histories, targets, n_items, with_history=with_history) < AT

    by_order = recall(lambda part: smoothed_transitions(steps, popularity, _SMOOTHING, part.last_items()))
    by_sets = recall(lambda part: smoothed_transitions(together, popularity, _SMOOTHING, part.last_items()))
    difference = by_order.astype(np.float64) - by_sets
    middle, error = float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))
    return OrderTest(
        float(by_order.mean()),
        float(by_sets.mean()),
        len(targets),
        middle - _Z * error,
        middle + _Z * error,
        _are_sorted(sequences.take(several), keys),
    )


def _is_in(histories: Histories, targets: Any) -> Any:
    same = histories.items == targets[histories.rows]
    return np.bincount(histories.rows, same, len(histories)) > 0


def _are_sorted(sequences: Histories, keys: list[str]) -> bool:
    numeric = all(key.isdecimal() and key.isascii() for key in keys)
    order = sorted(range(len(keys)), key=(lambda row: int(keys[row])) if numeric else keys.__getitem__)
    place = np.empty(len(keys), np.int64)
    place[order] = np.arange(len(keys))
    inside = sequences.rows[1:] == sequences.rows[:-1]
    steps = np.diff(place[sequences.items])[inside]
    steps = steps[steps != 0]
    return len(steps) > 0 and bool(max((steps > 0).mean(), (steps < 0).mean()) >= _SORTED_SHARE)
