"""The users file of a ratings dataset: a table with one user per row and any columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from embedlab.core.errors import InputError, TooLargeError
from embedlab.kinds.ratings.second_files.items import typed_column
from embedlab.reading.column_names import bare, rank_of_name
from embedlab.reading.delimited import open_table, read_head
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits
from embedlab.reading.table_columns import unnamed_column

#: Column names of the dataset's own table of users.
RESERVED: Final = frozenset({"key", "count", "mean_rating", "mean_count", "bias"})
_MOST_USERS: Final = 20_000_000
_MOST_COLUMNS: Final = 50
#: `1::F::1::10::48067` of MovieLens 1M, and `1|24|M|technician|85711` of MovieLens 100K.
_ML_1M: Final = ("gender", "age", "occupation", "zip code")
_ML_100K: Final = ("age", "gender", "occupation", "zip code")
_GENDERS: Final = frozenset({"M", "F"})


def read_users(path: Path, limits: Limits) -> pd.DataFrame:
    """Read a users file in any common format: `key`, and all other columns under their own names.

    Returns
    -------
    Table with unique keys (the first row of each is used); columns of numbers are numeric.

    Raises
    ------
    InputError
        The file is empty, damaged or not a table.
    TooLargeError
        It has more than 20,000,000 users or 50 columns.
    """
    upload = OpenedUpload(path, limits)
    sample = upload.table
    if sample is None:
        raise InputError(
            "The users file is not a table.",
            remedy="Choose a file with one user per row: the id as in the ratings, and any other columns.",
        )
    names, _ = read_head(upload, sample.table_format, limits, 1)
    if len(names) > _MOST_COLUMNS:
        raise TooLargeError(
            f"A users file may have at most {_MOST_COLUMNS} columns.",
            received=len(names),
            remedy="Keep the id, and the columns that you want to color a map by.",
        )
    frames, n_rows = [], 0
    with open_table(upload, sample.table_format, list(range(len(names))), limits) as table:
        for batch in table.batches():
            frames.append(batch.to_pandas())
            n_rows += batch.num_rows
            if n_rows > _MOST_USERS:
                raise TooLargeError(
                    f"A users file may have at most {_MOST_USERS:,} users.",
                    received=f"{n_rows:,} or more",
                    remedy="Keep only the users of the ratings.",
                )
    if not frames:
        raise InputError("The users file contains no users.", remedy="Remove it, or choose one with one user per row.")
    raw = pd.concat(frames, ignore_index=True).fillna("").astype(str)
    raw.columns = pd.Index(names)
    return users_table(raw, has_header=sample.table_format.has_header)


def users_table(raw: pd.DataFrame, *, has_header: bool) -> pd.DataFrame:
    """Convert a table of strings to one row per user: `key` and the other columns; raises `InputError` if empty."""
    names = [str(name) for name in raw.columns] if has_header else _names_without_header(raw)
    place = key_column(names) if has_header else 0
    table: dict[str, pd.Series] = {"key": raw.iloc[:, place].str.strip()}
    for column, name in enumerate(names):
        if column != place:
            table[_free_name(name, table)] = typed_column(raw.iloc[:, column])
    users = pd.DataFrame(table)
    users = users[users["key"] != ""]
    if users.empty:
        raise InputError("The users file contains no users.", remedy="Remove it, or choose one with one user per row.")
    return users.drop_duplicates("key").reset_index(drop=True)


def key_column(names: Sequence[str]) -> int:
    """Return the column of the user's id: by its name, else `id`, else the first."""
    ranks = ((rank_of_name(name, "user"), place) for place, name in enumerate(names))
    ranked = sorted((rank, place) for rank, place in ranks if rank is not None)
    if ranked:
        return ranked[0][1]
    return next((place for place, name in enumerate(names) if bare(name) in {"id", "key", "index"}), 0)


def _names_without_header(raw: pd.DataFrame) -> list[str]:
    n_columns = len(raw.columns)
    if n_columns == len(_ML_1M) + 1:
        for names, gender in ((_ML_1M, 1), (_ML_100K, 2)):
            if set(raw.iloc[:1000, gender]) <= _GENDERS:
                return ["key", *names]
    return ["key", *(unnamed_column(column) for column in range(1, n_columns))]


def _free_name(name: str, columns: dict[str, pd.Series]) -> str:
    while name in RESERVED or name in columns or not name:
        name = f"{name} (users file)"
    return name
