"""How a file of ratings is read: complete options, columns, and what was assumed."""

from __future__ import annotations

from dataclasses import dataclass, field

from embedlab.core.kind import Kind
from embedlab.kinds.ratings.options import ColumnChoice, RatingsOptions
from embedlab.kinds.ratings.roles import ROLES
from embedlab.kinds.ratings.wide import Wide
from embedlab.kinds.reading_report import ReadAs
from embedlab.reading.table_columns import resolve_column


@dataclass(frozen=True)
class Plan:
    """How a file of ratings is read.

    Parameters
    ----------
    options
        Complete, apart from what only the whole file shows: `not_rated`, and `date_order` where any fits.
    names
        Of all columns.
    wide
        The columns of a wide table; None for one rating per row.
    assumptions
        Plain sentences: what was assumed.
    zero_is_empty
        Whether 0 is known to mean "not rated".
    order_is_open
        Whether the first rows fit either order of day and month.
    given
        The options that it was made of.
    """

    options: RatingsOptions
    names: list[str]
    wide: Wide | None = None
    assumptions: list[str] = field(default_factory=list)
    zero_is_empty: bool = False
    order_is_open: bool = False
    given: RatingsOptions = field(default_factory=RatingsOptions)

    @property
    def is_baskets(self) -> bool:
        """Whether each line is a basket of items."""
        return self.options.shape == "baskets"

    @property
    def columns(self) -> list[ColumnChoice]:
        """The columns to open: user, item, rating and time, or key and ratings of a wide table."""
        if self.wide is None:
            return self.options.columns
        return [*([] if self.wide.key is None else [self.wide.key]), *self.wide.values]

    def roles(self) -> dict[str, list[str]]:
        """Return the names of columns by role."""
        if self.is_baskets:
            return {"user": [self.names[0]], "item": [self.names[1]]}
        if self.wide is not None:
            key, across = ("item", "user") if self.wide.rows_are_items else ("user", "item")
            keys = [] if self.wide.key is None else [self.names[self.wide.key]]
            return {key: keys, across: [self.names[place] for place in self.wide.values]}
        chosen = {role: getattr(self.options, role) for role in ROLES}
        return {
            role: [self.names[resolve_column(self.names, column)]]
            for role, column in chosen.items()
            if column is not None
        }


def read_as(plan: Plan) -> ReadAs:
    """Return the report on how a file was read."""
    options = plan.options
    is_text = options.layout not in {"parquet", "excel"}
    return ReadAs(
        Kind.RATINGS,
        "baskets" if plan.is_baskets else "wide" if plan.wide is not None else str(options.layout),
        options.delimiter if options.layout == "delimited" else None,
        options.has_header is True,
        options.encoding if is_text else None,
        plan.roles(),
        plan.assumptions,
    )
