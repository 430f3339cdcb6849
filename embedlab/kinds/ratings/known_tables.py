"""Tables recognized by the names of their columns: exports of a single person, and a few whose shape says less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from embedlab.core.errors import InputError
from embedlab.reading.column_names import bare, rank_of_name

#: Columns that only the export of one person's ratings has, by the site that writes it.
_OF_ONE_PERSON: Final = (
    ("Letterboxd", frozenset({"letterboxduri", "name"})),
    ("IMDb", frozenset({"const", "yourrating"})),
    ("IMDb", frozenset({"const", "youratings"})),
    ("Goodreads", frozenset({"bookid", "myrating", "exclusiveshelf"})),
    ("Goodreads", frozenset({"bookid", "myrating", "averagerating"})),
    ("StoryGraph", frozenset({"starrating", "readstatus", "authors"})),
    ("Trakt", frozenset({"ratedat", "rating", "traktid"})),
    ("MyAnimeList", frozenset({"serieanimedbid", "myscore"})),
)
#: Names of columns of files in which 0 says that a book was read and not rated.
_ZERO_IS_EMPTY: Final = frozenset({"bookrating"})


def single_person_site(names: Sequence[str]) -> str | None:
    """Return the site whose export of one person's ratings has these columns, or None."""
    plain = {bare(name) for name in names}
    return next((site for site, needed in _OF_ONE_PERSON if needed <= plain), None)


def refuse_single_person(names: Sequence[str]) -> None:
    """Raise `InputError` for the export of one person's ratings: a model compares people."""
    site = single_person_site(names)
    if site is not None:
        raise InputError(
            "These are the ratings of one person: a model learns by comparing the ratings of several people.",
            received=f"an export of {site}, with the columns {', '.join(names[:6])}",
            remedy="Join the exports of several people into one table with a column that names the person.",
        )


def zero_is_empty(rating_name: str) -> bool:
    """Return whether 0 in a column of this name means that there is no rating, as in Book-Crossing."""
    return bare(rating_name) in _ZERO_IS_EMPTY


def names_user_and_item(names: Sequence[str]) -> tuple[int, int] | None:
    """Return the columns that are plainly named user and item, such as `user_id` and `artistID`; else None."""
    found = []
    for role in ("user", "item"):
        ranked = sorted(
            (rank, place) for place, name in enumerate(names) if (rank := rank_of_name(name, role)) is not None
        )
        if not ranked or bare(names[ranked[0][1]]) in {"name", "title", "i", "u"}:
            return None
        found.append(ranked[0][1])
    return (found[0], found[1]) if found[0] != found[1] else None
