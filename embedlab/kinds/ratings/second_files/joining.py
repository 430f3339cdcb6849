"""Joining the tables of items and users with second files by their ids, with what did not match."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.options import RatingsOptions
from embedlab.kinds.ratings.second_files.id_mismatch import examples, likely_cause
from embedlab.kinds.ratings.second_files.items import LABEL, ItemsFormat, read_items
from embedlab.kinds.ratings.second_files.tags import TAGS, read_tags
from embedlab.kinds.ratings.second_files.users import read_users
from embedlab.reading.sources import Limits

_FIRST: Final = ("key", LABEL, "count", "mean_rating")
#: Items of the items file without ratings that are kept for models that place items by their descriptions.
MOST_UNRATED: Final = 100_000


@dataclass(frozen=True)
class Joined:
    """A table with the columns of a second file; `figures` (None without a file) and `warnings` say what matched.

    `unrated` has the items of an items file that nobody rated, with the same columns.
    """

    table: pd.DataFrame
    figures: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    unrated: pd.DataFrame | None = None


def join_items(items: pd.DataFrame, path: Path | None, limits: Limits, options: RatingsOptions) -> Joined:
    """Return the table of items with labels and the columns of the items file.

    Raises
    ------
    InputError
        The file cannot be read, or has no rated item.
    """
    if path is None:
        items.insert(1, LABEL, items["key"])
        return Joined(items)
    chosen = ItemsFormat(options.items_layout, options.items_delimiter, options.items_encoding)
    known = read_items(path, limits, chosen)
    n_matched = _n_matched(items["key"], known, "items file", "item")
    table = items.merge(known, on="key", how="left", validate="one_to_one")
    table[LABEL] = table[LABEL].where(table[LABEL].notna(), table["key"])
    figures = {"items": len(known), "matched": n_matched, "unrated": len(known) - n_matched}
    table = _filled(table)
    table = table[[*_FIRST, *(name for name in table.columns if name not in _FIRST)]]
    warnings = []
    if n_unmatched := len(items) - n_matched:
        missing = ", ".join(examples(items["key"], known["key"]))
        warnings.append(
            f"{n_unmatched:,} rated items are missing from the items file and keep their id as label, such as "
            f"{missing}."
        )
    if n_unrated := figures["unrated"]:
        kept = f"; the first {MOST_UNRATED:,} of them are kept" if n_unrated > MOST_UNRATED else ""
        warnings.append(
            f"{n_unrated:,} items of the items file have no rating: only models of descriptions (content, hybrid) can "
            f"place them{kept}."
        )
    unrated = _unrated(known, table) if n_unrated else None
    return Joined(table, figures, [*warnings, *_doubt(items["key"], known, "item")], unrated)


def _unrated(known: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the items file that are not in the table, with the columns of the table."""
    rows = known[~known["key"].isin(table["key"])].head(MOST_UNRATED).reset_index(drop=True)
    rows = rows.assign(count=0, mean_rating=np.nan)
    rows[LABEL] = rows[LABEL].where(rows[LABEL].notna(), rows["key"])
    return _filled(rows)[list(table.columns)]


def join_users(users: pd.DataFrame, path: Path | None, limits: Limits) -> Joined:
    """Return the table of users with the columns of the users file; raises as `join_items`."""
    if path is None:
        return Joined(users)
    known = read_users(path, limits)
    n_matched = _n_matched(users["key"], known, "users file", "user")
    table = _filled(users.merge(known, on="key", how="left", validate="one_to_one"))
    columns = [name for name in known.columns if name != "key"]
    figures = {"users": len(known), "matched": n_matched, "columns": columns}
    warnings = []
    if n_unmatched := len(users) - n_matched:
        missing = ", ".join(examples(users["key"], known["key"]))
        warnings.append(f"{n_unmatched:,} users are missing from the users file, such as {missing}.")
    if n_unused := len(known) - n_matched:
        warnings.append(f"{n_unused:,} users of the users file have no rating and were skipped.")
    return Joined(table, figures, [*warnings, *_doubt(users["key"], known, "user")])


def join_tags(items: Joined, path: Path | None, limits: Limits) -> Joined:
    """Return the tables of items with the column of their tags; raises as `join_items`."""
    if path is None:
        return items
    tags = read_tags(path, limits)
    table = items.table
    n_matched = _n_matched(table["key"], tags, "tags file", "item")
    by_key = tags.set_index("key")[TAGS]
    # A column of this name in the items file stays.
    name = TAGS if TAGS not in table else f"{TAGS} (tags file)"

    def tagged(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(**{name: rows["key"].map(by_key).fillna("")})

    unrated = None if items.unrated is None else tagged(items.unrated)
    return Joined(tagged(table), {"items": len(tags), "matched": n_matched}, unrated=unrated)


def _n_matched(rated: pd.Series, known: pd.DataFrame, file: str, noun: str) -> int:
    """Return how many ids are in a second file; raises `InputError` with the likely cause if none is."""
    n_matched = int(rated.isin(known["key"]).sum())
    if n_matched:
        return n_matched
    mismatch = likely_cause(rated.tolist(), known["key"].tolist(), _titles(known), noun=noun)
    ours, theirs = (", ".join(str(key)[:40] for key in keys.head(3)) for keys in (rated, known["key"]))
    cause = "" if mismatch is None else f"; likely cause: {mismatch.cause}"
    raise InputError(
        f"The {file} and the ratings have no {noun} in common.",
        received=f"ratings: {ours}; {file}: {theirs}{cause}",
        remedy=f"Check that the {file} belongs to these ratings and uses the same ids."
        if mismatch is None
        else mismatch.remedy,
    )


def _doubt(rated: pd.Series, known: pd.DataFrame, noun: str) -> list[str]:
    """Return a warning if the ids that match may do so by chance."""
    mismatch = likely_cause(rated.tolist(), known["key"].tolist(), _titles(known), noun=noun)
    if mismatch is None:
        return []
    return [f"The ids of the {noun}s may belong to others: {mismatch.cause}. {mismatch.remedy}"]


def _titles(known: pd.DataFrame) -> list[str]:
    return known[LABEL].astype(str).tolist() if LABEL in known else []


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    texts = table.select_dtypes(include=["object", "string"]).columns
    table[texts] = table[texts].fillna("")
    return table
