"""Words of the pages for ratings, and for implicit feedback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_SCALINGS: Final = {
    "log": "Counts become weights by their logarithm.",
    "linear": "Counts are weights as they are.",
    "binary": "All choices have the same weight, whatever their count.",
}


@dataclass(frozen=True)
class FeedbackWords:
    """What pages call the values of a dataset: `one` and `several` of them, and their headings."""

    is_implicit: bool
    one: str
    several: str
    distribution: str
    distribution_alt: str
    most: str
    mean: str
    sparsity: str

    def scaling_sentence(self, scaling: str) -> str:
        """Return how counts become weights."""
        return f"Implicit feedback: what users chose, not how they liked it. {_SCALINGS.get(scaling, _SCALINGS['log'])}"


_EXPLICIT: Final = FeedbackWords(
    False,
    "rating",
    "ratings",
    "Distribution of ratings",
    "Number of ratings with each value",
    "Most rated items",
    "Mean",
    "Each mark is a rating. Every empty cell is a rating that the model learns to predict.",
)
_IMPLICIT: Final = FeedbackWords(
    True,
    "choice",
    "choices",
    "Distribution of counts",
    "Number of choices with each count, in bins that double in width",
    "Most chosen items",
    "Mean count",
    "Each mark is a choice. The model ranks the empty cells of each user.",
)


def words_for(feedback: str) -> FeedbackWords:
    """Return the words for a kind of feedback; datasets of earlier versions hold ratings."""
    return _IMPLICIT if feedback == "implicit" else _EXPLICIT
