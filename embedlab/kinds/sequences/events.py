"""Collecting events while a file is streamed: who, what and when as numbers, and the distinct keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import TooLargeError
from embedlab.kinds.reading_report import Changes

Ints = npt.NDArray[np.int32]
Times = npt.NDArray[np.float64]

#: More different items than this are text or numbers rather than items that occur again.
MOST_ITEMS = 2_000_000
MOST_EVENTS = 200_000_000


@dataclass(frozen=True)
class EventBatch:
    """Some events in the order of the file.

    Parameters
    ----------
    users, items
        Keys; an event with an empty key is left out.
    times
        `(n,)` float64 seconds since 1970, NaN where a time cannot be read; None if the file has no times.
    titles
        Titles of items by key.
    """

    users: Sequence[str]
    items: Sequence[str]
    times: Times | None = None
    titles: Mapping[str, str] = field(default_factory=dict)


class KeyCodes:
    """Numbers distinct keys in the order of their first occurrence."""

    def __init__(self) -> None:
        self._code_of: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._code_of)

    @property
    def keys(self) -> list[str]:
        """The keys by number."""
        return list(self._code_of)

    def encode(self, keys: Sequence[str]) -> Ints:
        """Return the number of each key; new keys get the next numbers."""
        local, distinct = pd.factorize(np.asarray(keys, dtype=object))
        known = self._code_of
        codes = np.fromiter((known.setdefault(key, len(known)) for key in distinct), np.int32, len(distinct))
        return codes[local]


@dataclass(frozen=True)
class Events:
    """All events of a file, in its order.

    Parameters
    ----------
    users, items
        `(n,)` int32 rows of `user_keys` and `item_keys`.
    times
        `(n,)` float64 seconds since 1970, or None.
    titles
        Titles of items by key.
    """

    users: Ints
    items: Ints
    times: Times | None
    user_keys: list[str]
    item_keys: list[str]
    titles: Mapping[str, str]


class Collector:
    """Adds batches of events; memory grows by 16 bytes per event."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._users, self._items = KeyCodes(), KeyCodes()
        self._parts: list[tuple[Ints, Ints, Times | None]] = []
        self._titles: dict[str, str] = {}
        self.n_events = 0

    def add(self, batch: EventBatch) -> None:
        """Add events; those without a key or a readable time are left out and counted.

        Raises
        ------
        TooLargeError
            There are more events or items than the bounds.
        """
        self._titles.update(batch.titles)
        users = [key.strip() for key in batch.users]
        items = [key.strip() for key in batch.items]
        usable = np.fromiter(map(bool, items), bool, len(items))
        self._count(~usable, "events without an item", users)
        with_user = np.fromiter(map(bool, users), bool, len(users))
        self._count(usable & ~with_user, "events without a user", items)
        usable &= with_user
        times = batch.times
        if times is not None:
            timed = np.isfinite(times)
            self._count(usable & ~timed, "events without a readable time", items)
            usable &= timed
            times = times[usable]
        if not usable.all():
            rows = np.flatnonzero(usable).tolist()
            users, items = [users[row] for row in rows], [items[row] for row in rows]
        self._parts.append((self._users.encode(users), self._items.encode(items), times))
        self.n_events += len(items)
        if self.n_events > MOST_EVENTS:
            raise TooLargeError(
                f"The file has more than {MOST_EVENTS:,} events.", remedy="Import a part of the file or of the users."
            )
        if len(self._items) > MOST_ITEMS:
            raise TooLargeError(
                f"The file has more than {MOST_ITEMS:,} different items.",
                received=items[-1],
                remedy="Check which column holds the item, or group rare items.",
            )

    def _count(self, rows: npt.NDArray[np.bool_], reason: str, examples: Sequence[str]) -> None:
        n_rows = int(rows.sum())
        if n_rows:
            self._changes.leave_out(reason, examples[int(np.argmax(rows))] or "an empty row", n_rows)

    def events(self) -> Events:
        """Return all events."""
        users, items = (
            np.concatenate([np.zeros(0, np.int32), *(part[place] for part in self._parts)]) for place in (0, 1)
        )
        timed = [times for _, _, times in self._parts if times is not None]
        times = np.concatenate(timed) if timed else None
        return Events(users, items, times, self._users.keys, self._items.keys, self._titles)
