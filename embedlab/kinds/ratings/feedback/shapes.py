"""Tables without names of columns that hold implicit feedback, recognized by the values of their columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from embedlab.kinds.ratings.columns import Profile
from embedlab.reading.table_columns import column_in_sentence

#: Words for what a user did, in logs without names of columns.
_EVENTS: Final = frozenset(
    {
        "purchase", "play", "view", "click", "buy", "bought", "addtocart", "add_to_cart", "cart", "transaction",
        "listen", "watch", "download", "like", "follow", "save", "share", "open", "visit", "order", "checkout",
        "wishlist", "kauf", "achat", "compra",
    }
)  # fmt: skip
_HASH: Final = re.compile(r"[0-9a-f]{32,64}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FEWEST_ROWS: Final = 3
_FEWEST_ROWS_OF_PAIRS: Final = 20
_FEWEST_ROWS_OF_NUMBERS: Final = 20
_SHARE_REPEATED: Final = 0.95


@dataclass(frozen=True)
class FeedbackShape:
    """The columns of a table of implicit feedback without names, by their number; `count` and `time` may be missing."""

    user: int
    item: int
    count: int | None
    time: int | None
    reason: str


def feedback_shape(profiles: Sequence[Profile]) -> FeedbackShape | None:
    """Return the columns of a table without names that plainly holds implicit feedback, or None.

    Known are events of users with hours (Steam), plays of hashed users (Last.fm), user, item and counts with a long
    tail, and user and item with or without a time.
    """
    filled = [place for place, profile in enumerate(profiles) if profile.cells]
    if not filled or len(profiles[filled[0]].cells) < _FEWEST_ROWS:
        return None
    shapes = (_events, _hashed_users, _counts, _pairs)
    return next((found for shape in shapes if (found := shape(profiles, filled)) is not None), None)


def _events(profiles: Sequence[Profile], filled: Sequence[int]) -> FeedbackShape | None:
    events = [place for place in filled if {cell.lower() for cell in profiles[place].distinct} <= _EVENTS]
    if len(events) != 1:
        return None
    others = [place for place in filled if place != events[0]]
    times = [place for place in others if profiles[place].are_times]
    keys = [
        place
        for place in others
        if place not in times and not _is_zero(profiles[place]) and not _has_decimals(profiles[place])
    ]
    if len(keys) < 2 or keys[1] > events[0] + 1 or not all(_are_keys(profiles[place]) for place in keys[:2]):
        return None
    n_rows = len(profiles[keys[1]].cells)
    if n_rows >= _FEWEST_ROWS_OF_PAIRS and len(profiles[keys[1]].distinct) > _SHARE_REPEATED * n_rows:
        # Texts with a label are all different.
        return None
    counts = [
        place
        for place in others
        if place > events[0] and place not in keys[:2] and place not in times and _may_be_count(profiles[place])
    ]
    count = next((place for place in counts if not _is_zero(profiles[place])), None)
    words = ", ".join(sorted(profiles[events[0]].distinct)[:4])
    how = f"with the counts in the {_place(count)}" if count is not None else "each of which counts as 1"
    reason = f"The table has no names of columns: it holds events of users ({words}), {how}."
    return FeedbackShape(keys[0], keys[1], count, times[0] if times else None, reason)


def _hashed_users(profiles: Sequence[Profile], filled: Sequence[int]) -> FeedbackShape | None:
    """Return the columns of user, id of the artist, artist and plays, as in Last.fm 360K; ids may be missing."""
    first = filled[0]
    if len(profiles) not in {3, 4} or not all(_HASH.fullmatch(cell) for cell in profiles[first].distinct[:200]):
        return None
    last = profiles[-1]
    if not last.is_numeric or last.are_times or min(last.numbers, default=-1) < 0:
        return None
    ids = {place for place in filled[1:-1] if all(_UUID.fullmatch(cell) for cell in profiles[place].distinct[:200])}
    names = [place for place in filled[1:-1] if place not in ids]
    item = names[0] if names else filled[1]
    reason = "The table has no names of columns: it is read as user, artist and number of plays."
    return FeedbackShape(first, item, len(profiles) - 1, None, reason)


def _counts(profiles: Sequence[Profile], filled: Sequence[int]) -> FeedbackShape | None:
    """Return three columns of user, item and a count, or four with a time."""
    times = [place for place in filled if profiles[place].are_times]
    others = [place for place in filled if place not in times]
    if len(others) != 3 or len(times) > 1:
        return None
    user, item, count = others
    if not profiles[count].has_long_tail or not (_are_keys(profiles[user]) and _are_keys(profiles[item])):
        return None
    if profiles[user].is_numeric and profiles[item].is_numeric and len(profiles[user].cells) < _FEWEST_ROWS_OF_NUMBERS:
        return None
    reason = (
        f"The table has no names of columns: it is read as user, item and count, because the numbers in the "
        f"{_place(count)} have a long tail."
    )
    return FeedbackShape(user, item, count, times[0] if times else None, reason)


def _pairs(profiles: Sequence[Profile], filled: Sequence[int]) -> FeedbackShape | None:
    """Return two columns of ids that both repeat, with or without a time."""
    times = [place for place in filled if profiles[place].are_times]
    keys = [place for place in filled if place not in times]
    if len(keys) != 2 or len(times) > 1:
        return None
    n_rows = len(profiles[keys[0]].cells)
    if n_rows < _FEWEST_ROWS_OF_PAIRS or not profiles[keys[0]].is_whole:
        return None
    for place in keys:
        profile = profiles[place]
        if not _are_keys(profile) or not 3 <= len(profile.distinct) < 0.9 * n_rows:
            return None
    reason = "The table has no names of columns: it is read as user and item, in this order; each row is a choice."
    return FeedbackShape(keys[0], keys[1], None, times[0] if times else None, reason)


def _are_keys(profile: Profile) -> bool:
    if profile.is_prose or profile.are_times or profile.is_constant or profile.are_row_numbers:
        return False
    return profile.is_whole if profile.is_numeric else profile.n_words <= 8


def _may_be_count(profile: Profile) -> bool:
    return profile.is_numeric and min(profile.numbers, default=-1) >= 0


def _has_decimals(profile: Profile) -> bool:
    return profile.is_numeric and any("." in cell for cell in profile.distinct)


def _is_zero(profile: Profile) -> bool:
    return profile.numbers == [0.0]


def _place(column: int) -> str:
    return column_in_sentence((), column, named=False)
