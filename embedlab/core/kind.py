"""Names of the kinds of data, and the numbers that describe a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

#: Numbers that describe a dataset, such as ``{"documents": 300, "tokens": 59890, "vocabulary": 6981}``.
Counts = Mapping[str, int | float]


class Kind(StrEnum):
    """The kinds of data EmbedLab learns from."""

    TEXT = "text"
    RATINGS = "ratings"
    VECTORS = "vectors"
