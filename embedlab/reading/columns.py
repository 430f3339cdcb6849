"""What the columns of a table hold, and which of them are user, item, rating, time, text or label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from embedlab.core.kind import Kind
from embedlab.reading.layouts import Column

_NAMES: Final = {
    "user": "user userid uid usr username reviewer reviewerid customer customerid member memberid reader readerid "
    "person personid nutzer benutzer kunde",
    "item": "item itemid iid movie movieid film filmid isbn book bookid product productid asin parentasin song songid "
    "track trackid artist artistid anime animeid game gameid business businessid beer beerid recipe recipeid "
    "restaurant restaurantid place placeid joke jokeid artikel buch",
    "rating": "rating ratings bookrating movierating userrating ratingvalue stars score overall rate preference "
    "reviewscore bewertung note",
    "time": "timestamp time ts date datetime unixreviewtime reviewtime ratedat createdat",
    "text": "text message content body review reviewtext description comment comments tweet sentence document "
    "abstract article lyrics",
    "label": "label labels class category target sentiment topic spam",
}
_ROLE_BY_NAME: Final = {name: role for role, names in _NAMES.items() for name in names.split()}
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_EARLIEST_TIME_S: Final = 1e8
_MOST_RATING_VALUES: Final = 30
_LARGEST_RATING: Final = 1000
_MOST_LABELS: Final = 50


def is_number(text: str) -> bool:
    """Tell whether a cell reads as a number; `nan` and `inf` do too."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def is_known_name(name: str) -> bool:
    """Tell whether a cell is one of the usual names of a column."""
    return _bare(name) in _ROLE_BY_NAME


def column_type(values: Sequence[str]) -> str:
    """Return `integer`, `number`, `text` or `empty`; up to one cell in twenty may be something else."""
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return "empty"
    if sum(_INTEGER.fullmatch(value) is not None for value in filled) >= 0.95 * len(filled):
        return "integer"
    return "number" if sum(map(is_number, filled)) >= 0.95 * len(filled) else "text"


def assign_roles(
    names: Sequence[str], rows: Sequence[Sequence[str]], *, has_header: bool
) -> tuple[Kind, list[Column], list[str]]:
    """Return the kind of a table, its columns with their roles, and the reasons.

    Parameters
    ----------
    names
        Column names; numbers where there is no header.
    rows
        Sample rows, all of the same length as `names`.
    has_header
        Whether the names came from the file.
    """
    cells = [[row[index] for row in rows] for index in range(len(names))]
    types = [column_type(values) for values in cells]
    roles, reason = (_ratings_by_name(names, types), "named") if has_header else ({}, "")
    if not roles:
        roles, reason = _ratings_by_value(cells, types), "found by their values"
    kind = Kind.RATINGS if roles else Kind.TEXT
    if roles:
        reasons = [f"The columns of user, item and rating are {reason}."]
    else:
        roles = _text_roles(names, cells, types)
        reasons = ["There are no columns of user, item and rating."]
    columns = [
        Column(name, index, kind_of, roles.get(index, ""))
        for index, (name, kind_of) in enumerate(zip(names, types, strict=True))
    ]
    return kind, columns, reasons


def _ratings_by_name(names: Sequence[str], types: Sequence[str]) -> dict[int, str]:
    roles: dict[int, str] = {}
    for index, name in enumerate(names):
        role = _ROLE_BY_NAME.get(_bare(name), "")
        if role in {"user", "item", "rating", "time"} and role not in roles.values():
            if role == "rating" and types[index] == "text":
                continue
            roles[index] = role
    return roles if {"user", "item", "rating"} <= set(roles.values()) else {}


def _ratings_by_value(cells: Sequence[Sequence[str]], types: Sequence[str]) -> dict[int, str]:
    """Return roles for user, item, rating[, time] in this order, as all published files without a header have them."""
    if len(cells) not in {3, 4} or not (_are_ids(cells[0], types[0]) and _are_ids(cells[1], types[1])):
        return {}
    if types[2] not in {"integer", "number"} or not _are_ratings(cells[2]):
        return {}
    roles = {0: "user", 1: "item", 2: "rating"}
    if len(cells) == 4:
        if types[3] != "text" and not _are_times(cells[3]):
            return {}
        roles[3] = "time"
    return roles


def _are_ids(values: Sequence[str], kind: str) -> bool:
    if kind == "integer":
        return not _are_times(values)
    return kind == "text" and sum(" " not in value for value in values) > 0.9 * len(values)


def _are_ratings(values: Sequence[str]) -> bool:
    numbers = {float(value) for value in values if is_number(value)}
    finite = [number for number in numbers if abs(number) < float("inf")]
    return len(numbers) <= _MOST_RATING_VALUES and all(abs(number) <= _LARGEST_RATING for number in finite)


def _are_times(values: Sequence[str]) -> bool:
    numbers = [float(value) for value in values if is_number(value)]
    return bool(numbers) and min(numbers) > _EARLIEST_TIME_S


def _text_roles(names: Sequence[str], cells: Sequence[Sequence[str]], types: Sequence[str]) -> dict[int, str]:
    """Return the column with the most words as text, and one of few short values as label."""
    words = {index: _mean_words(cells[index]) for index, kind in enumerate(types) if kind == "text"}
    if not words:
        return {}
    by_name = {index for index in words if _ROLE_BY_NAME.get(_bare(names[index])) == "text"}
    # A name counts for something, but an address called "content" is not the text.
    text = max(words, key=lambda index: words[index] * (3 if index in by_name else 1))
    roles = {text: "text"}
    candidates = [index for index in range(len(names)) if index != text and _are_labels(cells[index])]
    named = [index for index in candidates if _ROLE_BY_NAME.get(_bare(names[index])) == "label"]
    wordy = [index for index in candidates if types[index] == "text"]
    if named or wordy:
        roles[(named or wordy)[0]] = "label"
    return roles


def _mean_words(values: Sequence[str]) -> float:
    return sum(len(value.split()) for value in values) / max(1, len(values))


def _are_labels(values: Sequence[str]) -> bool:
    distinct = set(values)
    return 2 <= len(distinct) <= min(_MOST_LABELS, max(2, len(values) // 3)) and max(map(len, distinct)) <= 60
