"""Events in order, and cut into sequences: by user, by pauses, and without unwanted repeats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.kinds.sequences.events import Events, Ints, Times
from embedlab.kinds.sequences.options import Repeats

Starts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Arranged:
    """Events ordered by user and time, cut into sequences.

    Parameters
    ----------
    items
        `(n_events,)` int32.
    starts
        `(n_sequences + 1,)` int64: sequence s is `items[starts[s]:starts[s + 1]]`; none is empty.
    users
        `(n_sequences,)` int32 rows of users.
    times
        `(n_events,)` float64, or None.
    n_equal, n_repeats
        Events left out: equal to another one in user, item and time; repeats of an item.
    """

    items: Ints
    starts: Starts
    users: Ints
    times: Times | None
    n_equal: int
    n_repeats: int


def session_starts(users: Ints, times: Times | None, pause_s: float) -> Starts:
    """Return where sequences begin in events that are ordered by user and time, and their number at the end.

    Parameters
    ----------
    users
        `(n,)` int32.
    times
        `(n,)` float64 seconds, or None.
    pause_s
        A longer pause than this begins a new sequence; 0: pauses do not matter.
    """
    begins = np.ones(len(users), bool)
    begins[1:] = users[1:] != users[:-1]
    if times is not None and pause_s > 0:
        begins[1:] |= np.diff(times) > pause_s
    return np.append(np.flatnonzero(begins), len(users)).astype(np.int64)


def arrange(events: Events, *, pause_s: float, repeats: Repeats) -> Arranged:
    """Order events by user, then by time (equal times: as in the file), and cut them into sequences."""
    users, items, times = events.users, events.items, events.times
    order = np.argsort(users, kind="stable") if times is None else np.lexsort((times, users))
    users, items = users[order], items[order]
    n_equal = 0
    if times is not None:
        times = times[order]
        kept = ~_equal_to_earlier(users, items, times)
        n_equal = int(len(kept) - kept.sum())
        users, items, times = users[kept], items[kept], times[kept]
    starts = session_starts(users, times, pause_s)
    sequences = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    n_repeats = 0
    if repeats != "keep":
        if repeats == "merge":
            kept = np.ones(len(items), bool)
            kept[1:] = (items[1:] != items[:-1]) | (sequences[1:] != sequences[:-1])
        else:
            kept = ~is_repeat(items, sequences)
        n_repeats = int(len(kept) - kept.sum())
        users, items, sequences = users[kept], items[kept], sequences[kept]
        times = None if times is None else times[kept]
        starts = np.append(np.flatnonzero(np.diff(sequences, prepend=-1)), len(items)).astype(np.int64)
    return Arranged(items, starts, users[starts[:-1]], times, n_equal, n_repeats)


def is_repeat(items: Ints, sequences: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return for each event whether its item has occurred before in its sequence."""
    order = np.lexsort((items, sequences))
    again = np.zeros(len(items), bool)
    same = (items[order][1:] == items[order][:-1]) & (sequences[order][1:] == sequences[order][:-1])
    # The order is stable, so the first occurrence comes first.
    again[order[1:]] = same
    return again


def _equal_to_earlier(users: Ints, items: Ints, times: Times) -> npt.NDArray[np.bool_]:
    order = np.lexsort((items, times, users))
    equal = np.zeros(len(items), bool)
    first, second = order[:-1], order[1:]
    equal[second] = (users[first] == users[second]) & (items[first] == items[second]) & (times[first] == times[second])
    return equal
