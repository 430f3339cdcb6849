"""What the size of a ratings dataset says about the model and its defaults."""

from __future__ import annotations

from embedlab.core.kind import Counts

#: Sampling takes about five minutes for this many ratings, by the estimate of its model on two threads.
MOST_RATINGS_TO_SAMPLE = 2_000_000
#: On ml-latest-small, with 10 ratings per item, the implicit term gains nothing.
_RATINGS_PER_ITEM = 20


def rates_items_often(counts: Counts) -> bool:
    """Return whether items have enough ratings for the implicit term (SVD++) to help."""
    return bool(counts["ratings"] >= _RATINGS_PER_ITEM * counts["items"])
