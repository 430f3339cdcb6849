"""Why the ids of a second file are not those of the ratings: numbered from another start, zeros, prefixes, titles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_MOST_COMPARED: Final = 100_000
#: Ids differ in one way if at least this share of the rated ones is found by it.
_LONGEST_NUMBER: Final = 18
_SHARE_FOUND: Final = 0.5
_LAST_DIGITS: Final = re.compile(r"(\d+)\D*$")
_ZERO_DECIMALS: Final = re.compile(r"\.0+$")


@dataclass(frozen=True)
class IdMismatch:
    """A likely cause, as a sentence, and what to do about it."""

    cause: str
    remedy: str


def likely_cause(
    rated: Sequence[str], listed: Sequence[str], titles: Sequence[str] = (), *, noun: str = "item"
) -> IdMismatch | None:
    """Return why ids of the ratings are missing in a list, or None if no cause is plain.

    Parameters
    ----------
    rated
        Ids in the ratings.
    listed
        Ids in the other file.
    titles
        Names in the other file.
    noun
        What the ids are of.
    """
    ours, theirs = list(rated[:_MOST_COMPARED]), list(listed[:_MOST_COMPARED])
    if not ours or not theirs:
        return None
    known = set(theirs)
    n_known = sum(key in known for key in ours)
    if found := _shifted(ours, theirs, n_known):
        return found
    if n_known > _SHARE_FOUND * len(ours):
        return None
    named = {title.strip().lower() for title in titles if title.strip()}
    if named and sum(key.strip().lower() in named for key in ours) >= _SHARE_FOUND * len(ours):
        return IdMismatch(
            f"the ratings contain the titles of the {noun}s, the other file their ids",
            f"Choose the column of the {noun}'s id in the ratings, or make the title the first column of the file.",
        )
    for change, cause in _CHANGES:
        changed = {change(key) for key in known} - {""}
        hits = [key for key in ours if change(key) in changed]
        if len(hits) >= _SHARE_FOUND * len(ours):
            other = next(key for key in theirs if change(key) == change(hits[0]))
            return IdMismatch(f"{cause}: {hits[0]} and {other}", "Write the ids the same way in both files.")
    return None


def _shifted(ours: Sequence[str], theirs: Sequence[str], n_known: int) -> IdMismatch | None:
    """Return the cause if one file numbers from 0 and the other from 1."""
    # Longer numbers do not count anything, and very long ones cannot be converted.
    if not all(key.isdecimal() and len(key) <= _LONGEST_NUMBER for key in (*ours, *theirs)):
        return None
    first, second = set(map(int, ours)), set(map(int, theirs))
    for shift, low, high in ((1, "0", "1"), (-1, "1", "0")):
        starts = (min(first), min(second)) == (int(low), int(high))
        n_shifted = sum(number + shift in second for number in first)
        if starts and n_shifted > n_known and n_shifted >= 0.9 * len(first):
            return IdMismatch(
                f"ids are numbered from {low} in the ratings, and from {high} in the other file",
                "Number them from the same start in both files.",
            )
    return None


def _without_zeros(key: str) -> str:
    return key.lstrip("0") or "0"


def _number_at_end(key: str) -> str:
    found = _LAST_DIGITS.search(key)
    return "" if found is None else _without_zeros(found[1])


def _without_decimals(key: str) -> str:
    return _ZERO_DECIMALS.sub("", key)


def _letters(key: str) -> str:
    return re.sub(r"[\W_]+", "", key).lower()


_CHANGES: Final[tuple[tuple[Callable[[str], str], str], ...]] = (
    (_without_decimals, "one file writes ids with decimals"),
    (_without_zeros, "one file writes ids with leading zeros"),
    (_letters, "ids differ in upper case, spaces or punctuation"),
    (_number_at_end, "one file has a prefix before the numbers"),
)


def examples(keys: Iterable[str], known: Iterable[str], most: int = 3) -> list[str]:
    """Return a few keys that are not among the known ones, shortened."""
    without = set(known)
    found = (key for key in keys if key not in without)
    return [key[:40] for _, key in zip(range(most), found, strict=False)]
