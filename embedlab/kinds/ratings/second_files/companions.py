"""Which second file of ratings a file is: titles of the items, tags, users, or a test part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from embedlab.kinds.companion_match import CompanionMatch, NamedFile, matched
from embedlab.kinds.ratings.cleaning import RejectedRows
from embedlab.kinds.ratings.options import RatingsOptions, complete
from embedlab.kinds.ratings.reading import clean_rows
from embedlab.kinds.ratings.second_files.items import LABEL, read_items
from embedlab.kinds.ratings.second_files.tags import read_tags, tag_columns
from embedlab.kinds.ratings.second_files.users import read_users
from embedlab.kinds.ratings.sniffing import ratings_in_table
from embedlab.reading.column_names import holds_by_name
from embedlab.reading.key_codes import KeyCodes
from embedlab.reading.opened import OpenedUpload, TableSample

#: Ids are compared within this many ratings.
_MOST_RATINGS: Final = 1_000_000
_TEST_NAME: Final = re.compile(r"(^|[^a-z])(test|eval|holdout|probe|valid|validation|quiz)([^a-z]|$)", re.IGNORECASE)
_USERS_NAME: Final = re.compile(r"(^|[^a-z])(users?|customers?|members?|people|persons?)([^a-z]|$)", re.IGNORECASE)
#: Share of the items that must have a title before a file is used without a question.
_USUAL_SHARE: Final = 0.3
#: Ids and titles repeat rarely in a list of items.
_MOSTLY_DISTINCT: Final = 0.9


@dataclass(frozen=True)
class RatedKeys:
    """The users and items of a ratings file, or of its first million ratings."""

    n_ratings: int
    users: frozenset[str]
    items: frozenset[str]
    is_all: bool = True

    def summary(self, what: str, n_matched: int, n_expected: int, plural: str) -> str:
        """Return how much of a companion fits, and in which part of the ratings that was counted."""
        counted = "" if self.is_all else f" (in the first {self.n_ratings:,} ratings)"
        return f"{matched(what, n_matched, n_expected, plural)}{counted}"


_keys: WeakKeyDictionary[OpenedUpload, RatedKeys] = WeakKeyDictionary()


def rated_keys(upload: OpenedUpload) -> RatedKeys:
    """Return the ids in a ratings file, read once; raises `InputError` if it has no ratings."""
    if upload not in _keys:
        options = complete(upload, RatingsOptions(member=upload.member), upload.limits)
        users, items, n_ratings, is_all = KeyCodes(), KeyCodes(), 0, True
        n_users = n_items = 0
        for rows in clean_rows(upload, options, users, items, RejectedRows(), upload.limits, lambda _: None):
            if n_ratings >= _MOST_RATINGS:
                is_all = False
                break
            n_ratings += len(rows.ratings)
            n_users, n_items = len(users), len(items)
        _keys[upload] = RatedKeys(n_ratings, frozenset(users.keys[:n_users]), frozenset(items.keys[:n_items]), is_all)
    return _keys[upload]


def match(main: NamedFile, other: NamedFile) -> CompanionMatch | None:
    """Return what `other` is for the ratings in `main`; raises `InputError` if one of them cannot be read."""
    sample = other.upload.table
    if sample is None:
        return None
    if ratings_in_table("", sample) is not None:
        return _as_test(main, other)
    users = _as_users(main, other, sample)
    if users is not None:
        return users
    if sample.table_format.has_header and tag_columns(sample.names) is not None and not _has_titles(sample):
        return _as_tags(main, other)
    return _as_items(main, other, sample)


def _as_test(main: NamedFile, other: NamedFile) -> CompanionMatch | None:
    """Return the match of a file of ratings: it is the test part if its name says so and the other name does not."""
    ours, theirs = main.upload.table, other.upload.table
    if ours is None or theirs is None or _columns(ours) != _columns(theirs) or _is_test(main.name):
        return None
    rated, held_out = rated_keys(main.upload), rated_keys(other.upload)
    n_known = len(held_out.users & rated.users)
    if not n_known:
        return None
    confidence = 0.9 if _is_test(other.name) else 0.3
    if confidence < 0.5 and held_out.n_ratings >= rated.n_ratings:
        return None
    summary = f"{held_out.n_ratings:,} test ratings, {n_known:,} of {len(held_out.users):,} users known"
    return CompanionMatch("test", confidence, summary, n_known, len(held_out.users))


def _as_tags(main: NamedFile, other: NamedFile) -> CompanionMatch | None:
    keys = rated_keys(main.upload)
    rated = keys.items
    n_matched = len(rated.intersection(read_tags(other.upload.path, other.upload.limits)["key"]))
    if not n_matched:
        return None
    return CompanionMatch("tags", 0.8, keys.summary("tags", n_matched, len(rated), "items"), n_matched, len(rated))


def _as_users(main: NamedFile, other: NamedFile, sample: TableSample) -> CompanionMatch | None:
    """Return the match of a list with one user per row: the name of a column or of the file says so."""
    by_column, by_name = _names_users(sample), _USERS_NAME.search(other.name) is not None
    if not by_column and not by_name:
        return None
    users = read_users(other.upload.path, other.upload.limits)
    keys = rated_keys(main.upload)
    n_matched = len(keys.users.intersection(users["key"]))
    if not n_matched:
        return None
    columns = ", ".join(name for name in users.columns if name != "key") or "no columns"
    share = n_matched / len(keys.users)
    confidence = 0.6 + 0.35 * share if share >= _USUAL_SHARE else 0.3 + 0.5 * share
    summary = keys.summary(columns, n_matched, len(keys.users), "users")
    return CompanionMatch("users", confidence, summary, n_matched, len(keys.users))


def _as_items(main: NamedFile, other: NamedFile, sample: TableSample) -> CompanionMatch | None:
    """Return the match of a list with one item per row, with titles that are mostly different."""
    items = read_items(other.upload.path, other.upload.limits)
    keys = rated_keys(main.upload)
    rated = keys.items
    n_matched = len(rated.intersection(items["key"]))
    if not n_matched or _names_users(sample) or not _is_list(sample):
        return None
    first = items.head(len(sample.rows))
    titles = first[LABEL][first[LABEL] != first["key"]]
    are_titles = len(titles) > 0 and titles.nunique() >= _MOSTLY_DISTINCT * len(titles) and _are_words(list(titles))
    share = n_matched / len(rated)
    confidence = (0.6 + 0.35 * share if share >= _USUAL_SHARE else 0.3 + 0.5 * share) if are_titles else 0.2 * share
    what = "titles" if are_titles else "columns"
    return CompanionMatch(
        "items", confidence, keys.summary(what, n_matched, len(rated), "items"), n_matched, len(rated)
    )


def _columns(sample: TableSample) -> tuple[str, ...]:
    return tuple(sample.names)


def _is_test(name: str) -> bool:
    return _TEST_NAME.search(name) is not None


def _has_titles(sample: TableSample) -> bool:
    return any(name.strip().lower() in {"title", "name"} for name in sample.names)


def _names_users(sample: TableSample) -> bool:
    """Tell whether the rows are those of users, whose numbers often are the same as those of items."""
    holds = [holds_by_name(name) for name in sample.names] if sample.table_format.has_header else []
    return "user" in holds and "item" not in holds


def _is_list(sample: TableSample) -> bool:
    """Tell whether some column has a different value in nearly every row."""
    columns = [[row[place] for row in sample.rows] for place in range(len(sample.names))]
    return any(len(set(values)) >= _MOSTLY_DISTINCT * len(values) for values in columns)


def _are_words(titles: list[str]) -> bool:
    return sum(any(letter.isalpha() for letter in title) for title in titles) > len(titles) / 2
