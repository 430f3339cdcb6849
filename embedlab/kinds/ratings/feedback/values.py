"""Whether the values of a file are ratings or counts: guessed, said, and asked where they fit both."""

from __future__ import annotations

from typing import Final

from embedlab.core.errors import Choice, UnsureError
from embedlab.kinds.ratings.columns import Profile

#: Larger numbers are no scale that people rate on.
LARGEST_SCALE: Final = 1000.0
_MOST_BINARY: Final = 2
_FEWEST_FOR_BINARY: Final = 10


def are_unusual_ratings(profile: Profile) -> bool:
    """Return whether numbers have a long tail, or are too many or too large for a scale."""
    if not profile.is_numeric or profile.are_times:
        return False
    return profile.has_long_tail or max(profile.numbers, default=0.0) > LARGEST_SCALE


def is_flag(profile: Profile) -> bool:
    """Return whether a column holds hardly more than yes and no, which only a name makes a rating."""
    return profile.is_numeric and len(profile.distinct) <= _MOST_BINARY and len(profile.cells) >= _FEWEST_FOR_BINARY


def ask_for_feedback(name: str, profile: Profile, *, counts: bool = True) -> UnsureError:
    """Return the question whether a column holds ratings or counts.

    Parameters
    ----------
    counts
        Whether the column may hold counts; otherwise the choice is to leave it out.
    """
    flag = f'"{name}"' if " " in name else name
    implicit = (
        Choice(
            f"--feedback implicit --rating {flag}",
            f"{name} says how often or how long an item was used",
            profile.sample(),
            {"feedback": "implicit", "rating": name},
        )
        if counts
        else Choice(
            "--feedback implicit --no-rating",
            "each row is a choice, without a rating",
            profile.sample(),
            {"feedback": "implicit"},
        )
    )
    return UnsureError(
        f"The numbers in {name} may be ratings, or say how often or how long an item was used.",
        received=profile.sample(),
        choices=[
            implicit,
            Choice(
                f"--feedback explicit --rating {flag}",
                f"{name} is the rating",
                profile.sample(),
                {"feedback": "explicit", "rating": name},
            ),
        ],
    )
