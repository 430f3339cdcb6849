"""The ratings or choices of somebody who is not in the dataset: typed on the command line, or from a link."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, ParameterError, TooLargeError
from embedlab.exploration.asking.search import fold, search_index
from embedlab.exploration.asking.spelling import closest_names, find_key, unknown

#: Maximum number of items that somebody can rate.
MOST_RATED: Final = 50
#: The value of an item that was chosen without a rating.
CHOSEN: Final = 1.0
# A title, then its rating: titles may contain commas and equals signs.
_RATED = re.compile(r"\s*(?P<name>.+?)\s*=\s*(?P<value>[-+]?(?:\d+(?:[.]\d*)?|[.]\d+))\s*(?:,|$)")


_YEAR_AT_END = re.compile(r"\s*\(\d{4}\)$")


@dataclass(frozen=True)
class OwnRatings:
    """Rated or chosen items, in the order in which they were added.

    Parameters
    ----------
    items
        Rows of the dataset's items, each once.
    ratings
        One finite number per item; 1 for a plain choice.
    """

    items: tuple[int, ...] = ()
    ratings: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    @property
    def arrays(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """`(n,)` int32 items and `(n,)` float32 ratings."""
        return np.array(self.items, np.int32), np.array(self.ratings, np.float32)

    def with_rating(self, item: int, rating: float) -> OwnRatings:
        """Return the ratings with another item, or another rating of an item that is there; raises `TooLargeError`."""
        if item in self.items:
            place = self.items.index(item)
            return OwnRatings(self.items, (*self.ratings[:place], rating, *self.ratings[place + 1 :]))
        if len(self) >= MOST_RATED:
            raise TooLargeError(
                f"You can rate at most {MOST_RATED} items.", received=f"{len(self) + 1} items", remedy="Remove one."
            )
        return OwnRatings((*self.items, item), (*self.ratings, rating))

    def without(self, item: int) -> OwnRatings:
        """Return the ratings without an item."""
        pairs = [(each, rating) for each, rating in zip(self.items, self.ratings, strict=True) if each != item]
        return OwnRatings(tuple(each for each, _ in pairs), tuple(rating for _, rating in pairs))


def parse_ratings(texts: Sequence[str], catalog: Embedding, scale: tuple[float, float] | None) -> OwnRatings:
    """Read typed ratings such as `Toy Story (1995)=5, Alien=4`, or choices such as `Toy Story (1995)`.

    Parameters
    ----------
    texts
        Each has one or several items; several choices without a rating are separate texts, or separated by commas if
        no title is the whole text.
    catalog
        The items with their keys and titles, in the order of the dataset.
    scale
        Lowest and highest rating; None if items are chosen and not rated. A rating of a chosen item must then be 1.

    Raises
    ------
    InputError
        Nothing is rated, a rating is missing or not a number, or an item is rated twice.
    NotFoundError
        There is no such item; the remedy suggests the closest spellings.
    ParameterError
        A rating is outside the scale.
    TooLargeError
        There are more than `MOST_RATED` items.
    """
    own = OwnRatings()
    for name, value in (pair for text in texts for pair in _pairs(text, catalog)):
        key = find_item(catalog, name)
        if value is None and scale is not None:
            raise InputError("An item has no rating.", received=name, remedy='Write for example "Alien=4".')
        rating = _checked_rating(CHOSEN if value is None else value, scale, name)
        row = catalog.index(key)
        if row in own.items:
            raise InputError("An item is rated twice.", received=name, remedy="Rate it once.")
        own = own.with_rating(row, rating)
    if not own.items:
        raise InputError("No item is rated.", remedy='Write for example "Toy Story (1995)=5, Alien (1979)=4".')
    return own


def find_item(catalog: Embedding, name: str) -> str:
    """Return the key of an item: by key, title, or title without its year; case and accents may differ.

    Of several items with this name, the most rated one. Raises `NotFoundError`, which suggests the closest spellings.
    """
    index = search_index(catalog)
    if name in catalog.key_to_index or name in index.label_to_index:
        return find_key(catalog, name)
    query = fold(name)
    without_years = [_YEAR_AT_END.sub("", title) for title in index.folded_labels]
    for titles in (index.folded_labels, without_years):
        row = next((row for row, title in enumerate(titles) if title == query), None)
        if row is not None:
            return catalog.keys[row]
    raise unknown("There is no such item.", name, closest_names(name, catalog.labels, folded=without_years))


def _pairs(text: str, catalog: Embedding) -> list[tuple[str, float | None]]:
    matches = list(_RATED.finditer(text))
    if matches:
        covered = "".join(match[0] for match in matches)
        rest = text[matches[-1].end() :].strip(" ,")
        pairs: list[tuple[str, float | None]] = [(match["name"], float(match["value"])) for match in matches]
        return [*pairs, (rest, None)] if rest and len(covered) < len(text) else pairs
    name = text.strip()
    if not name:
        return []
    if name in catalog.key_to_index or name in catalog.labels:
        return [(name, None)]
    return [(part.strip(), None) for part in name.split(",") if part.strip()]


def _checked_rating(rating: float, scale: tuple[float, float] | None, name: str) -> float:
    lowest, highest = scale or (CHOSEN, CHOSEN)
    if not (math.isfinite(rating) and lowest <= rating <= highest):
        raise ParameterError(
            "A rating is outside the scale." if scale else "Items of this dataset are chosen, not rated.",
            received=f"{name}={rating:g}",
            remedy=f"Choose a number from {lowest:g} to {highest:g}." if scale else "Leave the number out.",
        )
    return rating


def to_address(own: OwnRatings, keys: Sequence[str]) -> list[str]:
    """Return ratings as values of a link: `4.5:318`. A key may contain anything; a rating has no colon."""
    return [f"{rating:g}:{keys[item]}" for item, rating in zip(own.items, own.ratings, strict=True)]


def from_address(
    texts: Sequence[str], catalog: Embedding, scale: tuple[float, float] | None
) -> tuple[OwnRatings, list[str]]:
    """Read the ratings of a link, which is not trusted: what cannot be used is left out and reported.

    Parameters
    ----------
    texts
        As `to_address` returns them.
    catalog, scale
        As in `parse_ratings`.

    Returns
    -------
    The ratings, and one sentence for each kind of value that was left out, in plain text.
    """
    own = OwnRatings()
    n_damaged = n_unknown = n_outside = n_twice = 0
    lowest, highest = scale or (CHOSEN, CHOSEN)
    for text in texts[:MOST_RATED]:
        number, colon, key = text.partition(":")
        try:
            rating = float(number) if len(number) <= 20 else math.nan
        except ValueError:
            rating = math.nan
        if not colon or not math.isfinite(rating):
            n_damaged += 1
        elif key not in catalog.key_to_index:
            n_unknown += 1
        elif not lowest <= rating <= highest:
            n_outside += 1
        elif catalog.index(key) in own.items:
            n_twice += 1
        else:
            own = own.with_rating(catalog.index(key), rating)
    problems = {
        "that cannot be read": n_damaged,
        "of items that this dataset does not have": n_unknown,
        f"outside the scale, {lowest:g} to {highest:g}": n_outside,
        "of items that were rated before": n_twice,
        f"beyond the first {MOST_RATED}": max(0, len(texts) - MOST_RATED),
    }
    return own, [f"The link has {n} {'rating' if n == 1 else 'ratings'} {what}." for what, n in problems.items() if n]
