"""Recognizing a table of ratings: by the names of its columns, else by their values."""

from __future__ import annotations

from embedlab.core.errors import InputError, UnsureError
from embedlab.kinds.guess import Guess
from embedlab.kinds.ratings.columns import Profile, profiles_of
from embedlab.kinds.ratings.feedback.baskets import baskets_in
from embedlab.kinds.ratings.feedback.shapes import feedback_shape
from embedlab.kinds.ratings.known_tables import names_user_and_item, single_person_site
from embedlab.kinds.ratings.rating_values import words_in
from embedlab.kinds.ratings.roles import find_roles
from embedlab.kinds.ratings.wide import find_wide
from embedlab.reading.column_names import bare, holds_by_name, is_weak_name, rank_of_name, words_of_name
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload, TableSample

#: A table without a header has these columns: user, item, rating and perhaps time, besides numbers of its rows.
_COLUMNS_WITHOUT_NAMES = (3, 4)
_SHARE_DISTINCT = 0.5
_SHARE_REPEATED = 0.9
#: Kinds of events, countries: text that is not what the table is about.
_MOST_CATEGORIES = 50
#: Names of columns of text that describe goods in tables of orders.
_NO_TEXTS = frozenset({"description", "category"})
_FEWEST_FOR_TITLES = 20
_MOST_WORDS_OF_TITLES = 8
#: Words in the names of columns that describe the item; a column of other text is what the table is about.
_ABOUT_ITEMS = (
    "name", "title", "artist", "track", "song", "album", "item", "movie", "film", "book", "product", "game", "genre",
    "category",
)  # fmt: skip


def ratings_in(kind: str, upload: OpenedUpload) -> Guess | None:
    """Return a guess if a file is a table of ratings or choices, or holds baskets; `kind` is the name it carries."""
    table = upload.table
    baskets = baskets_in(upload)
    if baskets is not None:
        reason = "Each line is a basket of items that repeat from line to line."
        has_header, delimiter = baskets.has_header, baskets.delimiter
        return Guess(
            kind, Layout.DELIMITED, upload.encoding, delimiter, has_header, member=upload.member, reasons=[reason]
        )
    return None if table is None else ratings_in_table(kind, table)


def ratings_in_table(kind: str, table: TableSample) -> Guess | None:
    """Return a guess if columns hold user and item, perhaps with a rating or count, or a rating for each item.

    Exports of one person's ratings are ratings that reading them refuses with the reason; `kind` is the name that the
    guess carries.
    """
    named = table.table_format.has_header
    wide = find_wide(table.names, table.rows, named=named)
    if wide is not None:
        roles = {} if wide.key is None else {wide.key: "item" if wide.rows_are_items else "user"}
        reason = f"The table is wide: {len(wide.values):,} columns hold ratings of the same scale."
        return Guess.of_table(kind, table, roles, reason)
    if named and single_person_site(table.names) is not None:
        return Guess.of_table(kind, table, {}, "The columns are those of the ratings of one person.")
    profiles = profiles_of(table.names, table.rows)
    by_name = named and _are_named(table.names, profiles)
    by_name_without_rating = named and not by_name and _are_events(profiles)
    by_shape = not named and feedback_shape(profiles) is not None
    if not by_name and not by_name_without_rating and not by_shape and not _are_by_value(profiles):
        return None
    try:
        found = find_roles(table.names if named else None, table.rows)
    except UnsureError:
        # The question is asked when the file is read.
        return (
            Guess.of_table(kind, table, {}, "The columns look like those of ratings.")
            if by_name or by_name_without_rating
            else None
        )
    except InputError:
        if not by_name_without_rating or (pair := names_user_and_item(table.names)) is None:
            return None
        return Guess.of_table(kind, table, {pair[0]: "user", pair[1]: "item"}, "The columns are named user and item.")
    columns = {column: role for role, column in found.as_dict().items() if column is not None}
    how = "named" if by_name or by_name_without_rating else "found by their values"
    what = "user, item and rating" if found.feedback == "explicit" else "user and item"
    return Guess.of_table(kind, table, columns, f"The columns of {what} are {how}.", *found.assumptions)


def _are_named(names: list[str], profiles: list[Profile]) -> bool:
    """Return whether user, item and rating are named, each by a column of its own."""
    found: set[int] = set()
    for role in ("user", "item", "rating"):
        columns = [
            (rank, place)
            for place, name in enumerate(names)
            if place not in found and (rank := rank_of_name(name, role)) is not None
            and (role != "rating" or _may_be_rating(profiles[place]))
        ]  # fmt: skip
        if not columns:
            return False
        found.add(min(columns)[1])
    return True


def _are_events(profiles: list[Profile]) -> bool:
    """Return whether the columns are user, item, and counts, numbers, times, names of items, or a few categories."""
    names = [profile.name for profile in profiles]
    pair = names_user_and_item(names)
    if pair is None or any(_is_about_text(profile) for profile in profiles):
        return False
    user = profiles[pair[0]]
    if is_weak_name(user.name, "user") and len(user.distinct) > _SHARE_REPEATED * len(user.cells):
        # Orders of one item each are no baskets.
        return False
    if any(rank_of_name(profile.name, "count") is not None and profile.is_numeric for profile in profiles):
        return True
    return all(
        profile.is_numeric
        or profile.are_times
        or not profile.cells
        or not set(_ABOUT_ITEMS).isdisjoint(words_of_name(profile.name))
        or len(profile.distinct) <= min(_MOST_CATEGORIES, _SHARE_DISTINCT * len(profile.cells))
        for place, profile in enumerate(profiles)
        if place not in pair
    )


def _is_about_text(profile: Profile) -> bool:
    """Return whether a column holds texts, or words that users gave to items."""
    if holds_by_name(profile.name) in {"text", "label"} and bare(profile.name) not in _NO_TEXTS:
        return not profile.is_numeric
    return profile.is_prose or not {"tag", "tags"}.isdisjoint(words_of_name(profile.name))


def _may_be_rating(profile: Profile) -> bool:
    return not profile.cells or profile.reader is not None or bool(words_in(profile.cells))


def _are_by_value(profiles: list[Profile]) -> bool:
    """Return whether three or four columns hold two kinds of ids, a rating and perhaps a time."""
    filled = [profile for profile in profiles if profile.cells]
    if len(filled) - 1 in _COLUMNS_WITHOUT_NAMES and filled[0].are_row_numbers and len(filled[0].cells) > 3:
        filled = filled[1:]
    if len(filled) not in _COLUMNS_WITHOUT_NAMES:
        return False
    ratings = [profile for profile in filled if profile.rating_score >= 2 and not _is_unusual(profile)]
    times = [profile for profile in filled if profile.are_times]
    ids = [profile for profile in filled if _are_ids(profile)]
    if len(filled) == 4 and not times:
        return False
    return bool(ratings) and len(ids) >= 2 and len({*map(id, ids), *map(id, ratings), *map(id, times)}) == len(filled)


def _is_unusual(profile: Profile) -> bool:
    """Return whether numbers are too large for ratings, so that a name or a choice must say that they are."""
    return profile.is_numeric and max(map(abs, profile.numbers), default=0) > 100


def _are_ids(profile: Profile) -> bool:
    if profile.are_times:
        return False
    if profile.is_numeric:
        return profile.is_whole
    if sum(" " not in cell for cell in profile.cells) > 0.9 * len(profile.cells):
        return True
    # Titles that occur again and again are items, while texts are all different.
    repeats = len(profile.distinct) <= _SHARE_DISTINCT * len(profile.cells)
    return repeats and len(profile.cells) >= _FEWEST_FOR_TITLES and profile.n_words <= _MOST_WORDS_OF_TITLES
