"""From clean rows on disk to the dataset's arrays and tables: duplicates settled, most rated first, memory bounded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import InputError, shorten
from embedlab.core.files import storage_errors
from embedlab.kinds.ratings.cleaning import CleanRows
from embedlab.kinds.ratings.dataset import save_ratings
from embedlab.kinds.ratings.duplicates import Duplicates, is_among, last_rows, mean_rows, repeated_pairs
from embedlab.kinds.ratings.splits import FEWEST_RATINGS, Ratings
from embedlab.reading.key_codes import KeyCodes

_COLUMNS: dict[str, type[np.generic]] = {
    "users": np.int32,
    "items": np.int32,
    "ratings": np.float32,
    "times": np.float64,
}
_ROWS_AT_ONCE = 2**20


class RowStore:
    """Collects clean rows in files of the dataset's folder, so that memory does not grow with the rows."""

    def __init__(self, folder: Path, name: str) -> None:
        self._paths = {column: folder / f".{name}_{column}.rows" for column in _COLUMNS}
        self._stack = ExitStack()
        self._streams = {column: self._stack.enter_context(path.open("wb")) for column, path in self._paths.items()}
        self.n_rows = 0

    def add(self, rows: CleanRows) -> None:
        """Append the rows of a batch."""
        for column, stream in self._streams.items():
            with storage_errors(self._paths[column]):
                stream.write(np.ascontiguousarray(getattr(rows, column)).data)
        self.n_rows += len(rows.ratings)

    def rows(self) -> CleanRows:
        """Return all rows, mapped from disk; nothing can be added afterwards."""
        self._stack.close()
        if self.n_rows == 0:
            return CleanRows(*(np.empty(0, dtype) for dtype in _COLUMNS.values()))
        return CleanRows(*(np.memmap(self._paths[column], dtype, "r") for column, dtype in _COLUMNS.items()))

    def delete(self) -> None:
        """Remove the files."""
        self._stack.close()
        for path in self._paths.values():
            path.unlink(missing_ok=True)


@dataclass
class Settled:
    """Which rows stay, and the ratings that were changed by taking means."""

    keep: npt.NDArray[np.bool_]
    changed_rows: npt.NDArray[np.intp]
    changed_ratings: npt.NDArray[np.float32]
    n_duplicates: int = 0
    n_in_test: int = 0


@dataclass(frozen=True)
class Built:
    """What was built: the tables without what an items file adds, and figures of the building."""

    users: pd.DataFrame
    items: pd.DataFrame
    ratings: Ratings
    test: Ratings | None
    n_duplicates: int
    n_in_test: int


def build(
    folder: Path,
    main: CleanRows,
    test: CleanRows | None,
    users: KeyCodes,
    items: KeyCodes,
    duplicates: Duplicates,
    tick: Callable[[], None],
) -> Built:
    """Settle duplicates, order users and items by their number of ratings, and write the arrays into `folder`.

    Ratings of the main part whose user and item are in the test part too are left out: what is judged with must not be
    learned from.

    Raises
    ------
    InputError
        Duplicates are to be refused and there are some, or what is left is too little to learn from.
    """
    settled = _settle(main, items, users, duplicates, tick)
    tick()
    settled_test = None if test is None else _settle(test, items, users, duplicates, tick)
    if test is not None:
        test_pairs = np.sort(_pairs(test, len(items)))
        shared = _among(_pairs(main, len(items)), test_pairs, tick) & settled.keep
        settled.n_in_test = int(np.count_nonzero(shared))
        settled.keep &= ~shared
    tick()
    _check_enough(main, settled, len(users), len(items))
    user_table, user_ranks = _table(users, main.users, main.ratings, settled)
    tick()
    item_table, item_ranks = _table(items, main.items, main.ratings, settled)
    tick()
    ranks = (user_ranks, item_ranks)
    ratings = _write(folder, main, settled, ranks, test=False)
    tick()
    published = None
    if test is not None and settled_test is not None:
        published = _write(folder, test, settled_test, ranks, test=True)
        settled.n_duplicates += settled_test.n_duplicates
    return Built(user_table, item_table, ratings, published, settled.n_duplicates, settled.n_in_test)


def _pairs(rows: CleanRows, n_items: int) -> npt.NDArray[np.int64]:
    pairs: npt.NDArray[np.int64] = rows.users.astype(np.int64) * n_items + rows.items
    return pairs


def _settle(rows: CleanRows, items: KeyCodes, users: KeyCodes, rule: Duplicates, tick: Callable[[], None]) -> Settled:
    pairs = _pairs(rows, len(items))
    tick()
    repeated = repeated_pairs(pairs)
    tick()
    settled = Settled(np.ones(len(pairs), bool), np.empty(0, np.intp), np.empty(0, np.float32))
    if len(repeated) == 0:
        return settled
    if rule == "refuse":
        user, item = divmod(int(repeated[0]), len(items))
        raise InputError(
            "Some users rated the same item more than once.",
            received=f"{len(repeated):,} such pairs; the first: user {shorten(users[user], 60)}, "
            f"item {shorten(items[item], 60)}",
            remedy="Keep the last rating, take the mean, or remove the duplicates from the file.",
        )
    concerned = np.flatnonzero(_among(pairs, repeated, tick))
    if rule == "mean":
        kept, means = mean_rows(concerned, pairs[concerned], rows.ratings[concerned])
        settled.changed_rows, settled.changed_ratings = kept, means
    else:
        kept = last_rows(concerned, pairs[concerned], rows.times[concerned])
    settled.keep[concerned] = False
    settled.keep[kept] = True
    settled.n_duplicates = len(concerned) - len(kept)
    return settled


def _among(
    pairs: npt.NDArray[np.int64], ordered: npt.NDArray[np.int64], tick: Callable[[], None]
) -> npt.NDArray[np.bool_]:
    found = np.empty(len(pairs), bool)
    for piece in _pieces(len(pairs)):
        found[piece] = is_among(pairs[piece], ordered)
        tick()
    return found


def _check_enough(rows: CleanRows, settled: Settled, n_users: int, n_items: int) -> None:
    n_ratings = int(np.count_nonzero(settled.keep))
    if n_ratings < FEWEST_RATINGS:
        raise InputError(
            "There are too few usable ratings to learn from.",
            received=f"{n_ratings} {'rating' if n_ratings == 1 else 'ratings'}",
            remedy="Bring at least 3 ratings (thousands are needed for a good map), and check the chosen columns.",
        )
    for n, what in ((n_users, "user"), (n_items, "item")):
        if n < 2:
            raise InputError(
                f"All ratings are of one {what}: there is nothing to compare.",
                received=f"{n_ratings:,} ratings, 1 {what}",
                remedy=f"Bring ratings of several {what}s, or check which column holds the {what}s.",
            )
    first = rows.ratings[np.argmax(settled.keep)]
    same = all(
        np.all(ratings[keep] == first)
        for ratings, keep in ((rows.ratings[piece], settled.keep[piece]) for piece in _pieces(len(rows.ratings)))
    )
    if same:
        raise InputError(
            "All ratings are equal: there is nothing to learn.",
            received=f"{n_ratings:,} times {first:g}",
            remedy="Bring ratings that differ, or check which column holds the rating.",
        )


def _table(
    codes: KeyCodes, column: npt.NDArray[np.int32], ratings: npt.NDArray[np.float32], settled: Settled
) -> tuple[pd.DataFrame, npt.NDArray[np.int32]]:
    """Return the table of users or items, most rated first, and the new number of each code."""
    counts, sums = np.zeros(len(codes), np.int64), np.zeros(len(codes))
    for piece in _pieces(len(column)):
        keep = settled.keep[piece]
        kept = column[piece][keep]
        counts += np.bincount(kept, minlength=len(codes))
        sums += np.bincount(kept, weights=_settled_ratings(ratings, settled, piece)[keep], minlength=len(codes))
    order = np.argsort(-counts, kind="stable")
    rank_of_code = np.empty(len(codes), np.int32)
    rank_of_code[order] = np.arange(len(codes), dtype=np.int32)
    means = np.divide(sums, counts, out=np.full(len(codes), np.nan), where=counts > 0)
    table: dict[str, Any] = {"key": codes.take(order).to_pandas(), "count": counts[order], "mean_rating": means[order]}
    return pd.DataFrame(table), rank_of_code


def _write(
    folder: Path,
    rows: CleanRows,
    settled: Settled,
    ranks: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    *,
    test: bool,
) -> Ratings:
    n_ratings = int(np.count_nonzero(settled.keep))
    users, items = np.empty(n_ratings, np.int32), np.empty(n_ratings, np.int32)
    values = np.empty(n_ratings, np.float32)
    start = 0
    for piece in _pieces(len(rows.ratings)):
        keep = settled.keep[piece]
        stop = start + int(np.count_nonzero(keep))
        users[start:stop] = ranks[0][rows.users[piece][keep]]
        items[start:stop] = ranks[1][rows.items[piece][keep]]
        values[start:stop] = _settled_ratings(rows.ratings, settled, piece)[keep]
        start = stop
    ratings = Ratings(users, items, values)
    with storage_errors(folder / "ratings.npy"):
        save_ratings(folder, ratings, test=test)
    return ratings


def _settled_ratings(ratings: npt.NDArray[np.float32], settled: Settled, piece: slice) -> npt.NDArray[np.float32]:
    values = np.array(ratings[piece])
    inside = (settled.changed_rows >= piece.start) & (settled.changed_rows < piece.stop)
    values[settled.changed_rows[inside] - piece.start] = settled.changed_ratings[inside]
    return values


def _pieces(n_rows: int) -> list[slice]:
    return [slice(start, min(start + _ROWS_AT_ONCE, n_rows)) for start in range(0, n_rows, _ROWS_AT_ONCE)]
