"""The stored details of pairs, as far as pages read them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from embedlab.kinds.pairs.forms import Form
from embedlab.kinds.pairs.options import MOST_RIGHT
from embedlab.kinds.stored_details import Count, StoredDetails, StoredPart

# JSON has lists instead of tuples, which the strict mode would refuse.
_Frequent = Annotated[tuple[str, Count], Field(strict=False)]


class _Things(StoredPart):
    name: str
    form: Form
    side: str
    values: Count
    missing: Count
    vocabulary: Count
    pairs: Count
    frequent: list[_Frequent]


class PairsDetails(StoredDetails):
    """The kinds of things, the left one first."""

    kinds: Annotated[list[_Things], Field(min_length=2, max_length=MOST_RIGHT + 1)]
