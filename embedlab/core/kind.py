"""Names of the kinds of data, and the counts that describe a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

#: Counts that describe a dataset, such as ``{"documents": 300, "tokens": 59890, "vocabulary": 6981}``.
Counts = Mapping[str, int | float]


class Kind(str):
    """Name of a kind of dataset: any string; `embedlab.kinds.registry` lists the existing kinds.

    The constants are for declarations, such as "this model learns from text". No code may branch on them: anything that
    depends on the kind is an attribute or a method of its entry in the registry.
    """

    __slots__ = ()

    TEXT: ClassVar[Kind]
    RATINGS: ClassVar[Kind]
    VECTORS: ClassVar[Kind]
    GRAPH: ClassVar[Kind]


Kind.TEXT = Kind("text")
Kind.RATINGS = Kind("ratings")
Kind.VECTORS = Kind("vectors")
Kind.GRAPH = Kind("graph")
