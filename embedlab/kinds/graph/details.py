"""The stored details of graphs, as far as pages read them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from embedlab.kinds.stored_details import Count, Number, StoredDetails, StoredPart

_Counts = Annotated[list[Count], Field(max_length=1000)]


class _Degrees(StoredPart):
    """As `structure.degree_histogram`; `from` is a word of Python."""

    lows: _Counts = Field(alias="from")
    to: _Counts
    nodes: _Counts

    @model_validator(mode="after")
    def _equally_long(self) -> Self:
        if not len(self.lows) == len(self.to) == len(self.nodes):
            raise ValueError("a bin of degrees without a number of nodes")
        return self


class _Components(StoredPart):
    count: Count
    largest: _Counts


class _Hierarchy(StoredPart):
    roots: Count
    leaves: Count
    nodes_by_depth: _Counts


class GraphDetails(StoredDetails):
    """Degrees, components and levels."""

    degrees: _Degrees
    components: _Components
    hierarchy: _Hierarchy | None = None
    mean_degree: Number | None = None
    density: Number | None = None
