"""Ratings grouped by user and by item, and the work on them divided among threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from embedlab.kinds.ratings.splits import Ratings

T = TypeVar("T")


@dataclass(frozen=True)
class Side:
    """Ratings grouped by the rows of one side.

    Parameters
    ----------
    starts
        `(n_rows + 1,)` int64 place of each row's first rating.
    others
        `(n,)` int32 rows of the other side.
    targets
        `(n,)` float32 standardized ratings.
    order
        `(n,)` int64 places of the ratings before grouping.
    """

    starts: npt.NDArray[np.int64]
    others: npt.NDArray[np.int32]
    targets: npt.NDArray[np.float32]
    order: npt.NDArray[np.int64]

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """`(n_rows,)` number of ratings of each row."""
        return np.diff(self.starts)

    def pieces(self, n_pieces: int) -> list[tuple[int, int]]:
        """Divide the rows into ranges with about equally many ratings."""
        n_rows = len(self.starts) - 1
        # Rows without ratings cost a little too.
        cost = self.starts + np.arange(n_rows + 1)
        bounds = np.searchsorted(cost, cost[-1] * np.arange(1, n_pieces) / n_pieces)
        edges = np.unique(np.concatenate([[0], bounds, [n_rows]]))
        return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


@dataclass(frozen=True)
class GroupedRatings:
    """Standardized ratings, grouped by user and by item.

    Parameters
    ----------
    users, items
        The two groupings.
    mean, spread
        Mean and standard deviation of the ratings; a spread of 0 becomes 1.
    """

    users: Side
    items: Side
    mean: float
    spread: float

    def __len__(self) -> int:
        return len(self.users.targets)

    @classmethod
    def of(cls, ratings: Ratings, n_users: int, n_items: int) -> GroupedRatings:
        """Group ratings."""
        from embedlab.models.shared.rating_factors.kernels import grouped

        mean, spread, targets = standardized(ratings)

        def side(rows: npt.NDArray[np.int32], others: npt.NDArray[np.int32], n_rows: int) -> Side:
            order, starts = grouped(np.asarray(rows), n_rows)
            return Side(starts, np.ascontiguousarray(others[order], np.int32), targets[order], order)

        return cls(
            side(ratings.users, ratings.items, n_users), side(ratings.items, ratings.users, n_items), mean, spread
        )


def standardized(ratings: Ratings) -> tuple[float, float, npt.NDArray[np.float32]]:
    """Return mean, standard deviation (1 if all are equal), and the ratings minus mean, divided by it."""
    mean = float(np.mean(ratings.ratings, dtype=np.float64))
    spread = float(np.std(ratings.ratings, dtype=np.float64)) or 1.0
    return mean, spread, ((ratings.ratings - np.float32(mean)) / np.float32(spread)).astype(np.float32)


def in_threads(
    pool: ThreadPoolExecutor, function: Callable[..., T], arguments: list[tuple[Any, ...]], report: Callable[[], None]
) -> Iterator[T]:
    """Call `function` with each tuple of arguments in threads; yield the results in order.

    `report` is called after each piece, and may raise to stop: pieces that have not started are then left out.
    """
    futures = [pool.submit(function, *each) for each in arguments]
    waiting = set(futures)
    try:
        while waiting:
            _, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            report()
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    yield from (future.result() for future in futures)
