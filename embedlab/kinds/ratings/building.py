"""From clean rows on disk to the dataset's arrays and tables: without duplicates, most rated first, memory bounded."""

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
from embedlab.kinds.ratings.dataset import Feedback, save_ratings
from embedlab.kinds.ratings.duplicates import Duplicates, is_among, last_rows, mean_rows, repeated_pairs, sum_rows
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
        """Return all rows, memory-mapped; nothing can be added afterwards."""
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
class Resolution:
    """How duplicates are resolved: which rows are kept, and the ratings that are replaced by means or sums."""

    keep: npt.NDArray[np.bool_]
    changed_rows: npt.NDArray[np.intp]
    changed_ratings: npt.NDArray[np.float32]
    n_duplicates: int = 0
    n_in_test: int = 0
    first_duplicate: str = ""


@dataclass(frozen=True)
class Built:
    """The result: tables without the columns of an items file, ratings, and numbers of removed rows."""

    users: pd.DataFrame
    items: pd.DataFrame
    ratings: Ratings
    test: Ratings | None
    n_duplicates: int
    n_in_test: int
    first_duplicate: str = ""


def build(
    folder: Path,
    main: CleanRows,
    test: CleanRows | None,
    users: KeyCodes,
    items: KeyCodes,
    duplicates: Duplicates,
    tick: Callable[[], None],
    *,
    feedback: Feedback = "explicit",
) -> Built:
    """Resolve duplicates, order users and items by their number of ratings, and write the arrays into `folder`.

    Ratings of the main part whose user and item are also in the test part are removed: no model may learn from test
    ratings. Ratings that are all equal say nothing, choices do.

    Raises
    ------
    InputError
        There are duplicates and the rule is to refuse them, or too little is left to learn from.
    """
    resolution = _resolve(main, items, users, duplicates, tick)
    tick()
    test_resolution = None if test is None else _resolve(test, items, users, duplicates, tick)
    if test is not None:
        test_pairs = np.sort(_pairs(test, len(items)))
        shared = _among(_pairs(main, len(items)), test_pairs, tick) & resolution.keep
        resolution.n_in_test = int(np.count_nonzero(shared))
        resolution.keep &= ~shared
    tick()
    _check_enough(main, resolution, len(users), len(items), feedback)
    user_table, user_ranks = _table(users, main.users, main.ratings, resolution)
    tick()
    item_table, item_ranks = _table(items, main.items, main.ratings, resolution)
    tick()
    ranks = (user_ranks, item_ranks)
    ratings = _write(folder, main, resolution, ranks, test=False)
    tick()
    published = None
    if test is not None and test_resolution is not None:
        published = _write(folder, test, test_resolution, ranks, test=True)
        resolution.n_duplicates += test_resolution.n_duplicates
    return Built(
        user_table,
        item_table,
        ratings,
        published,
        resolution.n_duplicates,
        resolution.n_in_test,
        resolution.first_duplicate or (test_resolution.first_duplicate if test_resolution is not None else ""),
    )


def _pairs(rows: CleanRows, n_items: int) -> npt.NDArray[np.int64]:
    pairs: npt.NDArray[np.int64] = rows.users.astype(np.int64) * n_items + rows.items
    return pairs


def _resolve(
    rows: CleanRows, items: KeyCodes, users: KeyCodes, rule: Duplicates, tick: Callable[[], None]
) -> Resolution:
    pairs = _pairs(rows, len(items))
    tick()
    repeated = repeated_pairs(pairs)
    tick()
    resolution = Resolution(np.ones(len(pairs), bool), np.empty(0, np.intp), np.empty(0, np.float32))
    if len(repeated) == 0:
        return resolution
    user, item = divmod(int(repeated[0]), len(items))
    resolution.first_duplicate = f"user {shorten(users[user], 40)}, item {shorten(items[item], 40)}"
    if rule == "refuse":
        raise InputError(
            "Some users rated the same item more than once.",
            received=f"{len(repeated):,} such pairs; the first: user {shorten(users[user], 60)}, "
            f"item {shorten(items[item], 60)}",
            remedy="Keep the last rating, take the mean, or remove the duplicates from the file.",
        )
    repeated_rows = np.flatnonzero(_among(pairs, repeated, tick))
    if rule == "sum":
        kept, sums = sum_rows(
            repeated_rows, pairs[repeated_rows], rows.ratings[repeated_rows], rows.times[repeated_rows]
        )
        resolution.changed_rows, resolution.changed_ratings = kept, sums
    elif rule == "mean":
        kept, means = mean_rows(repeated_rows, pairs[repeated_rows], rows.ratings[repeated_rows])
        resolution.changed_rows, resolution.changed_ratings = kept, means
    else:
        kept = last_rows(repeated_rows, pairs[repeated_rows], rows.times[repeated_rows])
    resolution.keep[repeated_rows] = False
    resolution.keep[kept] = True
    resolution.n_duplicates = len(repeated_rows) - len(kept)
    return resolution


def _among(
    pairs: npt.NDArray[np.int64], ordered: npt.NDArray[np.int64], tick: Callable[[], None]
) -> npt.NDArray[np.bool_]:
    found = np.empty(len(pairs), bool)
    for piece in _pieces(len(pairs)):
        found[piece] = is_among(pairs[piece], ordered)
        tick()
    return found


def _check_enough(rows: CleanRows, resolution: Resolution, n_users: int, n_items: int, feedback: Feedback) -> None:
    n_ratings = int(np.count_nonzero(resolution.keep))
    one, several = ("rating", "ratings") if feedback == "explicit" else ("choice", "choices")
    if n_ratings < FEWEST_RATINGS:
        raise InputError(
            f"There are too few usable {several} to learn from.",
            received=f"{n_ratings} {one if n_ratings == 1 else several}",
            remedy=f"Import at least 3 {several} (a good map needs thousands), and check the chosen columns.",
        )
    for n, what in ((n_users, "user"), (n_items, "item")):
        if n < 2:
            raise InputError(
                f"All {several} are of one {what}: there is nothing to compare.",
                received=f"{n_ratings:,} {several}, 1 {what}",
                remedy=f"Import {several} of several {what}s, or check which column holds the {what}s.",
            )
    if feedback == "implicit":
        return
    first = rows.ratings[np.argmax(resolution.keep)]
    same = all(
        np.all(ratings[keep] == first)
        for ratings, keep in ((rows.ratings[piece], resolution.keep[piece]) for piece in _pieces(len(rows.ratings)))
    )
    if same:
        raise InputError(
            "All ratings are equal: there is nothing to learn.",
            received=f"{n_ratings:,} times {first:g}",
            remedy="Import them as implicit feedback, or check which column holds the rating.",
        )


def _table(
    codes: KeyCodes, column: npt.NDArray[np.int32], ratings: npt.NDArray[np.float32], resolution: Resolution
) -> tuple[pd.DataFrame, npt.NDArray[np.int32]]:
    """Return the table of users or items, most rated first, and the new index of each code."""
    counts, sums = np.zeros(len(codes), np.int64), np.zeros(len(codes))
    for piece in _pieces(len(column)):
        keep = resolution.keep[piece]
        kept = column[piece][keep]
        counts += np.bincount(kept, minlength=len(codes))
        sums += np.bincount(kept, weights=_resolved_ratings(ratings, resolution, piece)[keep], minlength=len(codes))
    order = np.argsort(-counts, kind="stable")
    rank_of_code = np.empty(len(codes), np.int32)
    rank_of_code[order] = np.arange(len(codes), dtype=np.int32)
    means = np.divide(sums, counts, out=np.full(len(codes), np.nan), where=counts > 0)
    table: dict[str, Any] = {"key": codes.take(order).to_pandas(), "count": counts[order], "mean_rating": means[order]}
    return pd.DataFrame(table), rank_of_code


def _write(
    folder: Path,
    rows: CleanRows,
    resolution: Resolution,
    ranks: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    *,
    test: bool,
) -> Ratings:
    n_ratings = int(np.count_nonzero(resolution.keep))
    users, items = np.empty(n_ratings, np.int32), np.empty(n_ratings, np.int32)
    values, times = np.empty(n_ratings, np.float32), np.empty(n_ratings, np.float64)
    start = 0
    for piece in _pieces(len(rows.ratings)):
        keep = resolution.keep[piece]
        stop = start + int(np.count_nonzero(keep))
        users[start:stop] = ranks[0][rows.users[piece][keep]]
        items[start:stop] = ranks[1][rows.items[piece][keep]]
        values[start:stop] = _resolved_ratings(rows.ratings, resolution, piece)[keep]
        times[start:stop] = rows.times[piece][keep]
        start = stop
    ratings = Ratings(users, items, values, times if np.isfinite(times).any() else None)
    with storage_errors(folder / "ratings.npy"):
        save_ratings(folder, ratings, test=test)
    return ratings


def _resolved_ratings(
    ratings: npt.NDArray[np.float32], resolution: Resolution, piece: slice
) -> npt.NDArray[np.float32]:
    values = np.array(ratings[piece])
    inside = (resolution.changed_rows >= piece.start) & (resolution.changed_rows < piece.stop)
    values[resolution.changed_rows[inside] - piece.start] = resolution.changed_ratings[inside]
    return values


def _pieces(n_rows: int) -> list[slice]:
    return [slice(start, min(start + _ROWS_AT_ONCE, n_rows)) for start in range(0, n_rows, _ROWS_AT_ONCE)]
