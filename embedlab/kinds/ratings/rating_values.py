"""The values of ratings: numbers, stars, `4/5`, `80%`, decimal commas and words; and marks that mean "not rated"."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from embedlab.core.errors import Choice, UnsureError, shorten

_FULL_STARS: Final = "★⭐✭✮🌟*✩"
_EMPTY_STARS: Final = "☆✰⚝"
_HALVES: Final = "½⯨⯪"
_STARS: Final = re.compile(rf"(?:[{_FULL_STARS}]\ufe0f?\s*)*[{_HALVES}]?[{_EMPTY_STARS}\s]*(?:1/2)?")
_FRACTION: Final = re.compile(
    r"([+-]?\d{1,4}(?:[.,]\d{1,6})?)\s*(?:/|out of|of|von|sur|de|na|из)\s*(\d{1,4}(?:[.,]0+)?)\s*(?:stars?)?", re.I
)
_WITH_UNIT: Final = re.compile(
    rf"([+-]?\d{{1,4}}(?:[.,]\d{{1,6}})?)\s*(?:%|stars?|sterne?|étoiles?|estrellas?|points?|pts?|[{_FULL_STARS}]\ufe0f?)",
    re.I,
)
_LONGEST: Final = 60
_MISSING: Final = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "not rated", "no rating"}
)

_FIVE_WORDS: Final = (
    "terrible awful horrible worst very-bad very-poor very-dissatisfied strongly-disagree hated hate-it "
    "did-not-like-it",
    "bad poor dislike disliked weak dissatisfied disagree negative below-average boring it-was-ok",
    "ok okay average fair neutral mediocre so-so mixed meh medium neither undecided acceptable satisfactory decent "
    "liked-it",
    "good like liked nice positive satisfied agree above-average interesting fine really-liked-it",
    "excellent great very-good amazing perfect love loved outstanding superb very-satisfied strongly-agree "
    "awesome brilliant best fantastic it-was-amazing",
)
_GOODREADS: Final = ("did not like it", "it was ok", "liked it", "really liked it", "it was amazing")
#: Pairs of words, the lower first: they become 0 and 1.
_PAIRS: Final = (
    ("false", "true"),
    ("no", "yes"),
    ("dislike", "like"),
    ("disliked", "liked"),
    ("not recommended", "recommended"),
    ("negative", "positive"),
    ("bad", "good"),
    ("thumbs down", "thumbs up"),
    ("down", "up"),
    ("👎", "👍"),
    ("downvote", "upvote"),
)
#: Marks used where a rating is missing, besides 0: they count only outside the scale of the others.
_MARKS: Final = (-1.0, -9.0, -99.0, -999.0, 99.0, 999.0, 9999.0)
_LARGEST_OF_A_SCALE: Final = 20.0
_USUAL_SCALES: Final = (5.0, 10.0)
_FEWEST_FOR_ZERO: Final = 20

Words = Mapping[str, float]


def plain_number(text: str) -> float:
    """Return the number in a text, also with a decimal comma; NaN if it is not a number."""
    if "_" in text:  # Python reads 1_000 as a number; in data it is a mistake
        return math.nan
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(text.replace(",", ".")) if text.count(",") == 1 and "." not in text else math.nan
    except ValueError:
        return math.nan


def is_missing(text: str) -> bool:
    """Return whether a cell says that there is no rating: empty, `N/A`, `null`."""
    return text.strip().lower() in _MISSING


@dataclass(frozen=True)
class RatingReader:
    """Reads the cells of a column of ratings.

    Parameters
    ----------
    words
        Ratings by their word, in lower case.
    out_of
        The top of the scale of fractions such as `4/5`; those of another top are converted to it.
    """

    words: Words
    out_of: float | None = None

    def __call__(self, text: str) -> float:
        """Return the rating of a cell; NaN if it has none."""
        number = plain_number(text)
        if not math.isnan(number):
            return number
        cell = text.strip()
        if not cell or len(cell) > _LONGEST:
            return math.nan
        if (word := self.words.get(cell.lower())) is not None:
            return word
        if (fraction := _FRACTION.fullmatch(cell)) is not None:
            value, top = plain_number(fraction[1]), plain_number(fraction[2])
            return value * (self.out_of or top) / top if top > 0 else math.nan
        if (with_unit := _WITH_UNIT.fullmatch(cell)) is not None:
            return plain_number(with_unit[1])
        return _stars(cell)


def reader_of(cells: Iterable[str], order: Sequence[str] | None = None) -> RatingReader | None:
    """Return a reader that fits the cells of a column; None if most of them are no ratings.

    Parameters
    ----------
    cells
        Some cells.
    order
        The words from the lowest rating to the highest, where they are known; they become 1, 2, ...
    """
    filled = [cell.strip() for cell in cells if not is_missing(cell)]
    if order is not None:
        return RatingReader({word.strip().lower(): float(place) for place, word in enumerate(order, 1)}, _top(filled))
    reader = RatingReader({}, _top(filled))
    counts = Counter(filled)
    other = [cell for cell in counts if math.isnan(reader(cell))]
    if len(other) == len(counts) and (words := _known_words(other)):
        return RatingReader(words)
    n_other = sum(counts[cell] for cell in other)
    return None if not filled or n_other > 0.2 * len(filled) else reader


def words_in(cells: Iterable[str], most: int = 12) -> list[str]:
    """Return the distinct words of a column that could be a scale: two to twelve short ones; else none."""
    distinct = list(dict.fromkeys(cell.strip() for cell in cells if not is_missing(cell)))
    is_scale = 2 <= len(distinct) <= most and all(len(cell) <= 30 and len(cell.split()) <= 4 for cell in distinct)
    return sorted(distinct) if is_scale and all(math.isnan(plain_number(cell)) for cell in distinct) else []


def ask_for_words(name: str, words: Sequence[str]) -> UnsureError:
    """Return the question which of the words of a column is a higher rating."""
    forward, backward = ",".join(words), ",".join(reversed(words))
    return UnsureError(
        f"The ratings in {name} are words whose order is not known.",
        received=", ".join(words),
        choices=[
            Choice(f'--rating-words "{each}"', "from the lowest to the highest", each, {"rating_words": each})
            for each in (forward, backward)
        ],
    )


def describe(reader: RatingReader, cells: Sequence[str]) -> str:
    """Return a sentence on how cells that are no plain numbers are read; empty if all are."""
    example = next((cell for cell in cells if not is_missing(cell) and math.isnan(_python_number(cell))), None)
    if example is None or math.isnan(reader(example)):
        return ""
    shown = f"{shorten(example.strip(), 40)} is read as {reader(example):g}"
    if reader.words:
        pairs = ", ".join(
            f"{word} = {value:g}" for word, value in sorted(reader.words.items(), key=lambda each: each[1])
        )
        present = {cell.strip().lower() for cell in cells}
        known = ", ".join(
            f"{word} = {value:g}"
            for word, value in sorted(reader.words.items(), key=lambda each: each[1])
            if word in present
        )
        return f"Ratings are words: {known or pairs}."
    return f"Ratings are written as text: {shown}."


def marks_of(counts: Mapping[float, int], *, zero_is_empty: bool = False) -> tuple[list[float], str]:
    """Return the values that mean "not rated", and the reason.

    Parameters
    ----------
    counts
        How often each value occurs.
    zero_is_empty
        Whether 0 is known to be the absence of a rating, as in Book-Crossing.

    Raises
    ------
    UnsureError
        0 may be the lowest rating, or mean "not rated".
    """
    values = sorted(counts)
    marks = []
    for mark in _MARKS:
        others = [value for value in values if value != mark and value not in _MARKS]
        if mark in counts and len(others) > 1 and _is_outside(mark, others):
            marks.append(mark)
    left = {value: count for value, count in counts.items() if value not in marks}
    if 0 in left and (zero_is_empty or _zero_is_a_mark(left)):
        marks.append(0.0)
    scale = [value for value in values if value not in marks]
    if not marks or not scale:
        return [], ""
    shown = " and ".join(f"{mark:g}" for mark in marks)
    return marks, f"{shown} is outside the scale {scale[0]:g} to {scale[-1]:g} and means “not rated”."


def _is_outside(mark: float, others: Sequence[float]) -> bool:
    lowest, highest = others[0], others[-1]
    if highest > _LARGEST_OF_A_SCALE or lowest < -_LARGEST_OF_A_SCALE:
        return False
    if mark == -1:
        return lowest >= 0 and highest >= 3
    if mark == -9:
        return lowest >= 0
    return mark < lowest or mark > highest


def may_be_empty(counts: Mapping[float, int]) -> bool:
    """Return whether 0 is below a scale that usually begins at 1 or a half, so that it may mean "not rated"."""
    others = [value for value in counts if value not in {0.0, *_MARKS}]
    return len(others) > 2 and min(others) >= 0.5 and max(others) in _USUAL_SCALES


def _zero_is_a_mark(counts: Mapping[float, int]) -> bool:
    """Return whether 0 means "not rated"; raises `UnsureError` if that is not clear."""
    others = {value: count for value, count in counts.items() if value != 0}
    n = sum(counts.values())
    if min(others, default=0) < 0.5 or n < _FEWEST_FOR_ZERO or len(others) < 3:
        return False
    if max(others) not in _USUAL_SCALES or counts[0] <= 1.5 * max(others[min(others)], 0.02 * n):
        # On a scale from 0 the lowest rating is about as rare as its neighbor.
        return False
    if counts[0] >= 0.3 * n and counts[0] > 4 * others[min(others)]:
        return True
    share = f"{counts[0] / n:.0%}"
    low, high = min(others), max(others)
    raise UnsureError(
        "0 may be the lowest rating, or mean “not rated”.",
        received=f"{share} of the ratings are 0, the others are {low:g} to {high:g}",
        choices=[
            Choice("--not-rated 0", "0 is left out", f"scale {low:g} to {high:g}", {"not_rated": "0"}),
            Choice("--not-rated none", "0 is a rating", f"scale 0 to {high:g}", {"not_rated": "none"}),
        ],
    )


def _python_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _top(cells: Iterable[str]) -> float | None:
    tops = [plain_number(found[2]) for cell in cells if (found := _FRACTION.fullmatch(cell)) is not None]
    return max(tops, default=None)


def _known_words(words: Sequence[str]) -> dict[str, float]:
    """Return ratings for words if they are all of one known scale."""
    plain = [word.lower() for word in words]
    for low, high in _PAIRS:
        if set(plain) <= {low, high} and len(plain) == 2:
            return {low: 0.0, high: 1.0}
    if len(plain) > 1 and set(plain) <= set(_GOODREADS):
        return {word: float(place) for place, word in enumerate(_GOODREADS, 1)}
    places = {
        word.replace("-", " "): float(place) for place, words in enumerate(_FIVE_WORDS, 1) for word in words.split()
    }
    return places if len(plain) > 1 and set(plain) <= set(places) else {}


def _stars(cell: str) -> float:
    if _STARS.fullmatch(cell) is None:
        return math.nan
    full = sum(letter in _FULL_STARS for letter in cell)
    half = any(letter in _HALVES for letter in cell) or cell.endswith("1/2")
    empty = any(letter in _EMPTY_STARS for letter in cell)
    return full + 0.5 * half if full or half or empty else math.nan
